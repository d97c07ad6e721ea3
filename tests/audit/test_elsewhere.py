"""Less at another place than pooled: by how much, by the same draws of patients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hilum.audit.check import Judged, Outcome
from hilum.audit.contrast import contrasts
from hilum.audit.difference import area_differences
from hilum.audit.elsewhere import MOST_LOSS, check_elsewhere, judge_held_out
from hilum.evaluation.figures import Figure
from tests.fakes.audit import make_films, make_labels


def labels_at(films: int) -> list[dict[str, Any]]:
    """As many at A as at B, of both classes."""
    findings = ["covid" if n % 4 < 2 else "normal" for n in range(films)]
    return make_labels(findings, origins=["AB"[n % 2] for n in range(films)])


def figures_of(labels: list[dict[str, Any]], signal: NDArray[np.floating]) -> dict[str, Judged]:
    films = make_films(labels, told_by={"whole": signal})
    [contrast] = contrasts(films.labels)
    pooled = signal + np.random.default_rng(4).normal(size=len(labels))
    found = check_elsewhere(films, [contrast], {contrast.name: pooled})
    return {judged.figure.name: judged for judged in found.figures}


def is_covid(labels: list[dict[str, Any]]) -> NDArray[np.floating]:
    return np.array([float(label["finding"] == "covid") for label in labels])


def test_a_score_that_holds_loses_nothing() -> None:
    labels = labels_at(400)
    found = figures_of(labels, 3 * is_covid(labels))
    there = found["at the origin A, learned elsewhere"]
    less = found["at the origin A, learned elsewhere, less pooled"]
    assert there.outcome is Outcome.FINE and "a difference of" in there.because
    assert less.outcome is Outcome.NOTED and less.threshold == -MOST_LOSS
    assert less.figure.value == pytest.approx(
        there.figure.value - found["pooled"].figure.value, abs=1e-9
    )
    same = found["at the origin A, learned elsewhere, less pooled, both of the films there"]
    assert same.figure.unit == "difference of AUROC"
    assert (same.figure.n, less.figure.n) == (200, 200)
    assert same.figure.low < 0 < same.figure.high


def test_a_loss_of_which_the_intervals_overlap_is_seen_by_the_same_draws() -> None:
    films = make_films(labels := labels_at(120))
    [contrast] = contrasts(films.labels)
    one = 2 * is_covid(labels) + np.random.default_rng(0).normal(size=120)
    # Each normal film a little higher: always a little worse, and hard where the other is.
    other = {"there": one + 0.6 * (1 - is_covid(labels))}
    [difference] = area_differences("", contrast, other, {"there": one})
    assert difference.value is not None and difference.value < -MOST_LOSS
    assert difference.high is not None and difference.high < 0
    pooled = Figure("", "", "pooled", 0.9, 0.85, 0.95, 120, 120)
    there = Figure("", "", "there", 0.9 + difference.value, 0.74, 0.9, 120, 120)
    with_it = judge_held_out(there, pooled, is_new=True, difference=difference)
    assert with_it.outcome is Outcome.DOUBTFUL and "same draws" in with_it.rule
    assert judge_held_out(there, pooled, is_new=True).outcome is Outcome.NOT_ESTIMABLE


@pytest.mark.parametrize(
    ("low", "value", "high", "outcome"),
    [
        (-0.12, -0.08, -0.04, Outcome.DOUBTFUL),
        (-0.3, -0.1, 0.1, Outcome.NOT_ESTIMABLE),
        (-0.04, -0.03, -0.02, Outcome.FINE),
        (-0.1, 0.01, 0.1, Outcome.FINE),
    ],
)
def test_what_a_difference_means(low: float, value: float, high: float, outcome: Outcome) -> None:
    pooled = Figure("", "", "pooled", 0.9, 0.89, 0.91, 4000, 4000)
    there = Figure("", "", "there", 0.9 + value, 0.7, 0.99, 400, 400)
    difference = Figure("", "", "there", value, low, high, 400, 400)
    judged = judge_held_out(there, pooled, is_new=True, difference=difference)
    assert judged.outcome is outcome
    unknown = judge_held_out(there, pooled, is_new=False, difference=difference)
    assert unknown.outcome is not Outcome.FINE


def test_a_score_that_tells_places_apart_does_not_hold() -> None:
    """Nor does the same score, of the films of one place: that difference alone saw nothing."""
    findings = ["covid" if n % 5 else "normal" for n in range(500)]
    findings += ["normal" if n % 5 else "covid" for n in range(500)]
    labels = make_labels(findings, origins=["A"] * 500 + ["B"] * 500)
    films = make_films(labels)
    [contrast] = contrasts(films.labels)
    pooled = np.repeat([6.0, 0.0], 500) + np.random.default_rng(3).normal(size=1000)
    found = check_elsewhere(films, [contrast], {contrast.name: pooled})
    figures = {judged.figure.name: judged for judged in found.figures}
    there = "at the origin A, learned elsewhere"
    assert found.outcome is figures[there].outcome is Outcome.CONDEMNED
    assert figures[f"{there}, less pooled"].figure.high < -0.1
    same = figures[f"{there}, less pooled, both of the films there"].figure
    assert same.low < 0 < same.high
