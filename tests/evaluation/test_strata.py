"""Figures by stratum, and two models on the same cases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hilum.errors import ModelError
from hilum.evaluation.cases import Case
from hilum.evaluation.compare import compare
from hilum.evaluation.evaluate import figures_of, measures_of
from hilum.evaluation.figures import EVERYTHING, Evaluation
from hilum.evaluation.strata import Stratum, strata
from hilum.inference.model import ModelDescription
from hilum.radiograph import Finding, Structure
from tests.evaluation.cases import case, random_cases
from tests.fakes.model import describe

CASES = random_cases(120)


def model() -> ModelDescription:
    return describe(findings=[Finding.NORMAL, Finding.COVID])


def evaluation(cases: list[Case]) -> Evaluation:
    figures = tuple(figures_of(cases, model(), [Stratum.SEX]))
    return Evaluation("m", "0" * 64, "d", "1" * 64, "test", tuple(cases), figures)


def test_ages_fall_into_bands_and_unknown_is_a_stratum() -> None:
    ages = [None, 3, 17.9, 18, 39, 40, 60, 80, 101]
    cases = [case(number, age=age) for number, age in enumerate(ages)]
    found = {name: len(part) for name, part in strata(cases, Stratum.AGE).items()}
    assert found == {
        "age=18–39": 2,
        "age=80+": 2,
        "age=<18": 2,
        "age=40–59": 1,
        "age=60–79": 1,
        "age=unknown": 1,
    }
    assert list(strata(cases, Stratum.ORIGIN)) == ["origin=unknown"]


def test_a_stratum_has_the_figures_of_its_cases() -> None:
    figures = evaluation(CASES).figures
    women = [one for one in CASES if one.sex == "F"]
    of_women = [figure for figure in figures if figure.stratum == "sex=F"]
    alone = [replace(figure, stratum="sex=F") for figure in figures_of(women, model(), [])]
    assert of_women == alone and len(of_women) > 50
    assert {f.stratum for f in figures} == {EVERYTHING, "sex=F", "sex=M", "sex=unknown"}


def test_a_stratum_of_all_has_the_figures_of_all() -> None:
    figures = list(figures_of(CASES, model(), [Stratum.PROJECTION]))
    half = len(figures) // 2
    assert figures[half:] == [replace(f, stratum="projection=unknown") for f in figures[:half]]


def test_a_model_does_not_differ_from_itself() -> None:
    one = evaluation(CASES)
    found = compare(one, one, model(), model())
    assert {(f.value, f.low, f.high) for f in found.differences if f.value is not None} == {
        (0, None, None)
    }
    assert len(found.differences) > 50
    assert found.against == "m 0000000000000000"


def test_a_case_without_a_percent_in_one_model_counts_for_neither() -> None:
    silent = [replace(CASES[0], infected_percent=None), *CASES[1:]]
    found = compare(evaluation(CASES), evaluation(silent), model(), model())
    wanted = {(f.subject, f.name): f for f in found.differences}
    assert wanted["infected_percent", "Pearson r"].n == len(CASES) - 1
    assert wanted["infected_percent", "Pearson r"].value == 0
    measured = wanted["infected_percent", "measured"]
    assert (measured.value, measured.n) == (pytest.approx(1 / len(CASES)), len(CASES))


def test_what_one_model_lacks_has_no_difference() -> None:
    without = [replace(one, masks={}, whole_lungs_as_infection=None) for one in CASES]
    only_findings = describe([], [Finding.NORMAL, Finding.COVID])
    other = evaluation(without)
    found = compare(evaluation(CASES), other, model(), only_findings)
    assert {f.task for f in found.differences} == {"coverage", "detection"}


def test_a_class_of_other_images_has_no_difference() -> None:
    """One model's pneumonia is all opacity, the other has a class of its own for that."""
    classes = (Finding.NORMAL, Finding.COVID, Finding.PNEUMONIA)
    truths = (*classes, Finding.LUNG_OPACITY)
    own = [replace(one, truth=truths[n % 4], predicted=None) for n, one in enumerate(CASES)]
    mapped = [
        replace(one, truth=Finding.PNEUMONIA) if one.truth is Finding.LUNG_OPACITY else one
        for one in own
    ]
    both = [describe([], findings) for findings in (classes, truths)]
    one, other = (
        replace(evaluation(cases), notes=(note,))
        for cases, note in ((mapped, "said of both"), (own, "said of one"))
    )
    found = compare(one, replace(other, notes=("said of both", *other.notes)), *both)
    assert {f.subject for f in found.differences if f.task == "detection"} == {*("normal", "covid")}
    assert found.notes == (
        "said of both",
        "Second model: said of one",
        "The two models have other classes, of which these are not the same images, so that they"
        " are not compared: pneumonia, the accuracy.",
    )


def test_models_are_compared_on_the_same_cases_only() -> None:
    with pytest.raises(ModelError, match="same images"):
        compare(evaluation(CASES), evaluation(CASES[1:]), model(), model())


def test_every_measure_has_a_name_of_its_own() -> None:
    measures = measures_of(CASES, model())
    assert len({(m.task, m.subject, m.name) for m in measures}) == len(measures)
    assert Structure.INFECTION in {m.subject for m in measures}
