"""Percentages of areas that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.inference.severity import UNMEASURED, measure_severity

RIGHT, LEFT = np.zeros((12, 10), np.bool_), np.zeros((12, 10), np.bool_)
RIGHT[2:11, 1:4] = True  # nine rows of three
LEFT[3:9, 6:8] = True  # six rows of two
NOTHING = np.zeros_like(RIGHT)


def test_whole_lungs_and_zones() -> None:
    infection = NOTHING.copy()
    infection[8:11, 1:4] = True  # the right lower zone
    infection[3:5, 6] = True  # half of the left upper zone
    severity = measure_severity(RIGHT, LEFT, infection)
    assert severity.right_lung.infected_percent == pytest.approx(100 * 9 / 27)
    assert severity.right_lung.zones == (0, 0, 100)
    assert severity.left_lung.infected_percent == pytest.approx(100 * 2 / 12)
    assert severity.left_lung.zones == (50, 0, 0)
    assert severity.infected_percent == pytest.approx(100 * 11 / 39)


def test_infection_beside_the_lungs_does_not_count() -> None:
    severity = measure_severity(RIGHT, LEFT, ~(RIGHT | LEFT))
    assert severity.infected_percent == 0


def test_a_missing_lung_leaves_the_whole_unknown() -> None:
    severity = measure_severity(NOTHING, LEFT, LEFT)
    assert severity.infected_percent is None
    assert severity.right_lung.infected_percent is None
    assert severity.right_lung.zones == (None, None, None)
    assert severity.left_lung.infected_percent == 100
    assert measure_severity(NOTHING, NOTHING, NOTHING) == UNMEASURED


@pytest.mark.parametrize("rows", [1, 2, 4, 5])
def test_zones_take_every_row_of_a_lung_once(rows: int) -> None:
    lung = NOTHING.copy()
    lung[4 : 4 + rows, 1] = True
    zones = measure_severity(lung, LEFT, lung).right_lung.zones
    assert [zone for zone in zones if zone is not None] == [100] * min(rows, 3)


def test_what_is_drawn_as_both_lungs_is_lung_once() -> None:
    both = RIGHT | LEFT
    assert measure_severity(both, both, RIGHT).infected_percent == pytest.approx(100 * 27 / 39)
