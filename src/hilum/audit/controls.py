"""Greys beside the lungs and at the border, and the whole film with its detail coarsened away."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.imaging.borders import Box

OUTSIDE = "outside the lungs' box"

_RING = 32
_THUMBNAIL = 8
_GREYS = 32
_LONG, _SHORT = 16, 4
"""Cells of a strip beside the box, along it and across."""

_LEAST_STRIP = 1 / 64
"""Share of a side that is outside even where the box reaches the edge."""

WIDTHS = {
    OUTSIDE: 4 * _LONG * _SHORT,
    "border": 4 * (_RING - 1),
    "thumbnail": _THUMBNAIL**2,
    "grey histogram": _GREYS,
}
"""How many numbers each control has."""


def measure_greys(grey: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """Border, thumbnail and histogram of ``grey``, the film as it is stored, H×W.

    All squeezed to a square: the outermost ring of 32×32 cells, 8×8 cells, the share of each of 32
    steps of grey. Greys are 0–1.
    """
    cells = _reduced(grey, _RING, _RING)
    ring = np.concatenate([cells[0], cells[-1], cells[1:-1, 0], cells[1:-1, -1]])
    counts = cv2.calcHist([grey], [0], None, [_GREYS], [0, 256]).ravel()
    return {
        "border": ring,
        "thumbnail": _reduced(grey, _THUMBNAIL, _THUMBNAIL).ravel(),
        "grey histogram": (counts / grey.size).astype(np.float32),
    }


def measure_outside(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.float32]:
    """The four strips of ``pixels`` (S×S) above, below, left and right of ``box``, 16×4 cells each.

    Each strip is squeezed to the same cells, so that how large the lungs are is not told by it.
    """
    height, width = pixels.shape
    least = max(1, round(_LEAST_STRIP * height))
    left, top = max(box.left, least), max(box.top, least)
    right, bottom = min(box.right, width - least), min(box.bottom, height - least)
    strips = (
        _reduced(pixels[:top], _LONG, _SHORT),
        _reduced(pixels[bottom:], _LONG, _SHORT),
        _reduced(pixels[top:bottom, :left], _SHORT, _LONG),
        _reduced(pixels[top:bottom, right:], _SHORT, _LONG),
    )
    return np.concatenate([strip.ravel() for strip in strips])


def _reduced(grey: NDArray[np.uint8], width: int, height: int) -> NDArray[np.float32]:
    small = cv2.resize(np.ascontiguousarray(grey), (width, height), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32) / np.float32(255)
