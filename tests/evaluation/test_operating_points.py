"""Thresholds where the best one can be seen."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.evaluation.operating_points import (
    CANDIDATES,
    best_finding_threshold,
    best_mask_threshold,
    dice_by_threshold,
)


def test_a_mask_threshold_that_separates() -> None:
    truth = np.zeros((3, 8, 8), np.bool_)
    truth[:, 2:6, 2:6] = True
    for inside, outside in ((0.9, 0.69), (0.3, 0.11)):
        probabilities = np.where(truth, inside, outside).astype(np.float32)
        threshold = best_mask_threshold(
            [dice_by_threshold(*pair) for pair in zip(probabilities, truth, strict=True)]
        )
        assert outside < threshold <= inside + 1e-6


def test_a_finding_threshold_that_separates() -> None:
    probabilities = np.array([0.1, 0.2, 0.3, 0.7, 0.8], np.float32)
    threshold = best_finding_threshold(probabilities, [False, False, True, True, True])
    assert 0.2 < threshold <= 0.3


def test_of_equally_good_ones_that_nearest_to_a_half() -> None:
    positive = [False, True]
    assert best_finding_threshold(np.array([0.2, 0.8], np.float32), positive) == 0.5
    assert best_finding_threshold(np.array([0.6, 0.9], np.float32), positive) == pytest.approx(
        min(candidate for candidate in CANDIDATES if candidate > 0.6)
    )


def test_without_examples_a_half() -> None:
    assert best_mask_threshold([]) == 0.5
    assert best_finding_threshold(np.array([0.1, 0.2], np.float32), [True, True]) == 0.5
    assert best_finding_threshold(np.array([0.1, 0.2], np.float32), [False, False]) == 0.5
