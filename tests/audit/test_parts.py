"""What is painted over, what is found to be text, and where an activation lies."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from hilum.audit.attention import share_by_chance, share_within
from hilum.audit.burned_in import find_text, paint_over
from hilum.audit.controls import WIDTHS, measure_greys, measure_outside
from hilum.audit.parts import (
    background_only,
    box_around,
    carry,
    lungs_only,
    without_corners,
)
from hilum.imaging.borders import Box
from hilum.inference.shown import Frame
from tests.fakes.chest import Chest, draw_chest

SIDE = 256


@pytest.fixture
def chest() -> Chest:
    return draw_chest(np.random.default_rng(0), size=(SIDE, SIDE))


def test_each_part_shows_nothing_of_the_other(chest: Chest) -> None:
    lungs, box = chest.lungs, box_around(chest.lungs)
    alone = lungs_only(chest.pixels, lungs)
    around = background_only(chest.pixels, box)

    assert (alone[lungs] == chest.pixels[lungs]).all() and not alone[~lungs].any()
    assert not around[lungs].any()
    outside = np.ones(lungs.shape, np.bool_)
    box.of(outside)[:] = False
    assert (around[outside] == chest.pixels[outside]).all()
    rows, columns = np.nonzero(lungs)
    assert box.left == columns.min() - SIDE // 16 and box.bottom == rows.max() + 1 + SIDE // 16


def test_what_lies_in_the_box_is_not_seen_by_the_control_outside(chest: Chest) -> None:
    box = box_around(chest.lungs)
    before = measure_outside(chest.pixels, box)
    assert before.shape == (WIDTHS["outside the lungs' box"],) and (before <= 1).all()
    np.testing.assert_array_equal(before, measure_outside(background_only(chest.pixels, box), box))
    marked = chest.pixels.copy()
    marked[4:14, 4:14] = 255
    assert (measure_outside(marked, box) != before).any()


@pytest.mark.parametrize("box", [Box(0, 0, SIDE, SIDE), Box(0, 40, 200, SIDE)])
def test_a_box_that_reaches_the_edge_leaves_numbers(chest: Chest, box: Box) -> None:
    outside = measure_outside(chest.pixels, box)
    assert outside.shape == (256,) and np.isfinite(outside).all()


def test_greys_do_not_depend_on_the_size_of_a_film(chest: Chest) -> None:
    large = cv2.resize(chest.pixels, (2 * SIDE, 2 * SIDE), interpolation=cv2.INTER_NEAREST)
    for name, values in measure_greys(chest.pixels).items():
        assert values.shape == (WIDTHS[name],)
        np.testing.assert_allclose(values, measure_greys(large)[name], atol=0.005)
    assert measure_greys(chest.pixels)["grey histogram"].sum() == pytest.approx(1)


def test_a_marker_in_a_corner_is_painted_over_and_lungs_are_not(chest: Chest) -> None:
    marked = chest.pixels.copy()
    marked[3:20, 3:28] = 235
    painted = without_corners(marked, chest.lungs)
    assert painted[3:20, 3:28].max() < 60
    assert (painted[40:216] == marked[40:216]).all()

    all_of_it = np.ones(marked.shape, np.bool_)
    assert (without_corners(marked, all_of_it) == marked).all()


@pytest.mark.parametrize("word", ["R", "AP PORTABLE"])
def test_text_is_found_and_painted_over(word: str, chest: Chest) -> None:
    marked = chest.pixels.copy()
    cv2.putText(marked, word, (8, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 250, 1, cv2.LINE_AA)
    drawn = marked > chest.pixels
    text = find_text(marked, chest.lungs)

    assert (text & drawn).sum() > 0.7 * drawn.sum()
    assert text.sum() < 8 * drawn.sum()
    painted = paint_over(marked, text)
    assert painted[drawn].mean() < chest.pixels[drawn].mean() + 20
    assert (painted[100:] == marked[100:]).all()


def test_no_text_is_found_where_there_is_none(chest: Chest) -> None:
    without_spine = cv2.GaussianBlur(chest.pixels, (0, 0), 6)
    assert not find_text(without_spine, chest.lungs).any()
    assert not find_text(without_spine, None).any()


def test_lungs_are_carried_from_one_frame_to_another(chest: Chest) -> None:
    whole = Frame(Box(0, 0, 1000, 500), 1000, 500)
    part = Frame(Box(250, 0, 1000, 500), 1000, 500)
    there = carry(chest.lungs, whole, part, 128)
    wanted = cv2.resize(chest.lungs[:, 64:].view(np.uint8), (128, 128), interpolation=0) > 0
    assert (there != wanted).mean() < 0.02
    lungs = chest.lungs
    assert carry(lungs, whole, whole, SIDE) is lungs
    back = carry(there, part, whole, SIDE)
    assert (back[:, 70:] != chest.lungs[:, 70:]).mean() < 0.03 and not back[:, :60].any()


def test_the_share_within_the_lungs_is_that_of_what_speaks_for_the_class() -> None:
    lungs = np.zeros((64, 64), np.bool_)
    lungs[:, :24] = True  # one column of four and a half
    maps = np.zeros((4, 4, 4), np.float32)
    maps[0, :, 0] = 1
    maps[1, :, 1] = 2
    maps[2] = 1
    maps[2, 0, 3] = -50
    shares = share_within(maps, lungs)
    np.testing.assert_allclose(shares[:3], [1, 0.5, 6 / 15])
    assert np.isnan(shares[3])


def test_by_chance_the_share_is_that_of_the_places() -> None:
    lungs = np.zeros((64, 64), np.bool_)
    lungs[:, :16] = True
    features = np.random.default_rng(0).normal(size=(200, 8, 8)).astype(np.float32)
    assert share_by_chance(features, lungs) == pytest.approx(0.25, abs=0.03)
    assert share_by_chance(features, lungs) == share_by_chance(features, lungs)
    assert np.isnan(share_by_chance(np.zeros((3, 4, 4), np.float32), lungs))
