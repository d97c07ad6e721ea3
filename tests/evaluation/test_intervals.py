"""Intervals against cases whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.evaluation.figures import Figure
from hilum.evaluation.intervals import (
    area_interval,
    compute_differences,
    compute_figures,
    share_with_interval,
)
from hilum.evaluation.measure import Floats, Measure, Needed, mean_columns, quotient
from hilum.evaluation.ranked import auroc


def mean_of(values: Floats, *, is_share: bool = False, words: str = "with it") -> Measure:
    counted = ~np.isnan(values)
    needed = (Needed(counted, words),)
    return Measure(
        "t", "s", "mean", needed, mean_columns(values, counted), quotient, "", "", "", is_share
    )


def own(count: int) -> list[str]:
    return [str(number) for number in range(count)]


def figure_of(values: Floats, groups: list[str] | None = None, *, is_share: bool = False) -> Figure:
    (figure,) = compute_figures([mean_of(values, is_share=is_share)], groups or own(len(values)))
    return figure


def width(figure: Figure) -> float:
    assert figure.low is not None and figure.high is not None
    return figure.high - figure.low


def test_the_width_is_that_of_the_normal_approximation() -> None:
    values = np.random.default_rng(1).normal(0.5, 0.1, 400)
    figure = figure_of(values)
    half = 1.96 * values.std() / 20
    assert figure.value == pytest.approx(values.mean())
    assert figure.low == pytest.approx(values.mean() - half, abs=0.002)
    assert figure.high == pytest.approx(values.mean() + half, abs=0.002)


def test_the_interval_holds_the_truth_about_19_times_in_20() -> None:
    random = np.random.default_rng(2)
    held = 0
    for _ in range(60):
        figure = figure_of((random.random(80) < 0.6).astype(float))
        assert figure.low is not None and figure.high is not None
        held += figure.low <= 0.6 <= figure.high
    assert held >= 50


def test_the_same_cases_give_the_same_interval() -> None:
    values = np.random.default_rng(3).random(30)
    assert figure_of(values) == figure_of(values)


def test_images_of_one_patient_are_drawn_together() -> None:
    values = np.repeat(np.random.default_rng(4).random(20), 10)
    alone = figure_of(values)
    grouped = figure_of(values, [str(number // 10) for number in range(200)])
    assert grouped.value == alone.value and grouped.n == alone.n == 200
    assert (grouped.groups, alone.groups) == (20, 200)
    # Ten copies of each value tell no more than one: √10 wider.
    assert width(grouped) / width(alone) == pytest.approx(np.sqrt(10), rel=0.15)


def test_what_is_unknown_does_not_count() -> None:
    figure = figure_of(np.array([*[0.2] * 12, np.nan]))
    assert figure.value == pytest.approx(0.2)
    assert (figure.n, figure.groups) == (12, 12)


def test_without_a_case_there_is_no_figure_and_it_says_why() -> None:
    figure = figure_of(np.full(3, np.nan))
    assert (figure.value, figure.low, figure.high, figure.n) == (None, None, None, 0)
    assert figure.reason == "no image with it"


def test_fewer_than_ten_patients_give_no_interval_and_it_says_why() -> None:
    figure = figure_of(np.arange(40.0), [str(number % 9) for number in range(40)])
    assert figure.value == pytest.approx(19.5)
    assert (figure.low, figure.high) == (None, None)
    assert figure.reason == "fewer than 10 patients with it (9): no interval"
    assert figure_of(np.arange(40.0), [str(number % 10) for number in range(40)]).low is not None


def test_a_share_that_is_whole_is_not_certain() -> None:
    figure = figure_of(np.ones(20), is_share=True)
    assert (figure.value, figure.high) == (1, 1)
    assert figure.low == pytest.approx(0.8389, abs=5e-5)


def test_a_figure_that_no_draw_changes_has_no_interval() -> None:
    figure = figure_of(np.full(20, 0.1))  # of which sums are rounded
    assert figure.value == pytest.approx(0.1)
    assert (figure.low, figure.high) == (None, None)
    assert figure.reason == "every draw of patients gives the same: no interval"


def test_a_difference_needs_enough_patients_of_both() -> None:
    one = np.random.default_rng(6).random(40)
    other = np.where(np.arange(40) < 9, one, np.nan)
    for pair in ((one, other), (other, one)):
        first, second = map(mean_of, pair)
        (figure,) = compute_differences([first], [second], own(40))
        assert figure.value is not None and (figure.low, figure.high) == (None, None)
        assert figure.reason == "fewer than 10 patients with it (9): no interval"


def test_a_difference_on_the_same_draws_is_narrow() -> None:
    random = np.random.default_rng(5)
    one = random.random(100)
    other = one - 0.05 + random.normal(0, 0.001, 100)
    (figure,) = compute_differences([mean_of(one)], [mean_of(other)], own(100))
    assert figure.value == pytest.approx(0.05, abs=0.001)
    assert width(figure) < width(figure_of(one)) / 20
    (same,) = compute_differences([mean_of(one)], [mean_of(one)], own(100))
    assert (same.value, same.low, same.high) == (0, None, None)
    assert same.reason == "every draw of patients gives the same: no interval"


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


def area_of(scores: Floats, groups: list[str]) -> Figure:
    positive = np.arange(len(scores)) % 2 == 0
    needed = (Needed(positive, "with it"), Needed(~positive, "without it"))
    formula = auroc(scores, positive, ~positive)
    measure = Measure("t", "s", "AUROC", needed, None, formula, is_area=True)
    return compute_figures([measure], groups)[0]


def test_classes_that_are_told_without_a_mistake_are_not_certain() -> None:
    perfect = np.array([1.0, 0.0] * 20)
    figure = area_of(perfect, own(40))
    assert (figure.value, figure.high, figure.reason) == (1, 1, "")
    assert figure.low == area_interval(1, 20, 20)[0]
    assert 0.85 < figure.low < 0.95
    reverse = area_of(1 - perfect, own(40))
    assert (reverse.value, reverse.low) == (0, 0)
    assert reverse.high == pytest.approx(1 - figure.low)
    # Of ten patients with two films of each kind it is less sure.
    assert area_of(perfect, [str(n // 4) for n in range(40)]).low < figure.low
    assert area_of(perfect, [str(n // 8) for n in range(40)]).low is None
    # Scores that are all the same tell nothing, which is not sure either.
    same = area_of(np.zeros(40), own(40))
    assert same.value == 0.5 and 0.3 < same.low < 0.4 < 0.6 < same.high < 0.7


def test_an_area_is_its_bounds_standard_error_away() -> None:
    for area, positives, negatives in ((0.8, 30, 20), (0.5, 100, 400), (1.0, 10, 10), (0.0, 25, 9)):
        # The variance as Hanley and McNeil 1982 give it, with the mean of both numbers.
        n = (positives + negatives) / 2 - 1
        for bound in area_interval(area, positives, negatives):
            if bound in (0, 1):
                continue
            q1, q2 = bound / (2 - bound), 2 * bound**2 / (1 + bound)
            variance = (bound * (1 - bound) + n * (q1 - bound**2) + n * (q2 - bound**2)) / (
                positives * negatives
            )
            assert abs(bound - area) == pytest.approx(1.96 * np.sqrt(variance), abs=3e-4)


def test_the_interval_of_an_area_that_is_nearly_whole_holds_it() -> None:
    """Where drawing again would say 1.00 to 1.00 of an area of 0.98, as in a third of samples."""
    random = np.random.default_rng(8)
    shift = 2.904  # of two normal distributions whose area is 0.98
    held = points = 0
    for _ in range(300):
        with_it, without = random.normal(shift, 1, 15), random.normal(0, 1, 15)
        area = float(np.mean(with_it[:, None] > without))
        low, high = area_interval(area, 15, 15)
        points += area == 1
        held += low <= 0.98 <= high
    assert points > 50 and held >= 280
