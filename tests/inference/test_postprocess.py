"""Network output → masks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hilum.inference.postprocess import OutlinedLungs, outline
from hilum.radiograph import Structure

EACH = (Structure.RIGHT_LUNG, Structure.LEFT_LUNG, Structure.INFECTION)
SIDE = 40


def plane(*boxes: tuple[int, int, int, int], value: float = 1.0) -> NDArray[np.float32]:
    """A plane with boxes (top, bottom, left, right) of ``value``."""
    drawn = np.zeros((SIDE, SIDE), np.float32)
    for top, bottom, left, right in boxes:
        drawn[top:bottom, left:right] = value
    return drawn


def outlined(
    targets: tuple[Structure, ...], *planes: NDArray[np.float32], threshold: float = 0.5
) -> OutlinedLungs:
    points = dict.fromkeys(targets, threshold)
    return outline(np.stack(planes), targets, points, width=SIDE, height=SIDE)


RIGHT, LEFT = (10, 30, 4, 16), (10, 30, 24, 36)


def test_infection_is_kept_inside_the_lungs() -> None:
    found = outlined(EACH, plane(RIGHT), plane(LEFT), plane((20, 40, 0, 40)))
    assert found.infection is not None
    np.testing.assert_array_equal(found.infection, found.lungs & (plane((20, 40, 0, 40)) > 0))


def test_lungs_do_not_overlap() -> None:
    found = outlined(EACH, plane((10, 30, 4, 24), value=0.9), plane((10, 30, 16, 36)), plane())
    assert not (found.right_lung & found.left_lung).any()
    np.testing.assert_array_equal(found.left_lung, plane((10, 30, 16, 36)) > 0)


def test_small_pieces_are_dropped_and_large_ones_kept() -> None:
    right = plane(RIGHT, (0, 2, 38, 40), (33, 39, 4, 16))
    found = outlined(EACH, right, plane(LEFT), plane())
    np.testing.assert_array_equal(found.right_lung, plane(RIGHT, (33, 39, 4, 16)) > 0)


def test_a_lung_of_a_few_pixels_is_absent() -> None:
    found = outlined(EACH, plane(RIGHT), plane((10, 13, 30, 35)), plane())
    assert found.right_lung.any() and not found.left_lung.any()


def test_thresholds_are_those_of_the_model() -> None:
    doubtful = plane(RIGHT, value=0.6)
    assert outlined(EACH, doubtful, plane(LEFT), plane(), threshold=0.55).right_lung.any()
    assert not outlined(EACH, doubtful, plane(LEFT), plane(), threshold=0.65).right_lung.any()


def test_whole_lungs_hold_the_lungs_and_no_stray_piece() -> None:
    targets = (Structure.RIGHT_LUNG, Structure.LEFT_LUNG, Structure.WHOLE_LUNGS)
    whole = plane((12, 28, 4, 36), (0, 2, 0, 3))
    found = outlined(targets, plane(RIGHT), plane(LEFT), whole)
    expected = found.lungs | (plane((12, 28, 4, 36)) > 0)
    assert found.whole_lungs is not None
    np.testing.assert_array_equal(found.whole_lungs, expected)
    assert outlined(targets[:2], plane(RIGHT), plane(LEFT)).whole_lungs is None


def test_both_lungs_in_one_mask_are_told_apart() -> None:
    found = outlined((Structure.LUNGS,), plane(RIGHT, LEFT))
    np.testing.assert_array_equal(found.right_lung, plane(RIGHT) > 0)
    np.testing.assert_array_equal(found.left_lung, plane(LEFT) > 0)
    assert found.infection is None


def test_lungs_that_touch_are_cut_where_they_are_thinnest() -> None:
    bridge = (10, 12, 16, 24)
    found = outlined((Structure.LUNGS,), plane(RIGHT, LEFT, bridge))
    assert not (found.right_lung & found.left_lung).any()
    np.testing.assert_array_equal(found.lungs, plane(RIGHT, LEFT, bridge) > 0)
    assert (found.right_lung & (plane(RIGHT) > 0)).sum() == 240
    assert (found.left_lung & (plane(LEFT) > 0)).sum() == 240


def test_a_single_lung_in_one_mask_is_told_by_its_side() -> None:
    only_left = outlined((Structure.LUNGS,), plane(LEFT))
    assert only_left.left_lung.any() and not only_left.right_lung.any()
    only_right = outlined((Structure.LUNGS,), plane(RIGHT))
    assert only_right.right_lung.any() and not only_right.left_lung.any()


def test_no_lungs() -> None:
    for targets in (EACH, (Structure.LUNGS,)):
        assert not outlined(targets, *([plane()] * len(targets))).lungs.any()


def test_masks_have_the_size_asked_for() -> None:
    points = dict.fromkeys(EACH, 0.5)
    found = outline(
        np.stack([plane(RIGHT), plane(LEFT), plane()]), EACH, points, width=90, height=200
    )
    assert found.lungs.shape == (200, 90)
    assert abs(found.right_lung.mean() - 240 / 1600) < 0.01
