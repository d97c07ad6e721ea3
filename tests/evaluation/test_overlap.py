"""Dice in its definitions, against counting by hand and against one another."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hilum.evaluation.overlap import dice_per_image, overlap_counts


def stacks(seed: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    shape = (6, 9, 7)
    return rng.random(shape) < rng.random((6, 1, 1)), rng.random(shape) < rng.random((6, 1, 1))


@pytest.mark.parametrize("seed", range(5))
def test_counts_and_dice_are_those_of_sets(seed: int) -> None:
    predicted, truth = stacks(seed)
    counts = overlap_counts(predicted, truth)
    scores = dice_per_image(*counts)
    for index in range(len(truth)):
        a = set(zip(*np.nonzero(predicted[index]), strict=True))
        b = set(zip(*np.nonzero(truth[index]), strict=True))
        assert [int(count[index]) for count in counts] == [len(a & b), len(a), len(b)]
        assert scores[index] == pytest.approx(2 * len(a & b) / (len(a) + len(b)))


def test_two_empty_masks_agree_and_one_empty_mask_does_not() -> None:
    empty, full = np.zeros((1, 4, 4), np.bool_), np.ones((1, 4, 4), np.bool_)
    assert dice_per_image(*overlap_counts(empty, empty)).tolist() == [1.0]
    assert dice_per_image(*overlap_counts(full, empty)).tolist() == [0.0]
    assert dice_per_image(*overlap_counts(empty, full)).tolist() == [0.0]
    assert dice_per_image(*overlap_counts(full, full)).tolist() == [1.0]


@pytest.mark.parametrize("seed", range(5))
def test_dice_is_symmetric_and_between_0_and_1(seed: int) -> None:
    predicted, truth = stacks(seed)
    scores = dice_per_image(*overlap_counts(predicted, truth))
    np.testing.assert_array_equal(scores, dice_per_image(*overlap_counts(truth, predicted)))
    assert ((scores >= 0) & (scores <= 1)).all()
