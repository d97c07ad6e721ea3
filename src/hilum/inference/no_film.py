"""A picture that is no chest film, by which an installation shows that it refuses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_SIDE = 512


def draw_no_film() -> NDArray[np.uint8]:
    """Soft grey rings, uint8 512×512: the same on every machine.

    They are neither blank nor noise, so that it is the network and the check behind it that refuse
    them. The bundled network sees lungs in them, of which its check says what is wrong.
    """
    at = (np.arange(_SIDE, dtype=np.float64) + 0.5) / _SIDE - 0.5
    radius = np.sqrt(at[:, None] ** 2 + at[None, :] ** 2)
    rings: NDArray[np.uint8] = np.rint(185 + 35 * np.sin(20 * radius)).astype(np.uint8)
    return rings
