"""Copies of one image, told by a small picture of each, are put into one group."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.learning.refusal.sample import Sample

_TWINS_FROM = 0.985
"""Correlation of two images on 32×32 pixels from which on they are taken for copies."""

_ROWS = 1024
"""Images compared with all others at once: memory stays flat."""


def thumbnail_of(seen: NDArray[np.uint8]) -> NDArray[np.float32]:
    """1,024 standardised greys of ``seen`` (S×S) whose squares add up to 1."""
    small = cv2.resize(seen, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    small -= small.mean()
    scaled: NDArray[np.float32] = small / (np.linalg.norm(small) + np.float32(1e-3))
    return scaled


def unite_twins(samples: Sequence[Sample]) -> list[Sample]:
    """One group for all groups that hold copies of one image; all of it learned if any is."""
    parent = {sample.group: sample.group for sample in samples}

    def find(group: str) -> str:
        while parent[group] != group:
            parent[group] = group = parent[parent[group]]
        return group

    for one, other in _twins(samples):
        low, high = sorted((find(one), find(other)))
        parent[high] = low
    learned = {find(sample.group) for sample in samples if sample.is_learned}
    return [
        dataclasses.replace(s, group=group, is_learned=group in learned, thumbnail=None)
        for s in samples
        for group in [find(s.group)]
    ]


def _twins(samples: Sequence[Sample]) -> Iterator[tuple[str, str]]:
    """The two groups of each pair of images that are copies."""
    real = [(s.group, s.thumbnail) for s in samples if s.thumbnail is not None]
    pictures = np.stack([thumbnail for _, thumbnail in real]) if real else np.empty((0, 1024))
    for start in range(0, len(real), _ROWS):
        alike = pictures[start : start + _ROWS] @ pictures[start:].T
        for one, other in (start + np.argwhere(np.triu(alike > _TWINS_FROM, 1))).tolist():
            yield real[one][0], real[other][0]
