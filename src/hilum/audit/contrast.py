"""Which classes are told apart: one finding against another, over the films that have them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_GROUPS = 10
"""Patients that each side of a contrast needs; of fewer, nothing is estimated."""


@dataclass(frozen=True)
class Contrast:
    """Films of ``positive`` against films of ``negative``."""

    positive: str
    negative: str
    index: NDArray[np.int64]
    """M: which of all films take part."""
    truth: NDArray[np.bool_]
    """M: whether each is ``positive``."""

    @property
    def name(self) -> str:
        """``covid against normal``."""
        return f"{self.positive} against {self.negative}"


def contrasts(findings: Sequence[str | None]) -> list[Contrast]:
    """Every pair of findings that occur, COVID-19 first as the positive one."""
    counts = Counter(name for name in findings if name is not None)
    names = sorted(counts, key=lambda name: (name != "covid", name == "normal", name))
    of_each = np.array([name or "" for name in findings])
    made = []
    for positive, negative in itertools.combinations(names, 2):
        index = np.flatnonzero((of_each == positive) | (of_each == negative))
        made.append(Contrast(positive, negative, index, of_each[index] == positive))
    return made


def too_few(contrast: Contrast, groups: Sequence[str]) -> str:
    """Why nothing can be estimated of ``contrast``; empty where something can.

    ``groups`` are those of all films.
    """
    of_it = np.asarray(groups)[contrast.index]
    sides = ((contrast.positive, contrast.truth), (contrast.negative, ~contrast.truth))
    for name, side in sides:
        count = len(set(of_it[side].tolist()))
        if count < LEAST_GROUPS:
            return f"{name} has {count} patients; at least {LEAST_GROUPS} are needed"
    return ""
