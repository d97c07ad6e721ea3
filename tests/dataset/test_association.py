"""Cramér's V and who shares a source with whom."""

from __future__ import annotations

import pytest

from hilum.dataset.card.association import compare_sources, cramers_v


def test_the_bias_corrected_v_of_a_table_worked_by_hand() -> None:
    # χ² = 100 · (30·40 − 10·20)² / (40·60·50·50) = 16.667; φ² = 0.16667 − 1/99; m = 2 − 1/99
    counts = {("a", "x"): 30, ("a", "y"): 10, ("b", "x"): 20, ("b", "y"): 40}
    found = cramers_v([pair for pair, count in counts.items() for _ in range(count)])
    assert found.n == 100
    assert found.v == pytest.approx(((1 / 6 - 1 / 99) / (1 - 1 / 99)) ** 0.5, abs=1e-9)


def test_unknown_labels_are_not_counted_and_one_value_says_nothing() -> None:
    assert cramers_v([("a", "x"), ("b", None), (None, "y")]) == cramers_v([("a", "x")])
    assert cramers_v([("a", "x"), ("b", "x")]).v is None
    assert cramers_v([]).n == 0
    assert cramers_v([("a", "x"), ("b", "y")]).v is None


def test_an_unknown_source_is_never_said_to_be_apart() -> None:
    pairs = [("covid", "Rome"), ("normal", "Oslo"), ("other", None), ("tb", "Rome")]
    covid, normal, other, _ = compare_sources(pairs)
    assert covid.shares == ("tb",)
    assert covid.shares_none == ("normal",)
    assert covid.unidentified == ("other",)
    assert normal.shares_none == ("covid", "tb")
    assert (other.known, other.unknown, other.shares_none) == (0, 1, ())
