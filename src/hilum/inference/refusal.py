"""Images that cannot be a frontal chest radiograph, told before and after the network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hilum.inference.postprocess import OutlinedLungs

_MIN_SIDE = 64
_MAX_ASPECT = 3.0
_MIN_DEVIATION = 4.0
_MIN_SMOOTHNESS = 0.80
"""Correlation of neighbouring pixels at the network's size. White noise has about 0; the
least smooth radiograph of the collections at hand is far above."""


def refuse_before(pixels: NDArray[np.uint8], *, width: int, height: int) -> str | None:
    """Why the image, ``pixels`` being what the network would see, is refused; None if not."""
    if min(width, height) < _MIN_SIDE:
        return f"{width}×{height} pixels is too small for a radiograph"
    if max(width, height) > _MAX_ASPECT * min(width, height):
        return f"{width}×{height} pixels are not the proportions of a radiograph"
    grey = pixels.astype(np.float32)
    if grey.std() < _MIN_DEVIATION:
        return "the image is blank"
    if _smoothness(grey) < _MIN_SMOOTHNESS:
        return "the image is noise"
    return None


def refuse_after(outlined: OutlinedLungs) -> str | None:
    """Why the image is refused once the network has looked for lungs; None if it is not."""
    if not outlined.right_lung.any() and not outlined.left_lung.any():
        return "no lungs were found"
    return None


def _smoothness(grey: NDArray[np.float32]) -> float:
    """Correlation of each pixel with its right and lower neighbour, the smaller of the two."""
    centred = grey - grey.mean()
    variance = float((centred**2).mean())
    across = float((centred[:, 1:] * centred[:, :-1]).mean())
    down = float((centred[1:] * centred[:-1]).mean())
    return min(across, down) / variance
