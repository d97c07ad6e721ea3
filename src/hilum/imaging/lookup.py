"""A table applied to every pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
"""What is decoded: H×W grey, or H×W×3 colour."""

_PIXELS_AT_ONCE = 1 << 20


def row_blocks(height: int, width: int) -> list[slice]:
    """Slices that cut an image into blocks of rows of about a million pixels."""
    rows = max(_PIXELS_AT_ONCE // max(width, 1), 1)
    return [slice(start, start + rows) for start in range(0, height, rows)]


def look_up(table: NDArray[np.uint8], pixels: Pixels) -> NDArray[np.uint8]:
    """``table[pixels]`` for H×W ``pixels``, in blocks.

    NumPy makes 64-bit numbers of the indices, eight times the memory of the result.
    """
    result = np.empty(pixels.shape, np.uint8)
    for rows in row_blocks(*pixels.shape):
        result[rows] = table[pixels[rows]]
    return result
