"""Folds for cross-validation: whole groups, over train and validation; test stays out."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Sequence

from hilum.dataset.classes import class_of
from hilum.dataset.draw import draw_parts, stratum
from hilum.dataset.merge import MergedRow
from hilum.dataset.write import PlacedRow
from hilum.errors import DatasetError
from hilum.radiograph import Finding, Split


def assign_folds(
    rows: Sequence[PlacedRow], count: int | None, classes: Sequence[Finding], *, seed: int
) -> list[PlacedRow]:
    """``rows`` with folds 0 to ``count`` - 1 for all that are not in test; None: no folds.

    Raises:
        DatasetError: too few groups, of all or of one of ``classes``; or a fold without a class.
    """
    if count is None:
        return list(rows)
    members: dict[str, list[MergedRow]] = defaultdict(list)
    for row in rows:
        if row.split is not Split.TEST:
            members[row.group_id].append(row.row)
    groups = Counter(stratum(found, classes)[0] for found in members.values())
    least = min([len(members), *(groups[name] for name in classes)])
    counts = ", ".join(f"{groups[name]} × {name}" for name in sorted(classes or groups))
    if least < count:
        raise _too_few(count, f"groups outside test: {counts}")
    drawn = draw_parts(members, [1 / count] * count, classes=classes, seed=f"{seed}:folds")
    folded = [
        row if row.split is Split.TEST else dataclasses.replace(row, fold=drawn[row.group_id])
        for row in rows
    ]
    inside = Counter(
        (row.fold, class_of(row.row.prepared.radiograph.finding, classes)) for row in folded
    )
    if any(not inside[fold, name] for fold in range(count) for name in classes):
        raise _too_few(count, f"groups outside test: {counts}, some of them very large")
    return folded


def _too_few(count: int, got: str) -> DatasetError:
    return DatasetError(
        f"{count} folds cannot be drawn with each class in each",
        got=got,
        remedy="ask for fewer folds, or give further collections",
    )
