"""Which radiographs are shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hilum.evaluation.cases import Case, MaskCase
from hilum.radiograph import Finding, Structure
from hilum.report.evaluation.choose import example_galleries, miss_galleries
from tests.evaluation.cases import case


def overlapping(number: int, both: int) -> Case:
    return case(number, masks={Structure.LUNGS: MaskCase(both=both, found=100, true=100)})


def shown(cases: list[Case]) -> dict[str, list[str]]:
    galleries = example_galleries(cases, Structure.LUNGS)
    return {g.title.split()[0]: [s.case.image_id for s in g.shown] for g in galleries}


def test_best_median_and_worst() -> None:
    cases = [overlapping(n, n) for n in range(100)]
    assert shown(cases) == {
        "Best": ["99", "98", "97"],
        "Median": ["50", "49", "48"],
        "Worst": ["2", "1", "0"],
    }


@pytest.mark.parametrize("count", range(8))
def test_few_images_are_shown_once_each(count: int) -> None:
    every = [
        name
        for names in shown([overlapping(n, n) for n in range(count)]).values()
        for name in names
    ]
    assert len(every) == len(set(every)) == min(count, 3 if count < 6 else 6)


def test_what_was_refused_or_is_empty_is_no_example() -> None:
    empty = case(1, masks={Structure.LUNGS: MaskCase(both=0, found=10, true=0)})
    assert shown([replace(overlapping(0, 50), refused=True), empty]) == {}


def test_the_surest_misses_come_first() -> None:
    def called(number: int, truth: Finding, predicted: Finding, p: float) -> Case:
        given = {Finding.COVID: p, Finding.NORMAL: 1 - p}
        return case(number, truth=truth, predicted=predicted, probabilities=given)

    cases = [
        called(0, Finding.COVID, Finding.NORMAL, 0.4),
        called(1, Finding.COVID, Finding.NORMAL, 0.1),
        called(2, Finding.NORMAL, Finding.COVID, 0.6),
        called(3, Finding.OTHER, Finding.COVID, 0.9),
        called(4, Finding.COVID, Finding.COVID, 0.9),
    ]
    missed, wrong = miss_galleries(cases)
    assert [s.case.image_id for s in missed.shown] == ["1", "0"]
    assert [s.case.image_id for s in wrong.shown] == ["3", "2"]
