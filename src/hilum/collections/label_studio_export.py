"""Label Studio's own annotations of images.

What: radiographs that someone outlined or classed in Label Studio.

Format: ``*.json`` of the export "JSON" (not "JSON-MIN") in the folder, in ``annotations`` or in a
folder per split: a list of tasks with ``data`` and ``annotations``. ``polygonlabels`` are corners
in percent of the image, ``brushlabels`` Label Studio's packed pixels, ``choices`` named like a
finding tell it. Labels and images are understood as those of ``coco``; an image may be named by a
URL, an upload (``/data/upload/1/1a2b3c4d-film.png``) or a path. Of several annotations of a task
the one marked as ground truth counts, else the last. Boxes and other shapes are reported.

Citation: Tkachenko et al. 2020–2022, github.com/HumanSignal/label-studio.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hilum.collections.annotated import (
    AnnotatedImage,
    Annotations,
    polygon_of,
    size_trouble,
)
from hilum.collections.annotation_export import AnnotationExport, export_facts
from hilum.collections.json_files import read_json
from hilum.errors import CollectionError
from hilum.imaging.formats import IMAGE_SUFFIXES
from hilum.radiograph import Mask, MaskPolygons, MaskRuns, RunPacking

_SUFFIXES = tuple(IMAGE_SUFFIXES)
_UNLABELLED = ("polygon", "brush")
"""Shapes that are there twice where labels are chosen apart: once more with their labels."""


class LabelStudioExport(AnnotationExport):
    """A folder with Label Studio's annotations of images."""

    suffix = ".json"
    tool = "Label Studio"
    facts = export_facts(
        "label-studio",
        "Label Studio annotations of your own",
        "export 'JSON', put the file beside the images; give the folder",
        "https://labelstud.io",
    )

    def is_export(self, head: bytes) -> bool:
        """Told by keys of the first task."""
        listed = head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")
        has_annotations = b'"annotations"' in head or b'"completions"' in head
        return listed and has_annotations and (b'"result"' in head or b'"data"' in head)

    def parse(self, path: Path) -> Annotations:
        """Damage of single tasks and shapes is among the problems."""
        tasks = read_json(path)
        if not isinstance(tasks, list):
            raise CollectionError(
                "this is no annotation file of Label Studio",
                path=path,
                got=f"a {type(tasks).__name__}",
                expected="a list of tasks, as the export 'JSON' gives it",
                remedy="export it again",
            )
        images: list[AnnotatedImage] = []
        problems: list[tuple[str, str]] = []
        seen: set[str] = set()
        for number, value in enumerate(tasks):
            task = value if isinstance(value, dict) else {}
            name = _image_name(task)
            if name is None or name in seen:
                told = "names no image" if name is None else f"names {name[:200]!r} again"
                problems.append(("damaged annotation", f"task {number} {told}"))
                continue
            seen.add(name)
            annotation, others = _chosen(task)
            if others:
                detail = f"task {number}: {others} more annotations of {name[:200]!r}"
                problems.append(("unused annotation", detail))
            images.append(_image(name, annotation))
        return Annotations(tuple(images), tuple(problems))


def _image_name(task: Mapping[str, Any]) -> str | None:
    """What a task calls its image: under ``image``, else under any key, else as uploaded."""
    data = task.get("data")
    values = data if isinstance(data, dict) else {}
    named = [values.get("image"), *values.values(), task.get("file_upload")]
    texts = [text for text in named if isinstance(text, str) and text]
    if isinstance(values.get("image"), str) and texts:
        return texts[0]
    return next((t for t in texts if t.partition("?")[0].lower().endswith(_SUFFIXES)), None)


def _chosen(task: Mapping[str, Any]) -> tuple[Mapping[str, Any], int]:
    """The annotation of a task that counts, and the number of others."""
    listed = task.get("annotations", task.get("completions"))
    usable = [
        annotation
        for annotation in (listed if isinstance(listed, list) else [])
        if isinstance(annotation, dict) and not annotation.get("was_cancelled")
    ]
    if not usable:
        return {}, 0
    best = max(usable, key=lambda one: (one.get("ground_truth") is True, _time(one)))
    return best, len(usable) - 1


def _time(annotation: Mapping[str, Any]) -> str:
    value = annotation.get("updated_at", annotation.get("created_at"))
    return value if isinstance(value, str) else ""


def _image(name: str, annotation: Mapping[str, Any]) -> AnnotatedImage:
    outlines: dict[str, list[Mask]] = defaultdict(list)
    damage: dict[str, str] = {}
    boxes: Counter[str] = Counter()
    tags: set[str] = set()
    size = (0, 0)
    for number, (kind, item, value, labels) in enumerate(_results(annotation)):
        if kind == "choices":
            tags.update(labels)
            continue
        if "points" not in value and "rle" not in value:
            boxes.update(labels or [kind])
            continue
        mask = _mask(item, value)
        for label in labels or [""]:
            if isinstance(mask, str):
                damage[label] = f"result {number}: {mask}"
            elif not labels:
                damage[""] = f"result {number} has no label"
            else:
                outlines[label].append(mask)
                size = mask.canvas
    return AnnotatedImage(
        name=name,
        width=size[0],
        height=size[1],
        outlines={label: tuple(masks) for label, masks in outlines.items()},
        tags=frozenset(tags),
        damage=damage,
        boxes=boxes,
    )


def _results(
    annotation: Mapping[str, Any],
) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any], list[str]]]:
    """Kind, result, its value and labels; without shapes that come again with their labels."""
    found = annotation.get("result")
    items = [item for item in (found if isinstance(found, list) else []) if isinstance(item, dict)]
    labelled = {str(item.get("id")) for item in items if item.get("type") not in _UNLABELLED}
    for item in items:
        kind = str(item.get("type", ""))[:80]
        if kind in _UNLABELLED and str(item.get("id")) in labelled:
            continue
        value = item.get("value")
        values = value if isinstance(value, dict) else {}
        labels = values.get(kind)
        texts = [t for t in labels if isinstance(t, str)] if isinstance(labels, list) else []
        yield kind, item, values, texts


def _mask(item: Mapping[str, Any], value: Mapping[str, Any]) -> MaskPolygons | MaskRuns | str:
    """The mask of one result, or what is wrong with it."""
    width, height = item.get("original_width"), item.get("original_height")
    trouble = size_trouble(width, height)
    if trouble is not None or not isinstance(width, int) or not isinstance(height, int):
        return trouble or "the size is no whole number"
    if item.get("image_rotation") not in (None, 0):
        return "the image was turned while it was annotated"
    if "rle" in value:
        try:
            packed = bytes(value["rle"] if isinstance(value["rle"], list) else ()).decode("latin-1")
        except (ValueError, TypeError):
            packed = ""
        if not packed:
            return "its packed pixels are no list of bytes"
        return MaskRuns(packed, RunPacking.LABEL_STUDIO, (width, height), canvas=(width, height))
    points = value["points"]
    if not isinstance(points, list) or not all(
        isinstance(p, list) and len(p) == 2 and all(_is_percentage(n) for n in p) for p in points
    ):
        return "its points are no pairs of percentages"
    numbers = [n * side / 100 for p in points for n, side in zip(p, (width, height), strict=True)]
    polygon = polygon_of(numbers, (width, height))
    if isinstance(polygon, str):
        return polygon
    return MaskPolygons((polygon,), (width, height))


def _is_percentage(value: object) -> bool:
    """Whether ``value`` is a number that may be a place on or near the image."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e6
