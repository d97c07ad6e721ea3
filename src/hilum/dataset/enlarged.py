"""Which images of an exposure are enlargements: larger, with no more to be seen in them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from hilum.dataset.prepare import Prepared, pixels_of
from hilum.twins.find import TwinPair
from hilum.workers import Workers

_OWN_DETAIL = 0.2
"""Power beyond what fits into the smaller image, over that of the finest which does, below which
an image counts as enlarged."""

NEARLY = 0.15
"""Relative difference of resolution up to which two images count as equally fine: there is no room
for finer detail to be seen in."""

_FINER = 0.53
"""Cycles per pixel of a reduced image from which on only a finer one shows anything."""


def finer(pairs: Sequence[TwinPair]) -> Iterator[tuple[int, int, float]]:
    """(image, other image, how many times as many pixels a side it has of a place), above 1."""
    for pair in pairs:
        (a, b, _), (c, d, _) = pair.transform.matrix
        scale = math.sqrt(abs(a * d - b * c))
        if scale > 1 + NEARLY:
            yield pair.b, pair.a, scale
        elif 1 / scale > 1 + NEARLY:
            yield pair.a, pair.b, 1 / scale


def find_enlarged(
    rows: Sequence[Prepared], clusters: Sequence[Sequence[TwinPair]], workers: Workers
) -> set[tuple[int, float]]:
    """The images, with the scale, that :func:`finer` names and that only were enlarged by it."""
    scales: defaultdict[int, list[float]] = defaultdict(list)
    for pairs in clusters:
        for number, _, scale in finer(pairs):
            scales[number].append(scale)
    questions = [(rows[number], asked) for number, asked in scales.items()]
    answers = workers.map_ordered(_are_enlarged, questions)
    return {
        (number, scale)
        for (number, asked), told in zip(scales.items(), answers, strict=True)
        for scale, is_enlarged in zip(asked, told, strict=True)
        if is_enlarged
    }


def _are_enlarged(question: tuple[Prepared, Sequence[float]]) -> list[bool]:
    """Whether a film shows hardly anything finer than it would reduced by each scale, above 1.

    Of 24 films of public collections all reduced to 256×256 pixels and enlarged again with cubic
    or Lanczos interpolation fell below the limit in most cases; of the films themselves few did.
    """
    row, scales = question
    pixels = pixels_of(row).astype(np.float32)
    height, width = pixels.shape
    window = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)
    power = np.abs(np.fft.rfft2((pixels - pixels.mean()) * window)) ** 2
    rows, columns = np.abs(np.fft.fftfreq(height))[:, np.newaxis], np.fft.rfftfreq(width)
    frequency = np.maximum(rows, columns[np.newaxis])
    told = []
    for scale in scales:
        # In cycles per pixel of the reduced image, which shows none finer than a half.
        reduced = frequency * scale
        beyond = power[reduced > _FINER].sum()
        coarser = power[(reduced > 0.35) & (reduced <= 0.5)].sum()
        told.append(bool(beyond < _OWN_DETAIL * coarser))
    return told
