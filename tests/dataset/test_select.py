"""Each radiograph left out is one issue with its reason; wishes nothing can meet are refused."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from hilum.collections.origins import GUANGZHOU
from hilum.dataset.classes import parse_classes
from hilum.dataset.issues import Issue
from hilum.dataset.licences import is_permitted
from hilum.dataset.merge import MergedRow
from hilum.dataset.select import LEFT_OUT, SelectionOptions, select_rows
from hilum.errors import DatasetError
from hilum.radiograph import Finding, Licence, View
from tests.dataset.records import make_prepared, make_row


def row_with(image_id: str, **known: Any) -> MergedRow:
    given = {"finding": Finding.COVID, **known}
    prepared = make_prepared(image_id, f"{image_id}.png", **given)
    return MergedRow(prepared, (prepared,))


GOOD = row_with("good", age=40.0, licence=Licence("CC-BY-4.0"))


@pytest.mark.parametrize(
    ("known", "options", "kind"),
    [
        ({"view": View.LATERAL}, {}, "lateral view"),
        ({"view": View.LATERAL}, {"views": "all"}, None),
        ({"view": None}, {}, None),
        ({"finding": None}, {}, "nothing labelled"),
        ({"finding": None}, {"unlabelled": True}, None),
        ({"age": 17.9}, {"adults_only": True}, "child"),
        ({"age": 18.0}, {"adults_only": True}, None),
        ({}, {"adults_only": True}, "age unknown"),
        ({"origin": GUANGZHOU}, {"adults_only": True}, "child"),
        ({"origin": GUANGZHOU}, {}, None),
        ({}, {"licences": ("open",)}, "licence not stated"),
        ({"licence": Licence("CC-BY-NC-4.0")}, {"licences": ("open", "CC-BY")}, "licence"),
        ({"licence": Licence("CC-BY-NC-4.0")}, {"licences": ("cc by-nc", "open")}, None),
    ],
)
def test_what_is_taken(known: dict[str, Any], options: dict[str, Any], kind: str | None) -> None:
    issues: list[Issue] = []
    row = row_with("i", **known)
    taken = select_rows([GOOD, row], SelectionOptions(**options), issues)
    assert taken == ([GOOD, row] if kind is None else [GOOD])
    assert [issue.kind for issue in issues] == ([] if kind is None else [LEFT_OUT + kind])


def test_classes_take_in_narrower_findings_and_leave_out_the_rest() -> None:
    findings = [*Finding, None]
    rows = [make_row(f"i{n}", finding=finding) for n, finding in enumerate(findings)]
    issues: list[Issue] = []
    classes = parse_classes("covid,pneumonia,normal")
    taken = select_rows(rows, SelectionOptions(classes=classes), issues)
    assert {row.prepared.radiograph.finding for row in taken} == {
        *(finding for finding in Finding if finding.is_a(Finding.PNEUMONIA)),
        *(Finding.COVID, Finding.NORMAL),
    }
    assert len(taken) + len(issues) == len(rows)
    kinds = [issue.kind for issue in issues if issue.source_path == f"i{len(Finding)}.png"]
    assert kinds == [LEFT_OUT + "finding unknown"]


def test_a_wider_finding_is_not_guessed_to_be_a_narrower_class() -> None:
    rows = [make_row(name, finding=Finding(name)) for name in ("covid", "pneumonia")]
    rows.append(make_row("viral", finding=Finding.VIRAL_PNEUMONIA))
    classes = parse_classes("covid,viral pneumonia")
    taken = select_rows(rows, SelectionOptions(classes=classes), [])
    assert [row.prepared.image_id for row in taken] == ["covid", "viral"]


def test_a_class_without_a_radiograph_is_refused_with_the_counts() -> None:
    with pytest.raises(DatasetError, match=r"got 1 × covid, 0 × normal"):
        select_rows([GOOD], SelectionOptions(classes=parse_classes("covid,normal")), [])
    with pytest.raises(DatasetError, match="no radiograph is left; got 1 left out for: licence"):
        select_rows([GOOD], SelectionOptions(licences=("MIT",)), [])


@pytest.mark.parametrize("text", ["covid", "covid,covid", "pneumonia,viral pneumonia", "a,covid"])
def test_classes_that_are_no_task_are_refused(text: str) -> None:
    with pytest.raises(DatasetError):
        SelectionOptions(classes=parse_classes(text))


def test_every_published_name_is_understood() -> None:
    for finding in Finding:
        assert parse_classes(finding) == (finding,)


def test_all_parts_of_a_united_licence_must_be_permitted() -> None:
    assert is_permitted("CC-BY-4.0 AND CC0-1.0", ["open"])
    assert not is_permitted("CC-BY-4.0 AND not stated; research use", ["open"])
    assert is_permitted("CC-BY-ND-4.0", ["commercial"])
    assert not is_permitted("CC-BY-ND-4.0", ["open"])
    assert not is_permitted("CC-BY-SA-4.0", ["CC-BY"])


def test_options_are_frozen_and_hold_plain_values() -> None:
    values = dataclasses.asdict(SelectionOptions(classes=parse_classes("covid,normal")))
    assert values["classes"] == ("covid", "normal")
