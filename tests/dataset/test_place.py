"""Splits, folds, holdout and balance together: groups whole, shares close, counts that add up."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence

import pytest

from hilum.dataset.balance import BalanceOptions
from hilum.dataset.issues import Issue
from hilum.dataset.merge import MergedRow
from hilum.dataset.place import place_rows
from hilum.dataset.select import LEFT_OUT, SelectionOptions
from hilum.dataset.split import SplitOptions, group_ids
from hilum.dataset.write import PlacedRow
from hilum.errors import DatasetError
from hilum.radiograph import Finding, Split
from tests.dataset.records import make_prepared, make_row

CLASSES = (Finding.COVID, Finding.PNEUMONIA, Finding.NORMAL)
SELECTION = SelectionOptions(classes=CLASSES)
ANEW = SplitOptions(keep_official=False)


def make_rows(seed: int, count: int = 300) -> list[MergedRow]:
    rng = random.Random(seed)
    rows = []
    for number in range(count):
        collection = rng.choice("abc")
        patients = (f"p{rng.randrange(count)}",) if rng.random() < 0.7 else ()
        prepared = make_prepared(
            f"i{number:04}",
            f"i{number:04}.png",
            collection=collection,
            finding=rng.choice([*CLASSES, *CLASSES, Finding.VIRAL_PNEUMONIA, Finding.OTHER]),
            origin=rng.choice([None, "X", "Y", f"small {rng.randrange(20)}"]),
        )
        copies = [make_prepared(f"i{number:04}", "copy.png", patient_id=one) for one in patients]
        rows.append(MergedRow(prepared, (prepared, *copies)))
    return rows


def place(
    rows: Sequence[MergedRow],
    split: SplitOptions = ANEW,
    balance: BalanceOptions | None = None,
    selection: SelectionOptions = SELECTION,
) -> tuple[list[PlacedRow], list[Issue]]:
    issues: list[Issue] = []
    placed = place_rows(rows, selection, split, balance or BalanceOptions(), issues)
    return placed, issues


def class_counts(placed: Sequence[PlacedRow], split: Split) -> Counter[str]:
    return Counter(
        str(row.row.prepared.radiograph.finding).split("/")[0]
        for row in placed
        if row.split is split
    )


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("on", ["none", "train", "all"])
def test_groups_stay_whole_and_counts_add_up(seed: int, on: str) -> None:
    rows = make_rows(seed)
    balance = BalanceOptions() if on == "none" else BalanceOptions("equal", on)  # type: ignore[arg-type]
    split = SplitOptions(keep_official=False, seed=seed, folds=5 if seed % 2 else None)
    placed, issues = place(rows, split, balance)
    assert len(placed) + sum(issue.kind.startswith(LEFT_OUT) for issue in issues) == len(rows)
    assert len({(issue.collection, issue.source_path) for issue in issues}) == len(issues)
    homes: dict[str, set[tuple[Split, int | None]]] = defaultdict(set)
    for row in placed:
        homes[row.group_id].add((row.split, row.fold))
    assert all(len(found) == 1 for found in homes.values())
    again, _ = place(list(reversed(rows)), split, balance)
    key = {row.row.prepared.image_id: (row.split, row.fold, row.group_id) for row in placed}
    assert key == {row.row.prepared.image_id: (row.split, row.fold, row.group_id) for row in again}


@pytest.mark.parametrize("seed", range(8))
def test_shares_are_close_in_total_and_in_each_class(seed: int) -> None:
    placed, _ = place(make_rows(seed, 600), SplitOptions(keep_official=False, seed=seed))
    for name in CLASSES:
        counts = [class_counts(placed, split)[name] for split in Split]
        for got, share in zip(counts, (0.8, 0.1, 0.1), strict=True):
            assert abs(got - share * sum(counts)) <= 8
    total = Counter(row.split for row in placed)
    assert abs(total[Split.TRAIN] - 0.8 * len(placed)) <= 10


def test_many_tiny_strata_still_give_the_shares() -> None:
    rows = []
    for number in range(100):
        prepared = make_prepared(
            f"i{number}", f"{number}.png", finding=Finding.COVID, origin=f"hospital {number}"
        )
        rows.append(MergedRow(prepared, (prepared,)))
    placed, _ = place(rows, ANEW, selection=SelectionOptions())
    assert Counter(row.split for row in placed) == {
        Split.TRAIN: 80,
        Split.VALIDATION: 10,
        Split.TEST: 10,
    }


def test_origins_are_shared_out_too() -> None:
    placed, _ = place(make_rows(1, 900))
    by_origin: dict[str | None, Counter[Split]] = defaultdict(Counter)
    for row in placed:
        by_origin[row.row.prepared.radiograph.origin][row.split] += 1
    for origin in (None, "X", "Y"):
        counts = by_origin[origin]
        assert abs(counts[Split.TEST] / sum(counts.values()) - 0.1) < 0.05


@pytest.mark.parametrize("seed", range(5))
def test_five_folds_are_alike_and_leave_test_out(seed: int) -> None:
    split = SplitOptions(keep_official=False, seed=seed, folds=5)
    placed, _ = place(make_rows(seed, 600), split)
    assert {row.fold for row in placed if row.split is Split.TEST} == {None}
    folds = Counter(row.fold for row in placed if row.split is not Split.TEST)
    assert set(folds) == set(range(5))
    assert max(folds.values()) - min(folds.values()) <= 8
    per_class = Counter((row.fold, row.row.prepared.radiograph.finding) for row in placed)
    assert all(per_class[fold, name] for fold in range(5) for name in CLASSES)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_held_out_is_the_whole_test(seed: int) -> None:
    rows = make_rows(seed)
    split = SplitOptions(keep_official=False, seed=seed, holdout=("B", "x"))
    placed, issues = place(rows, split)
    moved = {issue.source_path for issue in issues if issue.kind == "held out with its group"}
    for row in placed:
        radiograph = row.row.prepared.radiograph
        is_held = radiograph.collection == "b" or radiograph.origin == "X"
        is_moved = radiograph.source_path in moved
        assert (row.split is Split.TEST) == (is_held or is_moved)
        assert not (is_held and is_moved)
    assert moved


def test_balance_makes_classes_equal_and_keeps_many_patients() -> None:
    rows = [make_row(f"c{n}", finding=Finding.COVID) for n in range(4)]
    rows += [make_row(f"n{n}", finding=Finding.NORMAL, patients=("many",)) for n in range(9)]
    rows += [make_row(f"m{n}", finding=Finding.NORMAL) for n in range(3)]
    selection = SelectionOptions(classes=(Finding.COVID, Finding.NORMAL))
    split = SplitOptions(keep_official=False, fractions=(1.0, 0.0, 0.0))
    placed, issues = place(rows, split, BalanceOptions("equal"), selection)
    assert class_counts(placed, Split.TRAIN) == {"covid": 4, "normal": 4}
    assert sum(row.group_id == "many" for row in placed) == 1
    assert {issue.kind for issue in issues} == {LEFT_OUT + "to balance"}


@pytest.mark.parametrize("on", ["train", "all"])
def test_balance_touches_the_splits_it_is_asked_to(on: str) -> None:
    rows = make_rows(3, 600)
    before, _ = place(rows)
    after, _ = place(rows, ANEW, BalanceOptions("equal", on))  # type: ignore[arg-type]
    assert len(set(class_counts(after, Split.TRAIN).values())) == 1
    for split in (Split.VALIDATION, Split.TEST):
        counts = class_counts(after, split)
        if on == "all":
            assert len(set(counts.values())) == 1
        else:
            assert counts == class_counts(before, split)


def test_linked_rows_are_one_group_also_through_one_that_is_left_out() -> None:
    rows = [make_row(f"i{n}", finding=Finding.COVID) for n in range(4)]
    assert group_ids(rows, [(2, 1), (3, 2)]) == ["i0", "i1", "i1", "i1"]
    rows[2] = make_row("i2")  # nothing labelled
    placed = place_rows(
        rows, SelectionOptions(), ANEW, BalanceOptions(), [], links=[(2, 1), (3, 2)]
    )
    assert [row.group_id for row in placed] == ["i0", "i1", "i1"]


def test_impossible_wishes_are_refused_with_the_counts() -> None:
    rows = [make_row(f"n{n}", finding=Finding.NORMAL) for n in range(20)]
    rows += [make_row(f"c{n}", finding=Finding.COVID, patients=(f"p{n % 3}",)) for n in range(9)]
    selection = SelectionOptions(classes=(Finding.COVID, Finding.NORMAL))
    everything = (1.0, 0.0, 0.0)
    folds = SplitOptions(fractions=everything, folds=5)
    with pytest.raises(DatasetError, match=r"5 folds.*3 × covid, 20 × normal"):
        place(rows, folds, selection=selection)
    with pytest.raises(DatasetError, match=r"does not occur; got elsewhere; expected one \(29\)"):
        place(rows, SplitOptions(holdout=("elsewhere",)), selection=selection)
    with pytest.raises(DatasetError, match=r"nothing is left|train would be empty"):
        place(rows, SplitOptions(holdout=("one",)), selection=selection)
    with pytest.raises(DatasetError, match="balance needs classes"):
        place(rows, ANEW, BalanceOptions("equal"), SelectionOptions())
    few = [*rows[:20], make_row("c", finding=Finding.COVID, official=Split.TEST)]
    with pytest.raises(DatasetError, match=r"train would be empty of a class; got 0 × covid, 16"):
        place(few, SplitOptions(), selection=selection)
    with pytest.raises(DatasetError, match="too few folds"):
        SplitOptions(folds=1)
