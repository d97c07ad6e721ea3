"""Infected percents of cases against the true masks', and against readers' scores."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from hilum.evaluation.cases import Case
from hilum.evaluation.measure import (
    Flags,
    Floats,
    Measure,
    Needed,
    divide,
    mean_columns,
    quotient,
)
from hilum.evaluation.ranked import spearman
from hilum.scales import READERS_SCALES

TASK = "severity"

MEASURED = "measured"
"""Name of the share of images for which there is a percent at all."""

ALL_PERCENTS, INFECTED_PERCENTS = "infected_percent", "infected_percent_of_infected"
"""Subjects: all images whose true percent is known, and those where it is above 0."""

_LIMIT = 1.96


def severity_measures(cases: Sequence[Case]) -> list[Measure]:
    """The figures of percents against truth, and of each scale that a reader scored an image on.

    Where the model gave no percent (refused, another cause, a lung not found) there is none to
    compare; ``measured`` is the share of images that have one.
    """
    found = _values([case.infected_percent for case in cases])
    true = _values([case.true_infected_percent for case in cases])
    infected = np.where(true > 0, true, np.nan)
    measures = [
        *compare_values(ALL_PERCENTS, found, true, "%", "percent of the true masks"),
        *compare_values(
            INFECTED_PERCENTS, found, infected, "%", "percent of the true masks, where > 0"
        ),
    ]
    for scale in READERS_SCALES:
        scores = _values([case.severity.get(scale.column) for case in cases])
        if np.isfinite(scores).any():
            how = f"readers' score; percents taken as that share of its range, 0–{scale.maximum:g}"
            as_score = found * scale.maximum / 100
            measures += compare_values(scale.column, as_score, scores, scale.unit, how)
    return measures


def compare_values(
    subject: str, found: Floats, truth: Floats, unit: str, how: str
) -> list[Measure]:
    """The figures of N values against N true ones, NaN where unknown; ``how`` names these."""
    known = np.isfinite(truth)
    both = known & np.isfinite(found)
    needed = (Needed(both, f"with {subject} both known and measured"),)
    difference = found - truth
    make = partial(Measure, TASK, subject)
    constant = "all values are equal"
    limits = _difference_columns(difference, both)
    return [
        make(
            MEASURED,
            (Needed(known, f"with {subject} known"),),
            mean_columns(both.astype(float), known),
            quotient,
            definition="share of the images with a true value for which the model gave one",
            is_share=True,
        ),
        make(
            "Pearson r",
            needed,
            _correlation_columns(found, truth, both),
            _pearson,
            definition=f"against the {how}",
            undefined=constant,
        ),
        make(
            "Spearman r",
            needed,
            None,
            spearman(found, truth, both),
            definition=f"against the {how}",
            undefined=constant,
        ),
        make(
            "mean absolute error",
            needed,
            mean_columns(np.abs(difference), both),
            quotient,
            unit,
            f"against the {how}",
        ),
        make(
            "Bland–Altman bias",
            needed,
            mean_columns(difference, both),
            quotient,
            unit,
            f"mean of predicted less the {how}",
        ),
        *(
            make(
                f"Bland–Altman {name} limit",
                needed,
                limits,
                partial(_limit, sign),
                unit,
                f"bias {'−' if sign < 0 else '+'} {_LIMIT} standard deviations",
                "a single image has no spread",
            )
            for name, sign in (("lower", -1), ("upper", 1))
        ),
    ]


def _values(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _correlation_columns(one: Floats, other: Floats, counted: Flags) -> Floats:
    """N×6: 1, x, y, x², y², xy, centred so that sums of squares keep their digits."""
    x, y = (
        np.where(counted, values - (values[counted].mean() if counted.any() else 0), 0.0)
        for values in (one, other)
    )
    return np.column_stack([counted.astype(float), x, y, x * x, y * y, x * y])


def _pearson(sums: Floats) -> Floats:
    n, x, y, xx, yy, xy = sums.T
    return divide(n * xy - x * y, np.sqrt(_spread(n, x, xx) * _spread(n, y, yy)))


def _spread(n: Floats, x: Floats, xx: Floats) -> Floats:
    """n²·variance; 0 where all values are equal, of which sums leave a rest in the last digits."""
    spread = n * xx - x * x
    return np.where(spread > 1e-12 * n * xx, spread, 0.0)


def _difference_columns(difference: Floats, counted: Flags) -> Floats:
    """N×3: 1, d, d²."""
    known = np.where(counted, difference, 0.0)
    return np.column_stack([counted.astype(float), known, known * known])


def _limit(sign: int, sums: Floats) -> Floats:
    n, d, dd = sums.T
    mean = divide(d, n)
    variance = divide(np.maximum(dd - n * mean * mean, 0), n - 1)
    return np.asarray(mean + sign * _LIMIT * np.sqrt(variance), np.float64)
