"""Fingerprints → bits: a code of the whole picture, and of its turns, flips and sub-windows.

A code is the signs of low coefficients of a cosine transform. A flip changes the signs of odd
coefficients, a turn transposes them, an inversion changes all: sixteen codes of one transform.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np
from numpy.typing import NDArray

from hilum.twins.fingerprint import SIDE

FREQUENCIES = 16
BITS = FREQUENCIES * FREQUENCIES

CUTS = (0.03, 0.085)
"""Shares of a side that the sub-windows lack: each crop of up to a tenth is near one of them."""

Orientation = tuple[bool, bool, bool]
"""Whether transposed, then mirrored in x, then mirrored in y."""

ORIENTATIONS: tuple[Orientation, ...] = tuple(
    (turned, x, y) for turned, x, y in itertools.product((False, True), repeat=3)
)


def windows() -> tuple[tuple[float, float, float, float], ...]:
    """(left, upper, right, lower) edge of each window as shares; the first is the whole."""
    spans = _spans()[1:]
    return ((0.0, 0.0, 1.0, 1.0), *((x0, y0, x1, y1) for (y0, y1) in spans for (x0, x1) in spans))


def coefficients(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    """N×S×S → N×W×F×F: the cosine transform of each of the W :func:`windows`, rows first."""
    bases = _bases()
    count = len(pictures)
    whole = bases[0] @ pictures @ bases[0].T
    stacked = bases[1:].reshape(-1, SIDE)
    spans = len(bases) - 1
    parts = stacked @ pictures @ stacked.T
    parts = parts.reshape(count, spans, FREQUENCIES, spans, FREQUENCIES).transpose(0, 1, 3, 2, 4)
    parts = parts.reshape(count, spans * spans, FREQUENCIES, FREQUENCIES)
    return np.concatenate([whole[:, None], parts], axis=1, dtype=np.float32)


def oriented(coefs: NDArray[np.float32], orientation: Orientation) -> NDArray[np.float32]:
    """…×F×F of the picture turned: transposed, then mirrored in x, then in y, as asked."""
    transposed, mirror_x, mirror_y = orientation
    turned = coefs.swapaxes(-1, -2) if transposed else coefs
    odd = np.where(np.arange(FREQUENCIES) % 2, -1.0, 1.0).astype(np.float32)
    if mirror_x:
        turned = turned * odd
    if mirror_y:
        turned = turned * odd[:, None]
    return turned


def codes(coefs: NDArray[np.float32]) -> NDArray[np.uint8]:
    """N×F×F → N×(BITS/8) packed bits."""
    return np.packbits(coefs.reshape(len(coefs), BITS) > 0, axis=1)


def _spans() -> list[tuple[float, float]]:
    return [(0.0, 1.0), *((a, 1.0 - b) for a in CUTS for b in CUTS)]


@functools.cache
def _bases() -> NDArray[np.float32]:
    """Spans × F × S: sample a span of S pixels and take its cosine transform."""
    centres = np.arange(SIDE) + 0.5
    bases = []
    for low, high in _spans():
        at = (centres / SIDE - low) / (high - low)
        inside = np.clip(np.minimum(at, 1 - at) * SIDE * (high - low) + 0.5, 0.0, 1.0)
        waves = np.cos(np.pi * np.outer(np.arange(FREQUENCIES), at)) * inside
        bases.append(waves / (high - low))
    return np.stack(bases).astype(np.float32)
