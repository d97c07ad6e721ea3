"""The severity scales: range, unit, column."""

from __future__ import annotations

import math

import pytest

from hilum.dataset.schema import SEVERITY_COLUMNS
from hilum.scales import BRIXIA, GEOGRAPHIC_EXTENT, INFECTED_PERCENT, OPACITY, READERS_SCALES, Scale


@pytest.mark.parametrize("scale", [*READERS_SCALES, INFECTED_PERCENT], ids=lambda scale: scale.name)
def test_a_scale_holds_its_range_and_nothing_else(scale: Scale) -> None:
    assert scale.holds(0) and scale.holds(scale.maximum)
    assert not any(map(scale.holds, (-0.1, scale.maximum + 0.1, math.nan)))
    assert (scale.nearest(-3), scale.nearest(1.5), scale.nearest(999)) == (0, 1.5, scale.maximum)


def test_ranges_are_those_of_the_publications() -> None:
    assert [scale.maximum for scale in (GEOGRAPHIC_EXTENT, OPACITY, BRIXIA)] == [8, 6, 18]
    assert (INFECTED_PERCENT.unit, INFECTED_PERCENT.maximum) == ("percent", 100)


def test_datasets_have_a_column_for_each_readers_scale() -> None:
    assert SEVERITY_COLUMNS == {
        "geographic_extent": "geographic_extent_0_to_8",
        "opacity": "opacity_0_to_6",
        "brixia": "brixia_0_to_18",
    }
