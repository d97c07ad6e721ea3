"""Distances of outlines against cases computed by hand; MONAI's are in test_peers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hilum.evaluation.distances import FRAME, OutlineDistances, outline_distances


def square(left: int, side: int = 40, *, size: int = FRAME) -> NDArray[np.bool_]:
    mask = np.zeros((size, size), np.bool_)
    mask[100 : 100 + side, left : left + side] = True
    return mask


def test_equal_masks_lie_nowhere_apart() -> None:
    assert outline_distances(square(50), square(50)) == OutlineDistances(0.0, 1.0)


def test_a_shift_within_the_tolerance_is_none() -> None:
    found = outline_distances(square(52), square(50))
    assert found.surface_dice == 1
    assert found.hausdorff95 == 2


def test_a_shift_of_ten_pixels_leaves_parts_of_two_sides_on_one_another() -> None:
    found = outline_distances(square(60), square(50))
    assert found.hausdorff95 == 10
    # Of 156: 30 on either side and 2 beyond, and 2 of the side across near either.
    assert found.surface_dice == pytest.approx((2 * 32 + 2 * 2) / 156)


def test_a_pixel_at_the_border_of_the_image_is_outline() -> None:
    whole = np.ones((FRAME, FRAME), np.bool_)
    less = whole.copy()
    less[:, :10] = False
    assert outline_distances(less, whole).hausdorff95 == 10


def test_one_empty_mask_has_no_distance_and_no_agreement() -> None:
    empty = np.zeros((FRAME, FRAME), np.bool_)
    assert outline_distances(empty, square(50)) == OutlineDistances(None, 0.0)
    assert outline_distances(square(50), empty) == OutlineDistances(None, 0.0)
    assert outline_distances(empty, empty) == OutlineDistances(None, None)


@pytest.mark.parametrize("times", [2, 4])
def test_distances_are_those_of_the_frame_whatever_the_size(times: int) -> None:
    one, other = (np.kron(square(left), np.ones((times, times), bool)) for left in (50, 60))
    assert outline_distances(one, other) == outline_distances(square(50), square(60))
