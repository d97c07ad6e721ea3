"""What any annotation file says of an image, and the checks that each format needs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hilum.imaging.read import MAX_PIXELS
from hilum.imaging.runs import MAX_RUNS
from hilum.radiograph import Mask

MAX_POINTS = 1_000_000
"""A polygon of more corners is damaged: an outline has some thousands."""

Size = tuple[int, int]
"""Width and height in pixels."""


@dataclass(frozen=True)
class AnnotatedImage:
    """One image of an annotation file with all that was drawn in it."""

    name: str
    """The image's file as the annotation names it, perhaps with folders; never trusted."""
    width: int
    height: int
    outlines: Mapping[str, tuple[Mask, ...]] = field(default_factory=dict)
    """By category, one mask per annotation, in the order of the file."""
    tags: frozenset[str] = frozenset()
    """What is said of the image as a whole."""
    damage: Mapping[str, str] = field(default_factory=dict)
    """By category, what is wrong with an annotation of it, so that its outlines are incomplete;
    under no name where the category is unknown, so that any may be."""
    boxes: Mapping[str, int] = field(default_factory=dict)
    """By category, how many shapes outline nothing: boxes, lines, points."""
    absent: frozenset[str] = frozenset()
    """Categories that are known to be absent."""
    known: Mapping[str, Any] = field(default_factory=dict)
    """Fields of a :class:`~hilum.radiograph.Radiograph` that the file tells."""
    url: str = ""
    """``darwin_url`` of V7's exports, else empty."""


@dataclass(frozen=True)
class Annotations:
    """An annotation file's images, and the kinds and details of what is wrong outside them."""

    images: tuple[AnnotatedImage, ...]
    problems: tuple[tuple[str, str], ...]


def size_trouble(width: object, height: object) -> str | None:
    """What is wrong with an image's size in pixels, or None."""
    if not (_is_whole(width) and _is_whole(height) and width > 0 and height > 0):  # type: ignore[operator]
        return f"the size {width!r:.20}×{height!r:.20}"
    if width * height > MAX_PIXELS:  # type: ignore[operator]
        return f"{width!r:.20}×{height!r:.20} pixels, too many"
    return None


def polygon_of(numbers: object, size: Size) -> tuple[float, ...] | str:
    """The polygon of a list x0, y0, x1, y1, … in pixels, or what is wrong with it."""
    if not isinstance(numbers, Sequence) or isinstance(numbers, str):
        return "a polygon is no list of at least three points"
    if len(numbers) < 6 or len(numbers) % 2:
        return "a polygon is no list of at least three points"
    if len(numbers) > 2 * MAX_POINTS:
        return f"a polygon has more than {MAX_POINTS:,} points"
    width, height = size
    if not all(_is_near(x, width) for x in numbers[0::2]) or not all(
        _is_near(y, height) for y in numbers[1::2]
    ):
        return "a polygon's point is no number or far outside the image"
    return tuple(float(number) for number in numbers)


def runs_of(counts: object) -> tuple[int, ...] | str:
    """The run lengths in a list of whole numbers, or what is wrong with it."""
    if not isinstance(counts, list) or not counts:
        return "its run lengths are no list of numbers"
    if len(counts) > MAX_RUNS:
        return f"it has more than {MAX_RUNS:,} run lengths"
    if not all(_is_whole(count) and 0 <= count <= MAX_PIXELS for count in counts):
        return "a run length is no number of pixels"
    return tuple(counts)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_near(value: object, size: int) -> bool:
    """Whether ``value`` is a coordinate in an image of ``size`` pixels or near its border."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return -size <= value <= 2 * size and math.isfinite(value)
