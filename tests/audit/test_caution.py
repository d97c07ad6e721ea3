"""The sentence that an audit leaves in a model file: about its own findings, on how many films."""

from __future__ import annotations

import pytest

from hilum.audit.audit import Audit
from hilum.audit.caution import word_caution
from hilum.audit.check import Outcome
from hilum.audit.verdict import Verdict
from hilum.radiograph import Finding

FINDINGS = (Finding.NORMAL, Finding.COVID, Finding.PNEUMONIA)
CONDEMNED, DOUBTFUL = Outcome.CONDEMNED, Outcome.DOUBTFUL
FINE, NOT_ESTIMABLE = Outcome.FINE, Outcome.NOT_ESTIMABLE


def caution(**outcomes: Outcome) -> str | None:
    """Of verdicts on contrasts, written ``covid__normal``."""
    subjects = {name.replace("__", " against "): outcome for name, outcome in outcomes.items()}
    verdicts = tuple(Verdict(name, outcome, "") for name, outcome in subjects.items())
    audit = Audit("d", "0" * 64, "m", "1" * 64, "m", 1200, {}, verdicts, (), {})
    return word_caution(audit, FINDINGS, ["shenzhen", "covid-qu-ex"])


def test_all_condemned() -> None:
    assert caution(covid__normal=CONDEMNED, covid__pneumonia=CONDEMNED) == (
        "An audit condemned this model's finding on 1,200 films of covid-qu-ex, shenzhen: in all 2"
        " pairs of findings it cannot be told apart from recognising something other than disease."
    )


def test_the_worst_is_told_with_its_contrasts_only() -> None:
    told = caution(covid__normal=CONDEMNED, covid__pneumonia=DOUBTFUL, pneumonia__normal=FINE)
    assert told is not None and "condemned" in told
    assert "in COVID-19 against normal it" in told
    told = caution(covid__normal=DOUBTFUL, covid__pneumonia=FINE)
    assert told is not None and "doubtful" in told and "COVID-19 against normal" in told


def test_what_could_not_be_estimated_is_not_fine() -> None:
    told = caution(covid__normal=FINE, covid__pneumonia=NOT_ESTIMABLE)
    assert told is not None and "could not estimate" in told


def test_nothing_found_is_no_caution() -> None:
    assert caution(covid__normal=FINE, covid__pneumonia=FINE) == ""


@pytest.mark.parametrize(
    "subject",
    ["covid__tuberculosis", "pneumonia/viral__pneumonia/bacterial", "the splits", "the dataset"],
)
def test_verdicts_on_what_the_model_does_not_tell_apart_do_not_count(subject: str) -> None:
    assert caution(**{subject: CONDEMNED}) is None
    assert caution(**{subject: CONDEMNED, "covid__normal": FINE}) == ""


def test_a_kind_of_a_finding_is_the_class_it_belongs_to() -> None:
    told = caution(**{"covid__pneumonia/viral": CONDEMNED})
    assert told is not None and "COVID-19 against viral pneumonia" in told


def test_a_model_whose_finding_comes_from_elsewhere_is_cautioned_whatever_the_films() -> None:
    told = caution(**{"the model": CONDEMNED, "covid__normal": FINE})
    assert told is not None and "condemned" in told and "in every pair of findings it" in told
    assert caution(**{"the model": DOUBTFUL}) is not None
