"""Groups are atomic, official splits are kept or mended, draws are seeded and stratified."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

import pytest

from hilum.dataset.issues import Issue
from hilum.dataset.merge import MergedRow
from hilum.dataset.split import SplitOptions, assign_splits, group_ids
from hilum.errors import DatasetError
from hilum.radiograph import Finding, Split
from tests.dataset.records import make_prepared, make_row


def test_patients_are_united_directly_and_through_others() -> None:
    rows = [
        make_row("i1", patients=("p3",)),
        make_row("i2", patients=("p3", "p2")),
        make_row("i3", patients=("p1", "p2")),
        make_row("i4", patients=("p4",)),
        make_row("i5"),
    ]
    assert group_ids(rows) == ["p1", "p1", "p1", "p4", "i5"]


@pytest.mark.parametrize("seed", range(30))
def test_no_patient_ever_straddles_a_split(seed: int) -> None:
    rng = random.Random(seed)
    rows = [_random_row(rng, number) for number in range(120)]
    groups = group_ids(rows)
    options = SplitOptions(keep_official=seed % 3 > 0, seed=seed)
    splits = assign_splits(rows, groups, options, [])

    split_of: dict[str, set[Split]] = defaultdict(set)
    for row, split in zip(rows, splits, strict=True):
        for patient in row.patients:
            split_of[patient].add(split)
    assert all(len(found) == 1 for found in split_of.values())
    assert all(
        len({s for g, s in zip(groups, splits, strict=True) if g == name}) == 1 for name in groups
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_rows_changes_nothing(seed: int) -> None:
    rng = random.Random(seed)
    rows = [_random_row(rng, number) for number in range(60)]
    before = _split_by_image(rows)
    rng.shuffle(rows)
    assert _split_by_image(rows) == before


def test_official_splits_are_kept() -> None:
    officials = [Split.TRAIN, Split.TEST, Split.VALIDATION, Split.TRAIN]
    rows = [make_row(f"i{n}", official=split) for n, split in enumerate(officials)]
    issues: list[Issue] = []
    assert assign_splits(rows, group_ids(rows), SplitOptions(), issues) == officials
    assert issues == []


def test_a_torn_patient_goes_to_the_test_side_and_each_moved_row_is_told() -> None:
    rows = [
        make_row("i1", patients=("p",), official=Split.TRAIN),
        make_row("i2", patients=("p",), official=Split.VALIDATION),
        make_row("i3", patients=("q",), official=Split.TRAIN),
        make_row("i4", patients=("q",), official=Split.TEST),
        make_row("i5", patients=("q",)),
    ]
    issues: list[Issue] = []
    splits = assign_splits(rows, group_ids(rows), SplitOptions(), issues)
    assert splits == [Split.VALIDATION] * 2 + [Split.TEST] * 3
    assert [(issue.source_path, issue.kind) for issue in issues] == [
        ("i1.png", "moved to keep a group together"),
        ("i3.png", "moved to keep a group together"),
    ]
    assert "official split train, now test" in issues[1].detail


def test_a_file_that_is_officially_in_train_and_test_is_tested_on() -> None:
    prepared = make_row("i", official=Split.TRAIN).prepared
    copy = make_prepared("x", "b.png", official_split=Split.TEST)
    row = MergedRow(prepared, (prepared, copy))
    issues: list[Issue] = []
    assert assign_splits([row], ["i"], SplitOptions(), issues) == [Split.TEST]
    assert len(issues) == 1


def test_a_draw_is_stratified_and_follows_the_fractions() -> None:
    findings = [Finding.COVID, Finding.NORMAL, Finding.NORMAL, None]
    rows = [make_row(f"i{n:03}", finding=findings[n % 4]) for n in range(400)]
    splits = assign_splits(rows, group_ids(rows), SplitOptions(fractions=(0.7, 0.2, 0.1)), [])
    counts = Counter(
        (row.prepared.radiograph.finding, split) for row, split in zip(rows, splits, strict=True)
    )
    for finding, total in ((Finding.COVID, 100), (Finding.NORMAL, 200), (None, 100)):
        got = [counts[finding, split] for split in Split]
        assert got == [round(total * share) for share in (0.7, 0.2, 0.1)]


def test_the_seed_decides_the_draw() -> None:
    rows = [make_row(f"i{n:03}") for n in range(60)]

    def draw(seed: int) -> list[Split]:
        return assign_splits(rows, group_ids(rows), SplitOptions(seed=seed), [])

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)


def test_official_splits_can_be_drawn_anew() -> None:
    rows = [make_row(f"i{n:03}", official=Split.TRAIN) for n in range(100)]
    splits = assign_splits(rows, group_ids(rows), SplitOptions(keep_official=False), [])
    assert Counter(splits) == {Split.TRAIN: 80, Split.VALIDATION: 10, Split.TEST: 10}


@pytest.mark.parametrize("fractions", [(0.8, 0.1, 0.2), (1.2, -0.1, -0.1), (0.5, 0.2, 0.2)])
def test_shares_that_do_not_add_up_are_refused(fractions: tuple[float, float, float]) -> None:
    with pytest.raises(DatasetError, match="add up to 1"):
        SplitOptions(fractions=fractions)


def _random_row(rng: random.Random, number: int) -> MergedRow:
    patients = tuple(f"p{rng.randrange(70)}" for _ in range(rng.choice([0, 1, 1, 1, 2])))
    return make_row(
        f"i{number:03}",
        patients=patients,
        official=rng.choice([None, None, *Split]),
        finding=rng.choice([None, *Finding]),
    )


def _split_by_image(rows: list[MergedRow]) -> dict[str, Split]:
    splits = assign_splits(rows, group_ids(rows), SplitOptions(), [])
    return {row.prepared.image_id: split for row, split in zip(rows, splits, strict=True)}
