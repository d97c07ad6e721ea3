"""Do an image and its masks decode, and do they fit each other?"""

from __future__ import annotations

from collections.abc import Sequence

from hilum.collections.collection import Problem
from hilum.errors import HilumError
from hilum.imaging.masks import read_mask, split_lungs
from hilum.imaging.read import read_picture
from hilum.radiograph import EmptyMask, Mask, MaskFile, Radiograph, Structure

ASPECT_TOLERANCE = 0.02
"""Relative difference of width / height up to which a mask may be resized to its image."""

_REDUCED = 64
"""Side in pixels to which an image may shrink while it is decoded: only whether it does counts."""

_LUNGS = (Structure.LUNGS, Structure.RIGHT_LUNG, Structure.LEFT_LUNG)


def find_pixel_problems(radiograph: Radiograph) -> tuple[Problem, ...]:
    """Decode ``radiograph`` and its masks; everything found wrong with them.

    Kinds: ``unreadable image``, ``unreadable mask``, ``mask of another shape`` (its width to
    height is not the image's), ``empty lung mask``, ``lungs not told apart``.
    """
    try:
        picture = read_picture(radiograph.path, at_least=_REDUCED)
    except HilumError as error:
        return (Problem(radiograph.source_path, "unreadable image", error.reason),)
    problems = []
    for structure, masks in sorted(radiograph.masks.items()):
        for kind, detail in _mask_troubles(structure, masks, picture.width, picture.height):
            problems.append(Problem(radiograph.source_path, kind, f"{structure}: {detail}"))
    return tuple(problems)


def _mask_troubles(
    structure: Structure, masks: Sequence[Mask], width: int, height: int
) -> list[tuple[str, str]]:
    try:
        for mask in masks:
            size = _size(mask)
            if size is not None and not same_shape(size, (width, height)):
                detail = f"{size[0]}×{size[1]}, image {width}×{height}"
                return [("mask of another shape", detail)]
        inside = read_mask(masks, width=width, height=height)
    except HilumError as error:
        return [("unreadable mask", str(error))]
    if structure in _LUNGS and not inside.any():
        return [("empty lung mask", "no pixel is lung")]
    if structure is Structure.LUNGS and split_lungs(inside) is None:
        return [("lungs not told apart", "the mask has not two large parts")]
    return []


def _size(mask: Mask) -> tuple[int, int] | None:
    """(width, height) in pixels of the whole mask; None for one that has no size."""
    if isinstance(mask, EmptyMask):
        return None
    if isinstance(mask, MaskFile) and mask.canvas is None:
        picture = read_picture(mask.path)
        return picture.width, picture.height
    return mask.canvas


def same_shape(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two sizes (width, height) in pixels have one width to height, but for rounding.

    >>> same_shape((2000, 1600), (250, 200)), same_shape((2000, 2000), (640, 524))
    (True, False)
    """
    tolerance = ASPECT_TOLERANCE + 1 / min(*one, *other)
    ratio = (one[0] * other[1]) / (one[1] * other[0])
    return 1 / (1 + tolerance) <= ratio <= 1 + tolerance
