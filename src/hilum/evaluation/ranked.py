"""Figures that follow from the order of the cases, of many draws of them at once.

Each function prepares the order once and returns the formula: how often each of N cases was drawn
(N×D) → D figures. A case drawn twice counts as two equal cases, as in a sample made of copies.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hilum.evaluation.measure import Flags, Floats, divide

Formula = Callable[[Floats], Floats]


def auroc(scores: Floats, positive: Flags, negative: Flags) -> Formula:
    """The area under the ROC curve: how often a positive scores above a negative, ties half.

    All are N; cases that are neither do not count.
    """
    wins = _Wins(scores, positive, negative)

    def formula(times: Floats) -> Floats:
        below, upto = wins.negatives(times)
        drawn = times[wins.positives]
        above = np.einsum("nd,nd->d", drawn, below + upto) / 2
        return divide(above, drawn.sum(axis=0) * times[wins.all_negatives].sum(axis=0))

    return formula


def average_precision(scores: Floats, positive: Flags, negative: Flags) -> Formula:
    """The area under the precision-recall curve as a sum of steps, without interpolation:
    the precision at each positive's score, averaged over the positives. Likewise.
    """
    wins = _Wins(scores, positive, negative)

    def formula(times: Floats) -> Floats:
        below, _ = wins.negatives(times)
        drawn = times[wins.positives]
        true = drawn.sum(axis=0) - _sums_before(drawn)[wins.first_equal]
        false = times[wins.all_negatives].sum(axis=0) - below
        precision = np.divide(true, true + false, out=np.zeros_like(true), where=true > 0)
        return divide(np.einsum("nd,nd->d", drawn, precision), drawn.sum(axis=0))

    return formula


def spearman(one: Floats, other: Floats, counted: Flags) -> Formula:
    """Spearman's rank correlation of two values (N) over the counted cases, ties at their mean."""
    cases = np.flatnonzero(counted)
    ranks = [_Ranks(values[cases]) for values in (one, other)]

    def formula(times: Floats) -> Floats:
        drawn = times[cases]
        first, second = (rank(drawn) for rank in ranks)
        n = drawn.sum(axis=0)
        first -= divide((drawn * first).sum(axis=0), n)
        second -= divide((drawn * second).sum(axis=0), n)
        together, squares = (
            np.einsum("nd,nd,nd->d", drawn, first, second),
            np.einsum("nd,nd,nd->d", drawn, first, first)
            * np.einsum("nd,nd,nd->d", drawn, second, second),
        )
        return divide(together, np.sqrt(squares))

    return formula


class _Wins:
    """Where each positive stands among the negatives, by score."""

    def __init__(self, scores: Floats, positive: Flags, negative: Flags) -> None:
        self.positives = _in_order(scores, positive)
        """Numbers of the positive cases, lowest score first."""
        self.all_negatives = _in_order(scores, negative)
        of_positives, of_negatives = scores[self.positives], scores[self.all_negatives]
        self.first_equal = np.searchsorted(of_positives, of_positives, "left")
        """Of each positive: how many positives score below it."""
        self._below = np.searchsorted(of_negatives, of_positives, "left")
        self._upto = np.searchsorted(of_negatives, of_positives, "right")

    def negatives(self, times: Floats) -> tuple[Floats, Floats]:
        """Of each positive and draw: negatives that score below it, and at most as high."""
        before = _sums_before(times[self.all_negatives])
        return before[self._below], before[self._upto]


class _Ranks:
    """The mean rank of each of N values among those drawn."""

    def __init__(self, values: Floats) -> None:
        _, self._level = np.unique(values, return_inverse=True)
        self._order = np.argsort(values, kind="stable")
        self._ends = np.cumsum(np.bincount(self._level))

    def __call__(self, times: Floats) -> Floats:
        upto = _sums_before(times[self._order])[np.concatenate([[0], self._ends])]
        mean_ranks = (upto[:-1] + upto[1:] + 1) / 2
        return np.asarray(mean_ranks[self._level])


def _in_order(scores: Floats, chosen: Flags) -> NDArray[np.intp]:
    cases = np.flatnonzero(chosen)
    return cases[np.argsort(scores[cases], kind="stable")]


def _sums_before(times: Floats) -> Floats:
    """(N+1)×D: the sum of the rows before each."""
    sums = np.empty((len(times) + 1, times.shape[1]), times.dtype)
    sums[0] = 0
    # Row by row: NumPy's cumsum goes down one column after the other, at a third of the speed.
    for before, row, after in zip(sums, times, sums[1:], strict=False):
        np.add(before, row, out=after)
    return sums
