"""COCO annotations as people export them: checked item by item, never trusted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hilum.collections.annotated import (
    AnnotatedImage,
    Annotations,
    Size,
    polygon_of,
    runs_of,
    size_trouble,
)
from hilum.collections.coco_attributes import Told
from hilum.collections.folders import is_safe_path
from hilum.errors import CollectionError
from hilum.radiograph import Mask, MaskPolygons, MaskRuns, RunPacking

Key = int | str
"""An id of a COCO file."""


def read_coco(
    value: object,
    *,
    path: Path,
    ignored: frozenset[str] = frozenset(),
    in_folders: bool = False,
) -> Annotations:
    """Check the parsed JSON ``value`` of the file ``path`` and sort it by image.

    Annotations of ``ignored`` categories are left out unchecked; one without a segmentation is a
    box.

    Args:
        value: what the file holds.
        path: the file, for errors.
        ignored: names of categories.
        in_folders: whether file names may have folders.

    Raises:
        CollectionError: ``value`` has no lists of images, annotations and categories.
    """
    lists = {key: _list_in(value, key, path) for key in ("images", "annotations", "categories")}
    categories = _names(lists["categories"])
    tag_list = value.get("tag_categories") if isinstance(value, dict) else None
    told = Told.of(value)
    tags = _names(tag_list if isinstance(tag_list, list) else [])
    problems: list[tuple[str, str]] = []
    images = _images(lists["images"], problems, in_folders=in_folders)
    outlines: dict[Key, dict[str, list[Mask]]] = defaultdict(lambda: defaultdict(list))
    damage: dict[Key, dict[str, str]] = defaultdict(dict)
    boxes: dict[Key, Counter[str]] = defaultdict(Counter)
    for number, annotation in enumerate(lists["annotations"]):
        item = annotation if isinstance(annotation, dict) else {}
        owner, category = _key(item.get("image_id")), _category(item, categories)
        if owner is None or owner not in images:
            problems.append(("damaged annotation", f"annotation {number} belongs to no image"))
        elif category is None:
            damage[owner][""] = f"annotation {number} has no known category"
        elif category in ignored:
            continue
        elif item.get("segmentation") in (None, []):
            boxes[owner][category] += 1
        else:
            size = (images[owner]["width"], images[owner]["height"])
            mask = _mask(item["segmentation"], size)
            if isinstance(mask, str):
                damage[owner][category] = f"annotation {number}: {mask}"
            else:
                outlines[owner][category].append(mask)
    return Annotations(
        tuple(
            AnnotatedImage(
                name=image["file_name"],
                width=image["width"],
                height=image["height"],
                url=str(image.get("darwin_url", "")),
                tags=_tags(image, tags) | told.tags(image),
                absent=_absent(image, categories),
                known=told.known(image, problems),
                outlines={name: tuple(found) for name, found in outlines[key].items()},
                damage=damage[key],
                boxes=boxes[key],
            )
            for key, image in images.items()
        ),
        tuple(problems),
    )


def _list_in(value: object, key: str, path: Path) -> list[Any]:
    found = value.get(key) if isinstance(value, dict) else None
    if not isinstance(found, list):
        raise CollectionError(
            f"the annotations have no list '{key}'",
            path=path,
            expected="a COCO file",
            remedy="fetch the file again",
        )
    return found


def _key(identity: object) -> Key | None:
    """An id of a COCO file, or None for what cannot be one."""
    return identity if isinstance(identity, int | str) else None


def _category(annotation: Mapping[str, Any], categories: Mapping[Key, str]) -> str | None:
    key = _key(annotation.get("category_id"))
    return None if key is None else categories.get(key)


def _names(entries: list[Any]) -> dict[Key, str]:
    """Names by id; an id that two names share says nothing and is left out."""
    names: dict[Key, str] = {}
    twice: set[Key] = set()
    for entry in entries:
        key = _key(entry.get("id")) if isinstance(entry, dict) else None
        if key is None:
            continue
        name = str(entry.get("name", ""))
        if names.setdefault(key, name) != name:
            twice.add(key)
    return {key: name for key, name in names.items() if key not in twice}


def _tags(image: Mapping[str, Any], names: Mapping[Key, str]) -> frozenset[str]:
    found = image.get("tag_ids")
    keys = [_key(identity) for identity in found] if isinstance(found, list) else []
    return frozenset(names[key] for key in keys if key is not None and key in names)


def _absent(image: Mapping[str, Any], categories: Mapping[Key, str]) -> frozenset[str]:
    """What LVIS calls negative: verified to be absent."""
    found = image.get("neg_category_ids")
    keys = [_key(identity) for identity in found] if isinstance(found, list) else []
    return frozenset(categories[key] for key in keys if key is not None and key in categories)


def _images(
    entries: list[Any], problems: list[tuple[str, str]], *, in_folders: bool
) -> dict[Key, dict[str, Any]]:
    images: dict[Key, dict[str, Any]] = {}
    seen: set[str] = set()
    for number, entry in enumerate(entries):
        trouble = _image_trouble(entry, images, seen, in_folders=in_folders)
        if trouble is None:
            images[entry["id"]] = entry
            seen.add(entry["file_name"])
        else:
            kind, detail = trouble
            problems.append((kind, f"image {number} {detail}"))
    return images


def _image_trouble(
    entry: Any, images: Mapping[Key, object], seen: set[str], *, in_folders: bool
) -> tuple[str, str] | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("file_name"), str):
        return "damaged annotation", "has no file_name"
    name = entry["file_name"]
    if not in_folders and (not is_safe_path(name) or "/" in name):
        return "unsafe path", f"names the file {name[:200]!r}"
    trouble = size_trouble(entry.get("width"), entry.get("height"))
    if trouble is not None:
        return "damaged annotation", f"({name[:200]}) has {trouble}"
    key = _key(entry.get("id"))
    if key is None or key in images or name in seen:
        return "damaged annotation", f"({name[:200]}) has no id of its own, or is there twice"
    return None


def _mask(segmentation: object, size: Size) -> Mask | str:
    """The mask of an annotation, or what is wrong with it."""
    if isinstance(segmentation, dict):
        return _runs(segmentation, size)
    if not isinstance(segmentation, list):
        return "its segmentation is no list of polygons and no run lengths"
    polygons = []
    for numbers in segmentation:
        polygon = polygon_of(numbers, size)
        if isinstance(polygon, str):
            return polygon
        polygons.append(polygon)
    return MaskPolygons(tuple(polygons), size)


def _runs(segmentation: Mapping[str, Any], size: Size) -> MaskRuns | str:
    if segmentation.get("size") != [size[1], size[0]]:
        return "its run lengths are those of another size than its image's"
    counts = segmentation.get("counts")
    if isinstance(counts, str):
        if not counts or not counts.isascii():
            return "its run lengths are no text of COCO's"
        return MaskRuns(counts, RunPacking.COLUMNS_AS_TEXT, size, canvas=size)
    runs = runs_of(counts)
    if isinstance(runs, str):
        return runs
    return MaskRuns(runs, RunPacking.COLUMNS, size, canvas=size)
