"""The sentence that an audit leaves in a model file: about its own findings, on how many films."""

from __future__ import annotations

import pytest

from hilum.audit.audit import Audit
from hilum.audit.caution import why_kept, word_caution
from hilum.audit.check import Outcome
from hilum.audit.verdict import Verdict
from hilum.inference.model import read_model
from hilum.radiograph import Finding

FINDINGS = (Finding.NORMAL, Finding.COVID, Finding.PNEUMONIA)
CONDEMNED, DOUBTFUL = Outcome.CONDEMNED, Outcome.DOUBTFUL
FINE, NOT_ESTIMABLE = Outcome.FINE, Outcome.NOT_ESTIMABLE


def caution(*, films: int = 1200, **outcomes: Outcome) -> str | None:
    """Of verdicts on contrasts, written ``covid__normal``, of so many films."""
    subjects = {name.replace("__", " against "): outcome for name, outcome in outcomes.items()}
    verdicts = tuple(Verdict(name, outcome, "") for name, outcome in subjects.items())
    audit = Audit("d", "0" * 64, "m", "1" * 64, "m", films, {}, verdicts, (), {})
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


def stays(standing: str | None, films: int, outcome: Outcome) -> bool:
    """Whether it does before an audit of so many films with this outcome."""
    new = caution(films=films, covid__normal=outcome)
    assert standing is not None and new is not None
    return bool(why_kept(standing, new, films))


def test_a_weaker_audit_of_fewer_films_does_not_replace_a_caution() -> None:
    doubtful = caution(covid__normal=DOUBTFUL)
    for outcome in (FINE, NOT_ESTIMABLE, DOUBTFUL, CONDEMNED):
        assert stays(caution(covid__normal=CONDEMNED), 1199, outcome)
        assert not stays(caution(covid__normal=CONDEMNED), 1200, outcome)
        assert stays(doubtful, 30, outcome) == (outcome is not CONDEMNED)
        assert not stays("", 30, outcome)
    assert not stays(caution(covid__normal=NOT_ESTIMABLE), 30, DOUBTFUL)
    assert stays(caution(covid__normal=NOT_ESTIMABLE), 30, FINE)


def test_it_says_what_stays_and_what_would_replace_it() -> None:
    standing = caution(covid__normal=CONDEMNED)
    assert standing is not None
    assert why_kept(standing, "", 30) == (
        "It is of 1,200 films; this audit, of 30, found nothing worse. An audit of at least 1,200,"
        " or one that finds worse, replaces it."
    )


def test_words_of_unknown_films_give_way_to_a_condemnation_only() -> None:
    assert stays("Do not trust it.", 100_000, DOUBTFUL)
    assert not stays("Do not trust it.", 30, CONDEMNED)


def test_the_caution_of_the_bundled_model_is_understood() -> None:
    standing = read_model().description.finding_caution
    assert stays(standing, 3947, CONDEMNED) and not stays(standing, 3948, FINE)
