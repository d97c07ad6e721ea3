"""How far apart the outlines of two masks are, in pixels of a frame whose longer side is 256.

An outline is every pixel of a mask with a neighbour (up, down, left, right) outside it; beyond the
border of the image is outside. Distances are Euclidean, from pixel to pixel. So they are defined
in MONAI (``compute_hausdorff_distance``, ``compute_surface_dice``), with which tests compare.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.imaging.masks import BinaryMask, resize_mask

FRAME = 256
"""Longer side of the frame in pixels: public films tell no millimetres."""

TOLERANCE = 2.0
"""Up to so many pixels of the frame two outlines agree."""

_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


@dataclass(frozen=True)
class OutlineDistances:
    """Of a predicted outline from the true one."""

    hausdorff95: float | None
    """The 95th percentile of the distances of either outline's pixels from the other outline,
    whichever of the two is larger; None where a mask is empty."""
    surface_dice: float | None
    """Share of both outlines' pixels that lie at most :data:`TOLERANCE` from the other outline; 0
    where one mask is empty, None where both are (Nikolov et al. 2021, doi 10.2196/26151)."""


def outline_distances(predicted: BinaryMask, truth: BinaryMask) -> OutlineDistances:
    """Compare two bool masks of one size, H×W."""
    height, width = truth.shape
    scale = FRAME / max(height, width)
    size = {"width": max(1, round(width * scale)), "height": max(1, round(height * scale))}
    one, other = resize_mask(predicted, **size), resize_mask(truth, **size)
    if not one.any() or not other.any():
        return OutlineDistances(None, 0.0 if one.any() or other.any() else None)
    edge, true_edge = map(_edge, _cropped(one, other))
    there, back = _distances(edge, true_edge), _distances(true_edge, edge)
    near = np.count_nonzero(there <= TOLERANCE) + np.count_nonzero(back <= TOLERANCE)
    return OutlineDistances(
        hausdorff95=float(max(np.percentile(there, 95), np.percentile(back, 95))),
        surface_dice=float(near / (len(there) + len(back))),
    )


def _cropped(one: BinaryMask, other: BinaryMask) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Both where either is, with a black rim: distances far from both are not needed."""
    x, y, width, height = cv2.boundingRect((one | other).view(np.uint8))
    part = np.s_[y : y + height, x : x + width]
    return np.pad(one[part].view(np.uint8), 1), np.pad(other[part].view(np.uint8), 1)


def _edge(mask: NDArray[np.uint8]) -> BinaryMask:
    return np.asarray(mask > cv2.erode(mask, _CROSS))


def _distances(edge: BinaryMask, other: BinaryMask) -> NDArray[np.float64]:
    """Of each pixel of ``edge`` from the nearest one of ``other``."""
    away = cv2.distanceTransform((~other).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # OpenCV rounds to 32 bits; the square of a distance is a whole number.
    squared = np.rint(np.square(away[edge], dtype=np.float64))
    return np.asarray(np.sqrt(squared), np.float64)
