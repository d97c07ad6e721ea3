"""A figure's 95 % interval, by drawing whole patients with replacement; of a count, Wilson's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000


@dataclass(frozen=True)
class Estimate:
    """A figure, the bounds of its 95 % interval, and from how many images it comes."""

    value: float
    low: float
    high: float
    n: int


def ratio_of_sums(
    numerator: NDArray[np.float64],
    denominator: NDArray[np.float64],
    groups: Sequence[str],
    *,
    seed: int = 0,
) -> Estimate:
    """Σ numerator ÷ Σ denominator over images (both float N), with its interval.

    Means, pooled Dice, sensitivity and specificity are all of this form. Groups (patients)
    are drawn with replacement 2,000 times; the interval holds the middle 95 %. ``n`` counts
    the images with a denominator. All are NaN where there is none.
    """
    counted = denominator > 0
    n = int(counted.sum())
    if n == 0:
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    _, index = np.unique(np.asarray(groups, np.str_)[counted], return_inverse=True)
    above = np.bincount(index, numerator[counted]).astype(np.float64)
    below = np.bincount(index, denominator[counted]).astype(np.float64)
    generator = np.random.default_rng(seed)
    drawn = np.array([_draw(above, below, generator) for _ in range(DRAWS)])
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(float(above.sum() / below.sum()), float(low), float(high), n)


def _draw(
    above: NDArray[np.float64], below: NDArray[np.float64], generator: np.random.Generator
) -> float:
    chosen = generator.integers(0, len(above), len(above))
    return float(above[chosen].sum() / below[chosen].sum())


def mean_with_interval(
    values: NDArray[np.float64], groups: Sequence[str], *, seed: int = 0
) -> Estimate:
    """The mean of ``values`` (float N) with its interval; see :func:`ratio_of_sums`."""
    return ratio_of_sums(values, np.ones_like(values), groups, seed=seed)


def share_with_interval(count: int, n: int) -> Estimate:
    """``count`` of ``n`` independent images, with Wilson's interval (1927).

    For shares near 0 or 1 of few images, where drawing with replacement would promise certainty.
    All are NaN where ``n`` is 0.
    """
    if n == 0:
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    share, z = count / n, 1.959964
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Estimate(share, max(0.0, middle - half), min(1.0, middle + half), n)
