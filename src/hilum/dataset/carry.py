"""Masks of an image, carried into the frame of its twin."""

from __future__ import annotations

import math

from hilum.dataset.issues import Issue
from hilum.dataset.prepare import Prepared
from hilum.dataset.unite import issue_of
from hilum.dataset.variant import StoredMask, store_mask
from hilum.imaging.masks import BinaryMask, decode_mask
from hilum.radiograph import Structure
from hilum.twins.transform import Transform, warp_mask

_OTHER_SIDE = {
    Structure.RIGHT_LUNG: Structure.LEFT_LUNG,
    Structure.LEFT_LUNG: Structure.RIGHT_LUNG,
}

_MARGIN = 0.01
"""Share of the twin's side by which an image may miss part of it and still count as all of it."""

_TOUCHING = 0.1
"""Pixels of a mask on an edge that was cut, over the square root of its area, from which on it is
taken to go on beyond."""


def carry_masks(
    copy: Prepared, leader: Prepared, transform: Transform, issues: list[Issue]
) -> dict[Structure, StoredMask]:
    """The masks of ``copy`` in the frame of ``leader``, which ``transform`` leads to.

    Both in the frames in which they are stored. Between mirror images right and left change
    their names, for image-left is the patient's right. A mask that ends at an edge where ``copy``
    was cut does not tell where the structure ends: it is not used, which is an issue.
    """
    mapping = framed(copy).inverse().then(transform).then(framed(leader))
    if mapping.orientation == "" and _is_identity(mapping, copy, leader):
        return dict(copy.masks)
    mirrored = "mirrored" in mapping.orientation
    cut_edges = _cut_edges(mapping, (copy.width, copy.height), (leader.width, leader.height))
    carried = {}
    for structure, mask in copy.masks.items():
        pixels = decode_mask(mask.png, path="mask")
        if _goes_on(pixels, cut_edges):
            detail = f"{structure}: cut off where the image was cropped; not used"
            issues.append(issue_of(copy, "cut mask", detail))
            continue
        name = _OTHER_SIDE.get(structure, structure) if mirrored else structure
        warped = warp_mask(pixels, mapping, (leader.width, leader.height))
        if pixels.any() and not warped.any():  # an empty one would say that there is none
            detail = f"{structure}: outside the image that is kept, or too small in it; not used"
            issues.append(issue_of(copy, "lost mask", detail))
            continue
        carried[name] = store_mask(warped)
    return carried


def framed(row: Prepared) -> Transform:
    """From the whole film of ``row`` to the part of it that is stored."""
    if row.cut is None:
        return Transform(((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))
    return Transform(((1.0, 0.0, -float(row.cut.left)), (0.0, 1.0, -float(row.cut.top))))


def _is_identity(mapping: Transform, copy: Prepared, leader: Prepared) -> bool:
    """Whether no pixel moves by half of its side."""
    if (copy.width, copy.height) != (leader.width, leader.height):
        return False
    corners = ((0.0, 0.0), (float(copy.width), float(copy.height)))
    moved = [
        abs(there - here)
        for corner in corners
        for here, there in zip(corner, mapping.of(corner), strict=True)
    ]
    return max(moved) < 0.5


def _cut_edges(
    mapping: Transform, size: tuple[int, int], other: tuple[int, int]
) -> tuple[bool, bool, bool, bool]:
    """Left, upper, right, lower edge of an image of ``size``: does it lie within the other one?"""
    width, height = size
    middles = ((0.0, height / 2), (width / 2, 0.0), (float(width), height / 2))
    edges = (*middles, (width / 2, float(height)))
    inside = []
    for point in edges:
        shares = [there / side for there, side in zip(mapping.of(point), other, strict=True)]
        inside.append(all(_MARGIN < share < 1 - _MARGIN for share in shares))
    return inside[0], inside[1], inside[2], inside[3]


def _goes_on(mask: BinaryMask, cut_edges: tuple[bool, bool, bool, bool]) -> bool:
    lines = (mask[:, 0], mask[0], mask[:, -1], mask[-1])
    touching = sum(int(line.sum()) for line, cut in zip(lines, cut_edges, strict=True) if cut)
    return touching > _TOUCHING * math.sqrt(int(mask.sum()))
