"""COCO annotations as people export them: checked item by item, never trusted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hilum.collections.folders import is_safe_path
from hilum.errors import CollectionError
from hilum.imaging.read import MAX_PIXELS

Outline = tuple[tuple[float, ...], ...]
"""The polygons of one annotation, each (x0, y0, x1, y1, …) in pixels."""


@dataclass(frozen=True)
class CocoImage:
    """One image of a COCO file with the outlines drawn in it."""

    file_name: str
    width: int
    height: int
    url: str
    """``darwin_url`` of V7's exports, else empty."""
    tags: frozenset[str]
    outlines: Mapping[str, tuple[Outline, ...]]
    """By category, one entry per annotation, in the order of the file."""
    damage: str | None = None
    """What is wrong with an annotation of this image, so that its outlines are incomplete."""


@dataclass(frozen=True)
class Coco:
    """A COCO file's images, and the kinds and details of what is wrong outside them."""

    images: tuple[CocoImage, ...]
    problems: tuple[tuple[str, str], ...]


def read_coco(
    value: object, *, path: Path, ignored: frozenset[str] = frozenset({"Ignore"})
) -> Coco:
    """Check the parsed JSON ``value`` of the file ``path`` and sort it by image.

    Annotations of ``ignored`` categories are left out unchecked.

    Raises:
        CollectionError: ``value`` has no lists of images, annotations and categories.
    """
    lists = {key: _list_in(value, key, path) for key in ("images", "annotations", "categories")}
    categories = _names(lists["categories"])
    tag_list = value.get("tag_categories") if isinstance(value, dict) else None
    tags = _names(tag_list if isinstance(tag_list, list) else [])
    problems: list[tuple[str, str]] = []
    images = _images(lists["images"], problems)
    outlines: dict[Any, dict[str, list[Outline]]] = defaultdict(lambda: defaultdict(list))
    damage: dict[Any, str] = {}
    for number, annotation in enumerate(lists["annotations"]):
        item = annotation if isinstance(annotation, dict) else {}
        owner, category = _key(item.get("image_id")), categories.get(_key(item.get("category_id")))
        if owner not in images:
            problems.append(("damaged annotation", f"annotation {number} belongs to no image"))
        elif category is None:
            damage[owner] = f"annotation {number} has no known category"
        elif category not in ignored:
            outline = _outline(item.get("segmentation"), images[owner])
            if isinstance(outline, str):
                damage[owner] = f"annotation {number}: {outline}"
            else:
                outlines[owner][category].append(outline)
    return Coco(
        tuple(
            CocoImage(
                file_name=image["file_name"],
                width=image["width"],
                height=image["height"],
                url=str(image.get("darwin_url", "")),
                tags=_tags(image, tags),
                outlines={name: tuple(found) for name, found in outlines[key].items()},
                damage=damage.get(key),
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


def _key(identity: object) -> int | str | None:
    """An id of a COCO file, or None for what cannot be one."""
    return identity if isinstance(identity, int | str) else None


def _names(entries: list[Any]) -> dict[int | str | None, str]:
    return {
        _key(entry.get("id")): str(entry.get("name", ""))
        for entry in entries
        if isinstance(entry, dict) and _key(entry.get("id")) is not None
    }


def _tags(image: Mapping[str, Any], names: Mapping[int | str | None, str]) -> frozenset[str]:
    found = image.get("tag_ids")
    keys = [_key(identity) for identity in found] if isinstance(found, list) else []
    return frozenset(names[key] for key in keys if key in names)


def _images(
    entries: list[Any], problems: list[tuple[str, str]]
) -> dict[int | str | None, dict[str, Any]]:
    images: dict[int | str | None, dict[str, Any]] = {}
    seen: set[str] = set()
    for number, entry in enumerate(entries):
        trouble = _image_trouble(entry, images, seen)
        if trouble is None:
            images[_key(entry["id"])] = entry
            seen.add(entry["file_name"])
        else:
            kind, detail = trouble
            problems.append((kind, f"image {number} {detail}"))
    return images


def _image_trouble(
    entry: Any, images: Mapping[int | str | None, object], seen: set[str]
) -> tuple[str, str] | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("file_name"), str):
        return "damaged annotation", "has no file_name"
    name = entry["file_name"]
    if not is_safe_path(name) or "/" in name:
        return "unsafe path", f"names the file {name!r}"
    width, height = entry.get("width"), entry.get("height")
    if not (isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0):
        return "damaged annotation", f"({name}) has the size {width!r}×{height!r}"
    if width * height > MAX_PIXELS:
        return "damaged annotation", f"({name}) has {width}×{height} pixels, too many"
    key = _key(entry.get("id"))
    if key is None or key in images or name in seen:
        return "damaged annotation", f"({name}) has no id of its own, or is there twice"
    return None


def _outline(segmentation: object, image: Mapping[str, Any]) -> Outline | str:
    """The polygons of an annotation, or what is wrong with it."""
    if not isinstance(segmentation, list) or not segmentation:
        return "its segmentation is no list of polygons"
    polygons = []
    for polygon in segmentation:
        if not isinstance(polygon, list) or len(polygon) < 6 or len(polygon) % 2:
            return "a polygon is no list of at least three points"
        if not all(_inside(x, image["width"]) for x in polygon[0::2]) or not all(
            _inside(y, image["height"]) for y in polygon[1::2]
        ):
            return "a polygon's point is no number or far outside the image"
        polygons.append(tuple(float(number) for number in polygon))
    return tuple(polygons)


def _inside(value: object, size: int) -> bool:
    """Whether ``value`` is a coordinate in an image of ``size`` pixels or near its border."""
    # NaN is not in any range; math.isfinite would fail of integers too large for a float.
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and -size <= value <= 2 * size
    )
