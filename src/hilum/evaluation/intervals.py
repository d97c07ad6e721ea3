"""A figure's 95 % interval, by drawing whole patients with replacement.

Of all figures together: each draw is a vector of how often each patient was drawn, and figures
that follow from sums over the cases are columns of one matrix product.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hilum.evaluation.figures import EVERYTHING, Figure
from hilum.evaluation.measure import Flags, Floats, Measure

DRAWS = 2000

LEAST_GROUPS = 10
"""Fewer patients give an interval that is as good as made up."""

_AT_ONCE = 4_000_000
"""Draws × cases in memory at a time."""


@dataclass(frozen=True)
class Estimate:
    """A figure, the bounds of its 95 % interval, and from how many images it comes."""

    value: float
    low: float
    high: float
    n: int


def compute_figures(
    measures: Sequence[Measure], groups: Sequence[str], *, stratum: str = EVERYTHING
) -> tuple[Figure, ...]:
    """Each of ``measures`` with its interval; ``groups`` are the patients of the N cases.

    Patients are drawn with replacement :data:`DRAWS` times, always in the same way; the interval
    holds the middle 95 %. Where all draws are equal, it is Wilson's of a share that is 0 or 1, and
    Newcombe's of an area under the ROC curve, over the patients; other figures then have none, for
    one of no width would promise certainty.
    """
    index = number_groups(groups)
    bounded = [measure for measure in measures if not _refuse_interval(measure, index)]
    drawn = dict(zip(map(id, bounded), draw_all(bounded, index), strict=True))
    figures = []
    for measure in measures:
        value = float("nan") if measure.missing else measure.of_all()
        interval = None
        if measure.is_share and value in (0, 1):
            patients = count_groups(measure.counted, index)
            share = share_with_interval(round(value) * patients, patients)
            interval = share.low, share.high
        elif id(measure) in drawn:
            interval = middle(drawn[id(measure)])
            if measure.is_area and _is_point(interval):
                sides = (count_groups(needed.cases, index) for needed in measure.needed)
                interval = area_interval(value, *sides)
        refused = _refuse_interval(measure, index)
        figures.append(_figure(measure, value, interval, index, stratum, refused))
    return tuple(figures)


def compute_differences(
    measures: Sequence[Measure], others: Sequence[Measure], groups: Sequence[str]
) -> tuple[Figure, ...]:
    """Of each of ``measures`` that is among ``others`` too, of the same cases: less the other.

    Both are computed of the same draws. What gives one of the two no interval gives their
    difference none.
    """
    index = number_groups(groups)
    by_name = {(m.task, m.subject, m.name): m for m in others}
    pairs = [(m, by_name.get((m.task, m.subject, m.name))) for m in measures]
    known = [(m, other) for m, other in pairs if other and not (m.missing or other.missing)]
    ours = draw_all([m for m, _ in known], index)
    theirs = draw_all([other for _, other in known], index)
    figures = []
    for (m, other), one, two in zip(known, ours, theirs, strict=True):
        value, interval = m.of_all() - other.of_all(), middle(one - two)
        refused = _refuse_interval(m, index) or _refuse_interval(other, index)
        figures.append(_figure(m, value, interval, index, EVERYTHING, refused))
    return tuple(figures)


def _figure(
    measure: Measure,
    value: float,
    interval: tuple[float, float] | None,
    index: NDArray[np.intp],
    stratum: str,
    refused: str,
) -> Figure:
    """``refused`` says why there is no interval, as far as the patients tell."""
    reason = measure.missing
    if not reason and math.isnan(value):
        reason = measure.undefined
    reason = reason or refused
    if not reason and interval and _is_point(interval):
        reason = "every draw of patients gives the same: no interval"
    low, high = interval if interval and not reason else (None, None)
    return Figure(
        task=measure.task,
        subject=measure.subject,
        name=measure.name,
        value=None if math.isnan(value) else value,
        low=low,
        high=high,
        n=int(measure.counted.sum()),
        groups=count_groups(measure.counted, index),
        stratum=stratum,
        unit=measure.unit,
        definition=measure.definition,
        reason=reason,
    )


def _is_point(interval: tuple[float, float]) -> bool:
    """Whether the bounds are the same but for rounding."""
    return interval[1] - interval[0] < 1e-12


def _refuse_interval(measure: Measure, index: NDArray[np.intp]) -> str:
    """Why there is no interval; empty where there is one."""
    if measure.missing:
        return measure.missing
    for needed in measure.needed:
        count = count_groups(needed.cases, index)
        if count < LEAST_GROUPS:
            return f"fewer than {LEAST_GROUPS} patients {needed.words} ({count}): no interval"
    return ""


def number_groups(groups: Sequence[str]) -> NDArray[np.intp]:
    """N names → N numbers from 0, in the order of names."""
    return np.unique(np.asarray(groups, np.str_), return_inverse=True)[1]


def count_groups(cases: Flags, index: NDArray[np.intp]) -> int:
    """How many patients ``cases`` (N) belong to."""
    return int(np.count_nonzero(np.bincount(index[cases])))


def draw_all(measures: Sequence[Measure], index: NDArray[np.intp]) -> list[Floats]:
    """Each measure of :data:`DRAWS` draws of whole groups; NaN where a draw has none."""
    if not measures:
        return []
    by_sums = [measure for measure in measures if measure.columns is not None]
    per_group = _sum_by_group([m.columns for m in by_sums if m.columns is not None], index)
    ends = np.cumsum([0 if m.columns is None else m.columns.shape[1] for m in measures])
    drawn = np.empty((len(measures), DRAWS))
    generator = np.random.default_rng(0)
    at_once = max(1, min(DRAWS, _AT_ONCE // len(index)))
    for start in range(0, DRAWS, at_once):
        part = np.s_[start : min(start + at_once, DRAWS)]
        times = _draw(generator, part.stop - part.start, len(per_group))
        sums = times @ per_group
        of_cases: Floats | None = None
        for number, measure in enumerate(measures):
            given: Floats
            if measure.columns is not None:
                end = int(ends[number])
                given = sums[:, end - measure.columns.shape[1] : end]
            else:
                # Cases × draws, since whole rows are put in order. Counts need half the digits.
                if of_cases is None:
                    of_cases = np.ascontiguousarray(times.T, np.float32)[index]
                given = of_cases
            drawn[number, part] = measure.formula(given)
    return list(drawn)


def _sum_by_group(columns: Sequence[Floats], index: NDArray[np.intp]) -> Floats:
    order = np.argsort(index, kind="stable")
    starts = np.flatnonzero(np.diff(index[order], prepend=-1))
    if not columns:
        return np.zeros((len(starts), 0))
    return np.asarray(np.add.reduceat(np.hstack(columns)[order], starts, axis=0), np.float64)


def _draw(generator: np.random.Generator, draws: int, groups: int) -> Floats:
    """draws×groups: how often each group was drawn."""
    chosen = generator.integers(0, groups, (draws, groups))
    return np.stack([np.bincount(row, minlength=groups) for row in chosen]).astype(np.float64)


def middle(drawn: Floats) -> tuple[float, float]:
    """The middle 95 % of the draws in which there is a figure."""
    known = drawn[~np.isnan(drawn)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)


def share_with_interval(count: int, n: int) -> Estimate:
    """``count`` of ``n`` independent images, with Wilson's interval (1927).

    For shares near 0 or 1 of few images, where drawing with replacement would promise certainty.
    All are NaN where ``n`` is 0.
    """
    if n == 0:
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    share, z = count / n, 1.959964
    middle_of = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Estimate(share, max(0.0, middle_of - half), min(1.0, middle_of + half), n)


def area_interval(area: float, positives: int, negatives: int) -> tuple[float, float]:
    """The 95 % interval of an area under the ROC curve, to four digits, also of 0 and 1.

    Method 5 of R. Newcombe, Confidence intervals for an effect size measure based on the
    Mann–Whitney statistic, part 2, 2006, doi 10.1002/sim.2324: all areas from which ``area`` lies
    no further than their own standard error allows.
    """
    areas = np.linspace(0, 1, 10_001)
    others = (positives + negatives) / 2 - 1
    spread = 1 + others * ((1 - areas) / (2 - areas) + areas / (1 + areas))
    variance = areas * (1 - areas) * spread / (positives * negatives)
    inside = areas[(areas - area) ** 2 <= 1.959964**2 * variance + 1e-12]
    return float(inside[0]), float(inside[-1])
