"""Darwin's JSON export, a file per image: checked item by item, never trusted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from hilum.collections.annotated import (
    AnnotatedImage,
    Annotations,
    Size,
    polygon_of,
    size_trouble,
)
from hilum.collections.folders import is_safe_path
from hilum.radiograph import Mask, MaskPolygons


def read_darwin(
    files: Iterable[tuple[str, object]], *, ignored: frozenset[str] = frozenset()
) -> Annotations:
    """Check the parsed JSON of ``files``, each with its name.

    The image's name is ``original_filename``, ``filename`` being Darwin's own number. Annotations
    of ``ignored`` categories are left out unchecked; one of neither polygon nor tag, and one of
    several rings, damages its category.
    """
    images: list[AnnotatedImage] = []
    problems: list[tuple[str, str]] = []
    seen: set[str] = set()
    for file, value in files:
        described = value.get("image") if isinstance(value, dict) else None
        image = described if isinstance(described, dict) else {}
        name = image.get("original_filename")
        trouble = _image_trouble(image, name, seen)
        if trouble is not None:
            problems.append((trouble[0], f"{file}: {trouble[1]}"))
            continue
        seen.add(str(name))
        listed = value.get("annotations") if isinstance(value, dict) else None
        images.append(_image(image, str(name), listed if isinstance(listed, list) else [], ignored))
    return Annotations(tuple(images), tuple(problems))


def _image_trouble(
    image: Mapping[str, Any], name: object, seen: set[str]
) -> tuple[str, str] | None:
    if not isinstance(name, str):
        return "damaged annotation", "it names no image"
    if not is_safe_path(name) or "/" in name:
        return "unsafe path", f"names the file {name[:200]!r}"
    trouble = size_trouble(image.get("width"), image.get("height"))
    if trouble is not None:
        return "damaged annotation", f"{name[:200]!r} has {trouble}"
    return ("damaged annotation", f"{name[:200]!r} is there twice") if name in seen else None


def _image(
    image: Mapping[str, Any], name: str, listed: list[Any], ignored: frozenset[str]
) -> AnnotatedImage:
    size = (image["width"], image["height"])
    outlines: dict[str, list[Mask]] = defaultdict(list)
    damage: dict[str, str] = {}
    tags: set[str] = set()
    for number, item in enumerate(listed):
        category = item.get("name") if isinstance(item, dict) else None
        if not isinstance(category, str):
            damage[""] = f"annotation {number} has no name"
        elif category in ignored:
            continue
        elif "tag" in item:
            tags.add(category)
        else:
            polygon = _polygon(item.get("polygon"), size)
            if isinstance(polygon, str):
                damage[category] = f"annotation {number}: {polygon}"
            else:
                outlines[category].append(MaskPolygons((polygon,), size))
    return AnnotatedImage(
        name=name,
        width=size[0],
        height=size[1],
        outlines={category: tuple(masks) for category, masks in outlines.items()},
        tags=frozenset(tags),
        damage=damage,
        url=str(image.get("url", "")),
    )


def _polygon(polygon: object, size: Size) -> tuple[float, ...] | str:
    path = polygon.get("path") if isinstance(polygon, dict) else None
    if not isinstance(path, list) or not all(isinstance(point, dict) for point in path):
        return "it is no polygon of one ring"
    return polygon_of([point.get(axis) for point in path for axis in ("x", "y")], size)
