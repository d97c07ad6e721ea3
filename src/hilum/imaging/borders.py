"""Uniform borders around a picture: letterboxes, paper around a print, a viewer's window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TOLERANCE = 6
"""Greys by which a border's pixels may differ from its own: noise of compression."""

_SPECKS = 0.02
"""Share of a row or column that may differ more: letters, dust."""

_COMPARED = 256
"""Pixels of a row or column that are enough to tell by; of longer ones every so many-th is seen."""

_LEAST_LEFT = 0.1
"""Share of a side. Where less would be left, there is no picture within borders."""


@dataclass(frozen=True)
class Box:
    """A part of an image, in pixels; right and lower edge are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    def of(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """The part of ``pixels``, of the whole image."""
        return pixels[self.top : self.bottom, self.left : self.right]


def within_borders(grey: NDArray[np.uint8]) -> Box:
    """What of ``grey`` (H×W) lies within uniform borders of any grey; the whole where none is.

    A row or column belongs to a border if it is, but for specks, of the grey of the outermost one.
    """
    height, width = grey.shape
    box = Box(0, 0, width, height)
    for _ in range(3):  # a margin in two greys is a border around a border
        part = box.of(grey)
        across, down = (max(1, side // _COMPARED) for side in part.shape[::-1])
        top, bottom = _borders(part[:, ::across])
        left, right = _borders(part[::down].T)
        if not any((top, bottom, left, right)):
            break
        if top + bottom >= part.shape[0] or left + right >= part.shape[1]:
            break
        box = Box(box.left + left, box.top + top, box.right - right, box.bottom - bottom)
    if box.right - box.left < _LEAST_LEFT * width or box.bottom - box.top < _LEAST_LEFT * height:
        return Box(0, 0, width, height)
    return box


def _borders(lines: NDArray[np.uint8]) -> tuple[int, int]:
    """How many rows from the first, and from the last one on, are border."""
    return _run(lines), _run(lines[::-1])


def _run(lines: NDArray[np.uint8]) -> int:
    level = int(np.median(lines[0]))
    low, high = max(0, level - _TOLERANCE), min(255, level + _TOLERANCE)

    def is_border(some: NDArray[np.uint8]) -> NDArray[np.bool_]:
        differ = (some < low) | (some > high)
        return np.asarray(differ.mean(axis=1) <= _SPECKS)

    if not is_border(lines[:1])[0]:  # nearly always
        return 0
    within = np.flatnonzero(~is_border(lines))
    return int(within[0]) if within.size else len(lines)
