"""The page on an evaluation: whole, offline, accessible, whatever the evaluation has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hilum.errors import OutputError
from hilum.evaluation.cases import Case, MaskCase
from hilum.evaluation.compare import compare
from hilum.evaluation.figures import Evaluation
from hilum.radiograph import Finding, Structure
from hilum.report.evaluation.choose import everything_shown
from hilum.report.evaluation.page import evaluation_page, write_evaluation_page
from tests.evaluation.cases import case, random_cases
from tests.fakes.model import describe
from tests.report.evaluation.pages import Checked, evaluation

TWO = (Finding.NORMAL, Finding.COVID)
REASON = "the image is blank"


def refused(one: Case) -> Case:
    return replace(one, refused=True, reason=REASON, predicted=None, probabilities={})


def three_classes(count: int) -> list[Case]:
    truths = (Finding.COVID, Finding.NORMAL, Finding.VIRAL_PNEUMONIA)
    names = (Finding.COVID, Finding.NORMAL, Finding.PNEUMONIA)
    return [
        case(
            n,
            truth=truths[n % 3],
            predicted=names[n // 5 % 3],
            probabilities=dict(zip(names, ((0.2, 0.3, 0.5), (0.6, 0.3, 0.1))[n % 2], strict=True)),
            projection=("PA", "AP")[n % 2],
        )
        for n in range(count)
    ]


def masks_only(count: int) -> list[Case]:
    return [
        case(
            n,
            truth=None,
            predicted=None,
            masks={Structure.LUNGS: MaskCase(both=n, found=count, true=count)},
        )
        for n in range(count)
    ]


HOSTILE = "<script>alert('x')</script>&\"'\x07é"

EVALUATIONS = {
    "binary": evaluation(random_cases(60), findings=TWO),
    "three classes": evaluation(three_classes(45)),
    "no masks": evaluation([replace(c, masks={}) for c in random_cases(30)], findings=TWO),
    "masks only": evaluation(masks_only(24), findings=()),
    "all refused": evaluation([refused(c) for c in random_cases(20)], findings=TWO),
    "one case": evaluation(random_cases(1), findings=TWO),
    "two cases": evaluation(random_cases(2), findings=TWO),
    "all unknown": evaluation([case(n, truth=None, predicted=None) for n in range(12)]),
    "one class": evaluation([c for c in random_cases(30) if c.truth == Finding.NORMAL]),
    "hostile": evaluation(
        [
            replace(
                c if n % 2 else refused(c),
                collection=HOSTILE,
                origin=f"{HOSTILE}{n % 3}",
                source_path=HOSTILE,
                reason=HOSTILE,
            )
            for n, c in enumerate(random_cases(40))
        ],
        findings=TWO,
        name=HOSTILE,
    ),
    "readers' scores": evaluation(
        [replace(c, severity={"geographic_extent_0_to_8": 4.0}) for c in random_cases(20)],
        findings=TWO,
    ),
}


def page_of(one: Evaluation) -> Checked:
    pictures = {
        (shown.case.image_id, shown.subject): "data:image/webp;base64,"
        for shown in everything_shown(one.cases)
    }
    return Checked(evaluation_page(one, pictures))


@pytest.mark.parametrize("name", EVALUATIONS)
def test_a_validator_finds_nothing(name: str) -> None:
    page = page_of(EVALUATIONS[name])
    assert page.faults == []
    assert "Research use only; never a diagnosis." in page.text
    assert "script" not in page.tags


@pytest.mark.parametrize("name", EVALUATIONS)
def test_the_same_evaluation_gives_the_same_page(name: str) -> None:
    assert evaluation_page(EVALUATIONS[name], {}) == evaluation_page(EVALUATIONS[name], {})


def test_what_was_measured_on_what() -> None:
    page = page_of(EVALUATIONS["binary"])
    for words in ("a" * 64, "b" * 64, "films, test split", "60 images of 60 patients", "two 20"):
        assert words in page.text or words.replace(" ", "") in page.text.replace(" ", "")
    assert "Of the images with COVID-19" in page.text
    assert "Baseline: whole lungs" in page.text
    assert "95 % interval" in page.text.replace("\xa0", " ")


def test_every_figure_of_all_images_is_on_the_page() -> None:
    one = EVALUATIONS["binary"]
    text = page_of(one).text
    for figure in one.figures:
        if figure.stratum == "all" and not figure.name.startswith("called"):
            assert figure.name in text


def test_pictures_are_told_in_words() -> None:
    page = page_of(EVALUATIONS["binary"])
    assert len(page.images) >= 9
    assert all("solid orange" in image["alt"] for image in page.images)
    without = Checked(evaluation_page(EVALUATIONS["binary"], {}))
    assert without.faults == [] and "No picture was drawn" in without.text


def test_a_refused_interval_says_why() -> None:
    text = page_of(EVALUATIONS["two cases"]).text
    assert "no interval, because: fewer than 10 patients" in text
    assert "no figure, because: no image" in page_of(EVALUATIONS["one class"]).text


def test_every_refusal_is_listed_with_its_reason() -> None:
    page = page_of(EVALUATIONS["all refused"])
    assert "Images that were not judged: 20" in page.text
    assert page.text.count(REASON) == 21, "each, and once with their count"
    assert "No curves" in page.text


def test_every_wrong_finding_is_listed() -> None:
    one = EVALUATIONS["three classes"]
    wrong = sum(not c.truth.is_a(c.predicted) for c in one.cases if c.truth and c.predicted)
    page = page_of(one)
    assert f"Images that were called something else than they are: {wrong}" in page.text
    assert "COVID-19 that was missed (false negatives)" in page.text
    assert "Called COVID-19 without it (false positives)" in page.text


def test_a_second_model() -> None:
    cases = random_cases(40)
    one = evaluation(cases, findings=TWO)
    other = replace(evaluation(cases, findings=TWO, name="second"), model_sha256="c" * 64)
    compared = compare(one, other, describe(findings=TWO), describe(findings=TWO))
    page = page_of(compared)
    assert page.faults == []
    assert "Against a second model" in page.text and "second" in page.text


def test_notes_and_what_was_left_out_are_told() -> None:
    one = replace(EVALUATIONS["binary"], notes=("Mind <this>.",), left_out={"lateral view": 7})
    text = page_of(one).text
    assert "Mind <this>." in text and "7 of the split left out: lateral view" in text


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_evaluation_page(EVALUATIONS["one case"], tmp_path / "file", {})
