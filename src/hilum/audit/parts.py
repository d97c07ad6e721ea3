"""Parts of a film painted over, in the pixels that the network sees."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.imaging.borders import Box
from hilum.imaging.masks import BinaryMask
from hilum.imaging.vary import least_box
from hilum.inference.shown import Frame

Pixels = NDArray[np.uint8]
"""S×S."""

_MARGIN = 1 / 16
"""Share of a side by which the box around the lungs is wider on each side: dense opacities cut
outlines short, above all at the diaphragm."""

_CORNER = 1 / 8
"""Share of a side."""


def box_around(lungs: BinaryMask) -> Box:
    """The box around ``lungs`` (S×S, not all False), wider by a sixteenth of the film's side."""
    place, side = least_box(lungs), lungs.shape[0]
    margin = round(_MARGIN * side)
    rows, columns = place.mask.shape
    return Box(
        max(0, place.left - margin),
        max(0, place.top - margin),
        min(side, place.left + columns + margin),
        min(side, place.top + rows + margin),
    )


def lungs_only(pixels: Pixels, lungs: BinaryMask) -> Pixels:
    """``pixels`` with all outside ``lungs`` black."""
    return np.where(lungs, pixels, np.uint8(0))


def background_only(pixels: Pixels, box: Box) -> Pixels:
    """``pixels`` with ``box`` black."""
    painted = pixels.copy()
    box.of(painted)[:] = 0
    return painted


def without_corners(pixels: Pixels, lungs: BinaryMask | None) -> Pixels:
    """``pixels`` with the corners, an eighth of a side each, in the median grey of all four.

    What is in one corner alone, such as a marker, is gone; that all corners are dark stays. What
    belongs to ``lungs`` stays too.
    """
    height, width = pixels.shape
    rows, columns = round(height * _CORNER), round(width * _CORNER)
    corners = np.zeros(pixels.shape, np.bool_)
    for some_rows in (slice(rows), slice(height - rows, None)):
        for some_columns in (slice(columns), slice(width - columns, None)):
            corners[some_rows, some_columns] = True
    if lungs is not None:
        corners &= ~lungs
    if not corners.any():
        return pixels
    return np.where(corners, np.uint8(np.median(pixels[corners])), pixels)


def carry(mask: BinaryMask, seen: Frame, other: Frame, side: int) -> BinaryMask:
    """``mask`` of what one network sees of an image, as another network sees it.

    Args:
        mask: S×S.
        seen: what of the image it is of.
        other: what of the image the other network sees.
        side: pixels of what that one sees.
    """
    if seen == other and mask.shape == (side, side):
        return mask

    def to_image(frame: Frame, pixels: int) -> NDArray[np.float64]:
        across, down = frame.shown_width / pixels, frame.shown_height / pixels
        return np.array([[across, 0, frame.box.left], [0, down, frame.box.top], [0, 0, 1]])

    there = np.linalg.inv(to_image(other, side)) @ to_image(seen, mask.shape[0])
    # OpenCV's coordinates are those of the middles of pixels.
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    moved = (np.linalg.inv(half) @ there @ half)[:2]
    carried = cv2.warpAffine(mask.view(np.uint8), moved, (side, side), flags=cv2.INTER_NEAREST)
    return carried.astype(np.bool_)
