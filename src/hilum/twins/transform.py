"""How the pixels of an image lie in its twin; masks and pictures carried along."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.errors import HilumError


@dataclass(frozen=True)
class Transform:
    """Where a point of image a lies in its twin b: a turn or flip, two scales, two shifts.

    Points are (x, y) from the outer corner of the upper left pixel, so that the centre of that
    pixel is (0.5, 0.5) and an image resized to half has half of every coordinate.

    Raises:
        HilumError: x and y are mixed, or one of them vanishes.
    """

    matrix: tuple[tuple[float, float, float], tuple[float, float, float]]
    """2×3: x of b, y of b, from (x, y, 1) of a."""

    def __post_init__(self) -> None:
        (a, b, _), (c, d, _) = self.matrix
        straight, turned = a * d, b * c
        both = np.isfinite(self.matrix).all()
        if not both or not ((b == c == 0 and straight != 0) or (a == d == 0 and turned != 0)):
            raise HilumError(
                "this is no flip or turn by 90° with scales and shifts",
                got=str(self.matrix),
                expected="a 2×3 matrix with one scale in each row and column",
            )

    @staticmethod
    def resizing(size: tuple[int, int], other: tuple[int, int]) -> Transform:
        """From the frame of an image of ``size`` to the whole of one of ``other`` (width, height).

        >>> Transform.resizing((100, 50), (50, 50)).of((10.0, 10.0))
        (5.0, 10.0)
        """
        return Transform(((other[0] / size[0], 0.0, 0.0), (0.0, other[1] / size[1], 0.0)))

    def of(self, point: tuple[float, float]) -> tuple[float, float]:
        """Where ``point`` (x, y) of a lies in b."""
        (a, b, e), (c, d, f) = self.matrix
        x, y = point
        return a * x + b * y + e, c * x + d * y + f

    def inverse(self) -> Transform:
        """From b to a."""
        full = np.linalg.inv(np.vstack([np.array(self.matrix), (0.0, 0.0, 1.0)]))
        return _from_array(full)

    def then(self, other: Transform) -> Transform:
        """From a to c, where this leads from a to b and ``other`` from b to c."""
        first, second = (
            np.vstack([np.array(one.matrix), (0.0, 0.0, 1.0)]) for one in (self, other)
        )
        return _from_array(second @ first)

    @property
    def is_turned(self) -> bool:
        """Whether rows of a are columns of b."""
        return self.matrix[0][0] == 0

    @property
    def orientation(self) -> str:
        """What was done to a's picture to make b's: ``""`` where it lies as it did."""
        (a, b, _), (c, d, _) = self.matrix
        signs = (b > 0, c > 0) if self.is_turned else (a > 0, d > 0)
        return _ORIENTATIONS[self.is_turned, *signs]


_ORIENTATIONS = {
    (False, True, True): "",
    (False, False, True): "mirrored",
    (False, True, False): "mirrored, rotated 180",
    (False, False, False): "rotated 180",
    (True, True, True): "mirrored, rotated 270",
    (True, False, False): "mirrored, rotated 90",
    (True, False, True): "rotated 90",
    (True, True, False): "rotated 270",
}
"""Rotations are clockwise, after the mirroring of left and right."""


def warp_image(
    pixels: NDArray[np.uint8], transform: Transform, size: tuple[int, int]
) -> NDArray[np.uint8]:
    """``pixels`` of image a (H×W) in the frame of b, ``size`` (width, height); black outside.

    Where b is smaller, pixels of a are averaged.
    """
    shrunk, matrix = _shrink(pixels, transform)
    warped = cv2.warpAffine(shrunk, matrix, size, flags=cv2.INTER_LINEAR)
    return np.asarray(warped, np.uint8)


def warp_mask(
    mask: NDArray[np.bool_], transform: Transform, size: tuple[int, int]
) -> NDArray[np.bool_]:
    """``mask`` of image a (H×W) in the frame of b, ``size`` (width, height); False outside a.

    A pixel of b is inside where at least half of it is.
    """
    grey = np.where(mask, np.uint8(255), np.uint8(0))
    return warp_image(grey, transform, size) >= 128


def _shrink(
    pixels: NDArray[np.uint8], transform: Transform
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """``pixels`` averaged to about b's resolution, and the matrix for pixel centres from there."""
    matrix = np.array(transform.matrix)
    scales = np.abs(matrix[:, :2]).sum(axis=0)
    height, width = pixels.shape
    target = (
        max(1, round(width * min(1.0, scales[0]))),
        max(1, round(height * min(1.0, scales[1]))),
    )
    if target != (width, height):
        pixels = np.asarray(cv2.resize(pixels, target, interpolation=cv2.INTER_AREA), np.uint8)
        matrix[:, 0] *= width / target[0]
        matrix[:, 1] *= height / target[1]
    # OpenCV counts from the centre of the first pixel.
    matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5
    return pixels, matrix


def _from_array(matrix: NDArray[np.float64]) -> Transform:
    # Inverting leaves -0.0 and rounding where there must be exact zeros.
    (a, b, e), (c, d, f) = matrix[:2].tolist()
    if abs(a) + abs(d) > abs(b) + abs(c):
        return Transform(((a, 0.0, e), (0.0, d, f)))
    return Transform(((0.0, b, e), (c, 0.0, f)))
