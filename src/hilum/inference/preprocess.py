"""Grey pixels → what the network sees. Training and prediction both go through here."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def fit_to_network(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """``pixels`` (H×W uint8) squeezed to ``size``×``size``, without regard to its proportions.

    The public collections that networks learn from are squeezed in the same way. Reduction
    averages areas, enlargement is linear.
    """
    if pixels.shape == (size, size):
        return pixels
    shrinks = pixels.shape[0] >= size and pixels.shape[1] >= size
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized = cv2.resize(pixels, (size, size), interpolation=method)
    return resized.astype(np.uint8, copy=False)
