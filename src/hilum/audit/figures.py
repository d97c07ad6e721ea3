"""The figures of the checks, with intervals by whole patients, and what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hilum.audit.check import Judged, Outcome
from hilum.evaluation.figures import Figure
from hilum.evaluation.intervals import compute_figures
from hilum.evaluation.measure import Measure, Needed, mean_columns, quotient
from hilum.evaluation.ranked import auroc

CHANCE, MOST_AREA = 0.5, 0.6
"""The AUROC of a coin, and what something that knows nothing of disease may reach."""

FAR_AREA = 0.75
"""Half-way from chance to certainty: an interval that reaches it excludes too little to be fine."""

_AREA_RULE = (
    f"condemned where the whole interval lies above {MOST_AREA}, doubtful where the figure does,"
    f" not estimable where the interval reaches above {FAR_AREA}"
)
_REVERSED_RULE = (
    f"condemned where the whole interval lies above {MOST_AREA}, doubtful where the figure does or"
    f" lies below {1 - MOST_AREA:g}, not estimable where the interval reaches above {FAR_AREA} or"
    f" below {1 - FAR_AREA:g}"
)


def areas(
    key: str,
    subject: str,
    scores: Mapping[str, NDArray[np.floating]],
    truth: NDArray[np.bool_],
    groups: NDArray[np.str_],
) -> list[Figure]:
    """The AUROC of each of ``scores`` (name → M, NaN where there is none) against ``truth``."""
    return list(compute_figures(area_measures(key, subject, scores, truth), groups.tolist()))


def area_measures(
    key: str, subject: str, scores: Mapping[str, NDArray[np.floating]], truth: NDArray[np.bool_]
) -> list[Measure]:
    """The same before they are computed."""
    measures = []
    for name, score in scores.items():
        known = ~np.isnan(score)
        positive, negative = truth & known, ~truth & known
        measures.append(
            Measure(
                key,
                subject,
                name,
                (Needed(positive, "of the first class"), Needed(negative, "of the second")),
                None,
                auroc(np.nan_to_num(score), positive, negative),
                unit="AUROC",
                is_area=True,
            )
        )
    return measures


def means(
    key: str,
    subject: str,
    values: Mapping[str, NDArray[np.floating]],
    groups: NDArray[np.str_],
    *,
    unit: str = "",
) -> list[Figure]:
    """The mean of each of ``values`` (name → M, NaN where there is none); of 0 and 1 a share."""
    measures = []
    for name, value in values.items():
        known = ~np.isnan(value)
        columns = mean_columns(np.nan_to_num(value).astype(np.float64), known)
        needed = (Needed(known, "measured"),)
        is_share = bool(np.isin(value[known], (0, 1)).all())
        measures.append(
            Measure(key, subject, name, needed, columns, quotient, unit=unit, is_share=is_share)
        )
    return list(compute_figures(measures, groups.tolist()))


def count_of(key: str, subject: str, name: str, count: int, n: int, groups: int) -> Figure:
    """A plain count, which needs no interval."""
    return Figure(key, subject, name, float(count), None, None, n, groups, unit="images")


def without(key: str, subject: str, name: str, reason: str) -> Judged:
    """A figure that there is not."""
    figure = Figure(key, subject, name, None, None, None, 0, 0, reason=reason)
    return Judged(figure, Outcome.NOT_ESTIMABLE)


def judge_area(
    figure: Figure, words: str, recognises: str, *, also_reversed: bool = False
) -> Judged:
    """What it means that something which should know nothing tells the classes so well.

    ``words`` say what gives the figure. ``also_reversed`` is whether less than chance tells the
    classes too, as with a model that was trained on something else; of what is learned from the
    classes it is an accident.
    """
    outcome, because = Outcome.FINE, f"{words} gives {said(figure)}"
    if figure.value is None or figure.low is None or figure.high is None:
        outcome = Outcome.NOT_ESTIMABLE
    elif figure.low > MOST_AREA:
        outcome = Outcome.CONDEMNED
    elif figure.value > MOST_AREA or (also_reversed and figure.value < 1 - MOST_AREA):
        outcome = Outcome.DOUBTFUL
    elif figure.high > FAR_AREA or (also_reversed and figure.low < 1 - FAR_AREA):
        outcome = Outcome.NOT_ESTIMABLE
        because += ", of too few films to say more"
    rule = _REVERSED_RULE if also_reversed else _AREA_RULE
    return Judged(figure, outcome, MOST_AREA, rule, because, recognises)


def noted(figures: Sequence[Figure]) -> list[Judged]:
    """Figures to compare others with."""
    return [
        Judged(one, Outcome.NOTED if one.value is not None else Outcome.NOT_ESTIMABLE)
        for one in figures
    ]


def reasons_of(judged: Iterable[Judged]) -> list[str]:
    """Why there is no figure, or what there is instead, each reason once."""
    return list(dict.fromkeys(one.figure.reason or one.because for one in judged))


def listed(told: Sequence[str], *, most: int = 3) -> str:
    """The first of ``told``, and how many more there are.

    >>> listed(["a", "b", "c"], most=2), listed(["a"])
    ('a; b; and 1 more', 'a')
    """
    more = [f"and {len(told) - most} more"] if len(told) > most else []
    return "; ".join([*told[:most], *more])


def said(figure: Figure) -> str:
    """Value and interval in words, to three digits where the interval is narrow.

    >>> said(Figure("", "", "", 0.97, 0.95, 0.99, 80, 70))
    '0.97 (0.95–0.99)'
    >>> said(Figure("", "", "", 0.003, 0.001, 0.005, 4000, 4000))
    '0.003 (0.001–0.005)'
    """
    if figure.value is None:
        return f"no figure, because {figure.reason}"
    if figure.low is None or figure.high is None:
        return f"{figure.value:.2f}".replace("-", "−")
    digits = 3 if 0 < figure.high - figure.low < 0.01 else 2
    told = [f"{number:.{digits}f}" for number in (figure.value, figure.low, figure.high)]
    return f"{told[0]} ({told[1]}–{told[2]})".replace("-", "−")
