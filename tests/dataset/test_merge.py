"""Identical files: one row with the labels of all, and no disagreement hidden."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hilum.dataset.issues import Issue
from hilum.dataset.merge import MergedRow, merge_copies
from hilum.dataset.prepare import Prepared
from hilum.radiograph import (
    Finding,
    Licence,
    LungConvention,
    SeverityScore,
    Split,
    Structure,
    View,
)
from hilum.twins.fingerprint import fingerprint
from tests.dataset.records import make_prepared

LEFT, RIGHT, INFECTION = Structure.LEFT_LUNG, Structure.RIGHT_LUNG, Structure.INFECTION


def merge(rows: Sequence[Prepared], issues: list[Issue], **wishes: Any) -> list[MergedRow]:
    """All of them blank, so that only equal files are copies."""
    blank = fingerprint(np.zeros((4, 4), np.uint8))
    return merge_copies(rows, {row.image_id: blank for row in rows}, issues, **wishes).rows


def test_different_files_stay_apart_and_in_order() -> None:
    issues: list[Issue] = []
    rows = merge([make_prepared("b"), make_prepared("a")], issues)
    assert [row.prepared.image_id for row in rows] == ["b", "a"]
    assert issues == []


def test_a_copy_fills_in_what_the_first_does_not_know() -> None:
    first = make_prepared("x", masks={INFECTION: 3}, citation="First 2020", label_source="folder")
    second = make_prepared(
        "x",
        "b.png",
        collection="two",
        masks={LEFT: 1, RIGHT: 2},
        lung_convention=LungConvention.BEHIND_HEART,
        finding=Finding.COVID,
        patient_id="two:7",
        sex="F",
        age=61.0,
        citation="Second 2021",
        label_source="radiologists",
        severity=(SeverityScore("opacity", 3.0, 6.0),),
    )
    issues: list[Issue] = []
    (row,) = merge([first, second], issues)

    radiograph = row.prepared.radiograph
    assert radiograph.collection == "one"
    assert (radiograph.finding, radiograph.sex, radiograph.age) == (Finding.COVID, "F", 61.0)
    assert radiograph.lung_convention is LungConvention.BEHIND_HEART
    assert radiograph.citation == "First 2020; Second 2021"
    assert radiograph.label_source == "folder; radiologists"
    assert [score.value for score in radiograph.severity] == [3.0]
    assert set(row.prepared.masks) == {LEFT, RIGHT, INFECTION}
    assert row.patients == {"two:7"}
    assert row.sources == ("one:a.png", "two:b.png")
    assert issues == [Issue("two", "b.png", "identical file", "merged into one:a.png")]


def test_every_disagreement_is_an_issue_with_both_values() -> None:
    first = make_prepared(
        "x", finding=Finding.COVID, sex="F", severity=(SeverityScore("opacity", 3.0, 6.0),)
    )
    second = make_prepared(
        "x",
        "b.png",
        finding=Finding.NORMAL,
        sex="M",
        severity=(SeverityScore("opacity", 5.0, 6.0),),
    )
    issues: list[Issue] = []
    (row,) = merge([first, second], issues)

    assert row.prepared.radiograph.finding is Finding.COVID
    told = {issue.kind: issue.detail for issue in issues}
    assert told["conflicting finding"] == "normal, elsewhere covid; kept covid by the rule leader"
    assert told["conflicting sex"] == "M; kept F of one"
    assert told["conflicting opacity"] == "5.0; kept 3.0 of one"


def test_a_narrower_label_is_no_conflict_and_wins_from_either_side() -> None:
    wide = {"finding": Finding.PNEUMONIA, "view": View.FRONTAL}
    narrow = {"finding": Finding.VIRAL_PNEUMONIA, "view": View.AP_SUPINE}
    for first, second in ((wide, narrow), (narrow, wide)):
        issues: list[Issue] = []
        rows = [make_prepared("x", **first), make_prepared("x", "b.png", **second)]
        (row,) = merge(rows, issues)
        assert row.prepared.radiograph.finding is Finding.VIRAL_PNEUMONIA
        assert row.prepared.radiograph.view is View.AP_SUPINE
        assert {issue.kind for issue in issues} == {"identical file"}


def test_lungs_of_two_collections_are_never_mixed_on_one_image() -> None:
    first = make_prepared("x", masks={RIGHT: 2}, lung_convention=LungConvention.AERATED)
    second = make_prepared(
        "x",
        "b.png",
        masks={RIGHT: 5, LEFT: 5},
        lung_convention=LungConvention.BEHIND_HEART,
    )
    issues: list[Issue] = []
    (row,) = merge([first, second], issues)

    assert row.prepared.masks == first.masks
    assert row.prepared.radiograph.lung_convention is LungConvention.AERATED
    assert sum(issue.kind == "second mask" for issue in issues) == 2


def test_equal_masks_are_no_issue() -> None:
    issues: list[Issue] = []
    merge([make_prepared("x", masks={INFECTION: 4}) for _ in range(2)], issues)
    assert [issue.kind for issue in issues] == ["identical file"]


def test_the_terms_of_both_collections_bind_the_row() -> None:
    names = ("CC-BY-4.0", "not stated", "not stated AND CC-BY-4.0")
    rows = [make_prepared("x", licence=Licence(name)) for name in names]
    (row,) = merge(rows, [])
    assert row.prepared.radiograph.licence.name == "CC-BY-4.0 AND not stated"


def test_all_patients_and_official_splits_of_the_copies_are_kept_for_the_grouping() -> None:
    rows = [
        make_prepared("x", patient_id="one:1", official_split=Split.TRAIN),
        make_prepared("x", "b.png", patient_id="two:9", official_split=Split.TEST),
        make_prepared("x", "c.png"),
    ]
    (row,) = merge(rows, [])
    assert row.patients == {"one:1", "two:9"}
    assert row.official_splits == {Split.TRAIN, Split.TEST}
