"""Percents against truth, where sums leave a rest in the last digits, and on readers' scales."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.evaluation.severity import compare_values, severity_measures
from tests.evaluation.cases import random_cases


@pytest.mark.parametrize("seed", range(8))
def test_draws_in_which_all_percents_are_equal_correlate_with_nothing(seed: int) -> None:
    random = np.random.default_rng(seed)
    n = int(random.integers(12, 60))
    found, truth = np.full(n, random.uniform(0, 100)), random.uniform(0, 100, n)
    found[0] = 70.0
    (pearson,) = (m for m in compare_values("s", found, truth, "%", "") if m.name == "Pearson r")
    assert pearson.columns is not None
    times = random.multinomial(n, [1 / n] * n, 500)
    drawn = pearson.formula(times @ pearson.columns)
    assert (np.isnan(drawn) == (times[:, 0] == 0)).all()
    assert (np.abs(drawn[times[:, 0] > 0]) <= 1).all()


def test_errors_on_a_readers_scale_are_points_of_it() -> None:
    cases = random_cases(40)
    measures = {(m.subject, m.name): m for m in severity_measures(cases)}
    error = measures["geographic_extent_0_to_8", "mean absolute error"]
    given = [
        abs((case.infected_percent or 0) * 8 / 100 - case.severity["geographic_extent_0_to_8"])
        for case in cases
    ]
    assert error.unit == "points" and error.of_all() == pytest.approx(np.mean(given))
    assert not any(subject == "opacity_0_to_6" for subject, _ in measures)
