"""Ranked figures: a case drawn twice counts as two equal cases."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.evaluation.measure import Flags, Floats
from hilum.evaluation.ranked import Formula, auroc, average_precision, spearman

CASES = 40


def drawn(seed: int) -> tuple[Floats, Floats, Flags, Floats]:
    """Scores in ties, a second value, positives, how often each case is drawn."""
    random = np.random.default_rng(seed)
    scores = random.integers(0, 12, CASES) / 12
    other = scores + random.normal(0, 0.4, CASES).round(1)
    return scores, other, random.random(CASES) < 0.4, random.integers(0, 4, CASES).astype(float)


def of(formula: Formula, times: Floats) -> float:
    return float(formula(times[:, None])[0])


def wins(scores: Floats, positive: Flags) -> float:
    pairs = [(p, n) for p in scores[positive] for n in scores[~positive]]
    return float(np.mean([1.0 if p > n else 0.5 if p == n else 0.0 for p, n in pairs]))


def steps(scores: Floats, positive: Flags) -> float:
    precisions = [positive[scores >= score].mean() for score in scores[positive]]
    return float(np.mean(precisions))


@pytest.mark.parametrize("seed", range(5))
def test_copies_and_weights_agree(seed: int) -> None:
    scores, other, positive, times = drawn(seed)
    copies = np.repeat(np.arange(CASES), times.astype(int))
    found = of(auroc(scores, positive, ~positive), times)
    assert found == pytest.approx(wins(scores[copies], positive[copies]), abs=1e-12)
    found = of(average_precision(scores, positive, ~positive), times)
    assert found == pytest.approx(steps(scores[copies], positive[copies]), abs=1e-12)
    everything, once = np.ones(CASES, np.bool_), np.ones(len(copies))
    copied = spearman(scores[copies], other[copies], np.ones(len(copies), np.bool_))
    found = of(spearman(scores, other, everything), times)
    assert found == pytest.approx(of(copied, once), abs=1e-12)


def test_without_positives_in_a_draw_there_is_no_figure() -> None:
    scores, _, positive, times = drawn(0)
    times[positive] = 0
    assert np.isnan(of(auroc(scores, positive, ~positive), times))
    assert np.isnan(of(average_precision(scores, positive, ~positive), times))
    constant = np.ones(CASES)
    assert np.isnan(of(spearman(constant, scores, constant > 0), constant))
