"""CVAT's own annotations of images.

What: radiographs that someone outlined in CVAT, the Computer Vision Annotation Tool.

Format: ``*.xml`` of the export "CVAT for images 1.1" in the folder, in ``annotations`` or in a
folder per split: polygons, and brush masks as run lengths along the rows of a box. Labels and
images are understood as those of ``coco``; a tag named like a finding tells it. Boxes, ellipses,
lines and points are reported as unused.

Citation: CVAT.ai, doi 10.5281/zenodo.3497105.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from hilum.collections.annotated import (
    MAX_POINTS,
    AnnotatedImage,
    Annotations,
    Size,
    polygon_of,
    runs_of,
    size_trouble,
)
from hilum.collections.annotation_export import AnnotationExport, export_facts
from hilum.errors import CollectionError
from hilum.imaging.runs import MAX_RUNS
from hilum.plain_files import open_plain
from hilum.radiograph import Mask, MaskPolygons, MaskRuns, RunPacking

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_BYTES = 300_000_000
"""Larger files are not read: a parsed one takes about ten times its size in memory."""


class CvatExport(AnnotationExport):
    """A folder with CVAT's annotations of images."""

    suffix = ".xml"
    tool = "CVAT"
    facts = export_facts(
        "cvat",
        "CVAT annotations of your own",
        "export 'CVAT for images 1.1', put annotations.xml beside the images; give the folder",
        "https://www.cvat.ai",
    )

    def is_export(self, head: bytes) -> bool:
        """Told by the name of the first element."""
        return re.match(rb"(\xef\xbb\xbf)?\s*(<[?!][^>]*>\s*)*<annotations[\s>]", head) is not None

    def parse(self, path: Path) -> Annotations:
        """Damage of single images and shapes is among the problems."""
        images: list[AnnotatedImage] = []
        problems: list[tuple[str, str]] = []
        seen: set[str] = set()
        elements = _root(path)
        for number, element in enumerate(elements.findall("image")):
            name = element.get("name") or ""
            size = (_whole(element.get("width")) or 0, _whole(element.get("height")) or 0)
            trouble = size_trouble(*size) or ("is there twice" if name in seen else None)
            if trouble is None and name:
                seen.add(name)
                images.append(_image(element, name, size))
            else:
                detail = f"image {number} ({name[:200]!r}): {trouble or 'no name'}"
                problems.append(("damaged annotation", detail))
        tracks = len(elements.findall("track"))
        if tracks:
            detail = f"{tracks} tracks of a video; export 'CVAT for images 1.1'"
            problems.append(("unused annotation", detail))
        return Annotations(tuple(images), tuple(problems))


def _root(path: Path) -> Element:
    """The file's element ``annotations``; entities are refused, never expanded."""
    try:
        with open_plain(path) as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise _unreadable(path, f"more than {MAX_BYTES:,} bytes")
        root = fromstring(data, forbid_dtd=True)
    except OSError as error:
        raise _unreadable(path, error.strerror or type(error).__name__) from None
    except DefusedXmlException:
        raise _unreadable(path, "a document type or entities") from None
    except (ParseError, ValueError, LookupError) as error:
        raise _unreadable(path, str(error)) from None
    if root.tag != "annotations":
        raise _unreadable(path, f"an element {str(root.tag)[:80]!r}")
    return root


def _unreadable(path: Path, got: str) -> CollectionError:
    return CollectionError(
        "this is no annotation file of CVAT",
        path=path,
        got=got,
        expected="XML of the export 'CVAT for images 1.1'",
        remedy="export it again",
    )


def _image(element: Element, name: str, size: Size) -> AnnotatedImage:
    outlines: dict[str, list[Mask]] = defaultdict(list)
    damage: dict[str, str] = {}
    boxes: Counter[str] = Counter()
    tags: set[str] = set()
    for number, shape in enumerate(element):
        label = shape.get("label") or ""
        if shape.tag == "tag":
            tags.add(label)
        elif shape.tag not in ("polygon", "mask"):
            boxes[label] += shape.get("label") is not None
        else:
            mask = _polygon(shape, size) if shape.tag == "polygon" else _mask(shape, size)
            if not label:
                mask = "it has no label"
            if isinstance(mask, str):
                damage[label] = f"shape {number}: {mask}"
            else:
                outlines[label].append(mask)
    return AnnotatedImage(
        name=name,
        width=size[0],
        height=size[1],
        outlines={label: tuple(masks) for label, masks in outlines.items()},
        tags=frozenset(tags),
        damage=damage,
        boxes=+boxes,
    )


def _polygon(shape: Element, size: Size) -> MaskPolygons | str:
    """The polygon of ``points="x,y;x,y;…"``, or what is wrong with it."""
    text = shape.get("points") or ""
    if text.count(";") >= MAX_POINTS:
        return f"a polygon has more than {MAX_POINTS:,} points"
    pairs = [pair.split(",") for pair in text.strip().strip(";").split(";")]
    try:
        numbers = [float(number) for x, y in pairs for number in (x, y)]
    except ValueError:
        return "its points are no pairs of numbers"
    polygon = polygon_of(numbers, size)
    return polygon if isinstance(polygon, str) else MaskPolygons((polygon,), size)


def _mask(shape: Element, canvas: Size) -> MaskRuns | str:
    """The mask of ``rle``, ``left``, ``top``, ``width`` and ``height``, or what is wrong."""
    left, top, width, height = (_whole(shape.get(k)) for k in ("left", "top", "width", "height"))
    if left is None or top is None or width is None or height is None:
        return "its place is not told in whole numbers"
    if not (0 <= left < left + width <= canvas[0] and 0 <= top < top + height <= canvas[1]):
        return "it is not inside its image"
    text = shape.get("rle") or ""
    if text.count(",") >= MAX_RUNS:
        return f"it has more than {MAX_RUNS:,} run lengths"
    runs = runs_of([_whole(number) for number in text.split(",")])
    if isinstance(runs, str):
        return runs
    return MaskRuns(runs, RunPacking.ROWS, (width, height), canvas, left=left, top=top)


def _whole(text: str | None) -> int | None:
    """The whole number in a text of at most nine digits; None for anything else."""
    found = re.fullmatch(r"\s*(-?\d{1,9})(?:\.0*)?\s*", text or "", re.ASCII)
    return int(found[1]) if found else None
