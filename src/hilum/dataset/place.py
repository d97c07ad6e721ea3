"""Read images → the rows that are written: selected, grouped, split, balanced, folded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hilum.dataset.balance import BalanceOptions, balance_rows
from hilum.dataset.folds import assign_folds
from hilum.dataset.issues import Issue
from hilum.dataset.merge import MergedRow
from hilum.dataset.select import SelectionOptions, select_rows
from hilum.dataset.split import SplitOptions, assign_splits, group_ids
from hilum.dataset.write import PlacedRow


def place_rows(
    merged: Sequence[MergedRow],
    selection: SelectionOptions,
    split: SplitOptions,
    balance: BalanceOptions,
    issues: list[Issue],
    *,
    links: Iterable[tuple[int, int]] = (),
) -> list[PlacedRow]:
    """The rows to write. ``links`` are pairs of indices into ``merged`` that belong together.

    Groups are made of all rows, so that two images linked by one that is left out stay together.

    Raises:
        DatasetError: the wishes cannot be met by these rows; the counts are said.
    """
    group_of = dict(zip(map(id, merged), group_ids(merged, links), strict=True))
    taken = select_rows(merged, selection, issues)
    groups = [group_of[id(row)] for row in taken]
    splits = assign_splits(taken, groups, split, issues, classes=selection.classes)
    placed = [PlacedRow(*row) for row in zip(taken, groups, splits, strict=True)]
    kept = balance_rows(
        *(placed, selection.classes, balance, issues),
        seed=split.seed,
        folded=split.folds is not None,
    )
    return assign_folds(kept, split.folds, selection.classes, seed=split.seed)
