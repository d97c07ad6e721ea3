"""What a film's file tells without its content: size, depth, format; borders, compression.

Of a file that was neither 8-bit PNG nor JPEG a dataset keeps a PNG of its own, whose depth, format
and number of bytes say nothing of the source: these are then unknown.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np
from numpy.typing import NDArray

from hilum.dataset.read import Row
from hilum.imaging.borders import within_borders
from hilum.imaging.formats import ImageFormat, sniff_format
from hilum.imaging.jpeg import inspect_jpeg

QUALITY = ("width", "height", "bits", "border", "compression", "clipped")

FILE = (
    *("log width", "log height", "width ÷ height", "is the source's file", "is PNG", "is JPEG"),
    *("bits", "channels", "log bytes per pixel"),
)
"""What ``file`` among the controls has; what is unknown is 0, and the fourth says so."""

_BLOCK = 8
_PNG_BITS, _PNG_COLOUR = 24, 25
_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}
"""By colour type (ISO/IEC 15948, 11.2.1); a palette gives colours."""


def measure_file(
    row: Row, grey: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The numbers :data:`FILE` and :data:`QUALITY` of ``row``, whose film is ``grey`` (H×W).

    Quality is NaN where unknown.
    """
    labels = row.labels
    width = labels["source_width"] or labels["width"]
    height = labels["source_height"] or labels["height"]
    is_own = hashlib.sha256(row.image).hexdigest() == row.image_id
    bits, channels = _header(row.image, row.image_id) if is_own else (0, 0)
    kind = sniff_format(row.image) if is_own else None
    file = [
        *(math.log(width), math.log(height), width / height, is_own),
        *(kind is ImageFormat.PNG, kind is ImageFormat.JPEG, bits, channels),
        math.log(len(row.image) / grey.size) if is_own else 0,
    ]
    inside = within_borders(grey).of(grey)
    clipped = np.count_nonzero((inside == 0) | (inside == 255)) / inside.size
    border = 1 - inside.size / grey.size
    quality = [width, height, bits or math.nan, border, blockiness(grey), clipped]
    return np.array(file, np.float32), np.array(quality, np.float32)


def blockiness(grey: NDArray[np.uint8]) -> float:
    """By which share steps of grey across the borders of 8×8 blocks are larger than elsewhere.

    0 of a film that was never compressed as JPEG, or resized since (Wang, Bovik and Evans 2000,
    Blind measurement of blocking artifacts in images, in the simplest form).
    """
    ratios = []
    for pixels in (grey, grey.T):
        steps = np.abs(np.diff(pixels.astype(np.int16), axis=1)).mean(axis=0)
        at_border = np.arange(len(steps)) % _BLOCK == _BLOCK - 1
        if at_border.any():
            ratios.append(steps[at_border].mean() / max(float(steps[~at_border].mean()), 1e-3))
    return float(np.mean(ratios)) - 1 if ratios else math.nan


def _header(data: bytes, image_id: str) -> tuple[int, int]:
    """Bits and channels of a whole PNG or JPEG file; 0 of any other."""
    kind = sniff_format(data)
    if kind is ImageFormat.PNG:
        return data[_PNG_BITS], _PNG_CHANNELS.get(data[_PNG_COLOUR], 0)
    if kind is ImageFormat.JPEG:
        layout = inspect_jpeg(data, path=image_id)
        return layout.precision, layout.components
    return 0, 0
