"""Polygons drawn as masks, in a time that no annotation can make long."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.errors import MaskError
from hilum.radiograph import MaskPolygons

MAX_CROSSINGS = 2_000
"""A polygon of which more lines cross one row of pixels outlines nothing. A lung's has two to ten.

OpenCV sorts the lines of each row anew, in a time that grows with the square of their number.
"""

_FARTHEST = 1 << 20


def draw_polygons(mask: MaskPolygons) -> NDArray[np.bool_]:
    """H×W bool: the polygons with their borders; what reaches beyond the canvas is cut off.

    One of fewer than three points encloses nothing and is passed over. If nothing at all is
    left on the canvas the annotation is wrong: a structure known to be absent is an EmptyMask.

    Raises:
        MaskError: nothing is enclosed, coordinates are no numbers, or lines are far too many.
    """
    width, height = mask.canvas
    if width < 1 or height < 1:
        raise _unusable(mask, f"a canvas of {width}×{height}")
    canvas = np.zeros((height, width), np.uint8)
    for polygon in mask.polygons:
        points = np.asarray(polygon, np.float64)
        if points.size % 2 or not (np.abs(points) <= _FARTHEST).all():
            raise _unusable(mask, "coordinates that are no pairs of numbers near the image")
        if points.size < 6:
            continue
        corners = np.rint(points.reshape(-1, 2)).astype(np.int32)
        if _most_crossings(corners[:, 1], height) > MAX_CROSSINGS:
            raise _unusable(mask, f"{len(corners):,} points whose lines run to and fro")
        cv2.fillPoly(canvas, [corners], 1)
    if not canvas.any():
        raise _unusable(mask, f"{len(mask.polygons)} polygons that enclose no pixel of it")
    return canvas.astype(bool)


def _most_crossings(rows: NDArray[np.int32], height: int) -> int:
    """How many lines between neighbouring corners cross one row at most."""
    if len(rows) <= MAX_CROSSINGS:
        return len(rows)
    inside = np.clip(rows, 0, height)
    before = np.roll(inside, 1)
    begins = np.bincount(np.minimum(inside, before), minlength=height + 1)
    ends = np.bincount(np.maximum(inside, before), minlength=height + 1)
    return int(np.cumsum(begins - ends).max())


def _unusable(mask: MaskPolygons, got: str) -> MaskError:
    width, height = mask.canvas
    return MaskError(
        "the polygons do not outline anything",
        got=got,
        expected=f"three points or more inside {width}×{height} pixels",
        remedy="correct the annotation, or leave the mask out",
    )
