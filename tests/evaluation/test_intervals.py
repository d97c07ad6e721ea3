"""Intervals against cases whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.evaluation.intervals import mean_with_interval, ratio_of_sums, share_with_interval


def own(count: int) -> list[str]:
    return [str(number) for number in range(count)]


def test_equal_values_have_no_width() -> None:
    estimate = mean_with_interval(np.full(20, 0.7), own(20))
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((0.7, 0.7, 0.7))
    assert estimate.n == 20


def test_the_width_is_that_of_the_normal_approximation() -> None:
    values = np.random.default_rng(1).normal(0.5, 0.1, 400)
    estimate = mean_with_interval(values, own(400))
    half = 1.96 * values.std() / 20
    assert estimate.value == pytest.approx(values.mean())
    assert estimate.low == pytest.approx(values.mean() - half, abs=0.002)
    assert estimate.high == pytest.approx(values.mean() + half, abs=0.002)


def test_the_interval_holds_the_truth_about_19_times_in_20() -> None:
    random = np.random.default_rng(2)
    held = 0
    for _ in range(60):
        estimate = mean_with_interval((random.random(80) < 0.6).astype(float), own(80))
        held += estimate.low <= 0.6 <= estimate.high
    assert held >= 50


def test_the_same_seed_gives_the_same_interval_in_any_order_of_names() -> None:
    values = np.random.default_rng(3).random(30)
    assert mean_with_interval(values, own(30)) == mean_with_interval(values, own(30))
    other = mean_with_interval(values, own(30), seed=1)
    assert other != mean_with_interval(values, own(30)) and other.value == pytest.approx(
        values.mean()
    )


def test_images_of_one_patient_are_drawn_together() -> None:
    values = np.repeat(np.random.default_rng(4).random(20), 10)
    alone = mean_with_interval(values, own(200))
    grouped = mean_with_interval(values, [str(number // 10) for number in range(200)])
    assert grouped.value == alone.value and grouped.n == alone.n == 200
    # Ten copies of each value tell no more than one: √10 wider.
    ratio = (grouped.high - grouped.low) / (alone.high - alone.low)
    assert ratio == pytest.approx(np.sqrt(10), rel=0.15)


def test_images_without_a_denominator_do_not_count() -> None:
    above, below = np.array([1.0, 0, 1, 5]), np.array([1.0, 1, 1, 0])
    estimate = ratio_of_sums(above, below, own(4))
    assert estimate.value == pytest.approx(2 / 3) and estimate.n == 3


def test_nothing_to_count_is_no_number() -> None:
    for count in (0, 3):
        estimate = ratio_of_sums(np.zeros(count), np.zeros(count), own(count))
        assert np.isnan([estimate.value, estimate.low, estimate.high]).all()
        assert estimate.n == 0


def test_a_single_patient_has_an_interval_without_width() -> None:
    estimate = mean_with_interval(np.array([0.2, 0.4]), ["a", "a"])
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((0.3, 0.3, 0.3))


def test_a_share_of_few_is_never_certain() -> None:
    # Newcombe 1998, doi 10.1002/(sici)1097-0258(19980430)17:8<857::aid-sim777>3.0.co;2-e, table I.
    for count, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605)):
        found = share_with_interval(count, n)
        assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
        assert (found.value, found.n) == (pytest.approx(count / n), n)
    for count, low, high in ((0, 0.0, 0.1611), (20, 0.8389, 1.0)):
        found = share_with_interval(count, 20)
        assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert np.isnan(share_with_interval(0, 0).value)
