"""Equally many images of each class: the others are left out, and said."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hilum.dataset.classes import class_of
from hilum.dataset.issues import Issue
from hilum.dataset.select import LEFT_OUT
from hilum.dataset.write import PlacedRow
from hilum.errors import DatasetError
from hilum.radiograph import Finding, Split


@dataclass(frozen=True)
class BalanceOptions:
    """Whether classes are made equally large, and in train only or in each split.

    Raises:
        DatasetError: another word.
    """

    how: Literal["none", "equal"] = "none"
    on: Literal["train", "all"] = "train"

    def __post_init__(self) -> None:
        for got, allowed in ((self.how, ("none", "equal")), (self.on, ("train", "all"))):
            if got not in allowed:
                raise DatasetError(
                    "there is no such balance", got=repr(got), expected=" or ".join(allowed)
                )

    def check(self, classes: Sequence[Finding]) -> None:
        """Raises:
        DatasetError: classes are to be made equally large, and there are none.
        """
        if self.how == "equal" and not classes:
            raise DatasetError(
                "balance needs classes", remedy="name them: --classes covid,pneumonia,normal"
            )


def balance_rows(
    rows: Sequence[PlacedRow],
    classes: Sequence[Finding],
    options: BalanceOptions,
    issues: list[Issue],
    *,
    seed: int,
    folded: bool = False,
) -> list[PlacedRow]:
    """``rows`` without those that are too many of their class; each is an issue.

    Images are dropped, not groups, and no row changes its split. Of a group with many images
    those beyond the first few go first, so that as many patients as possible stay. ``folded``:
    validation counts as train, since folds are drawn over both.

    Raises:
        DatasetError: no classes are named, or a split has none of one.
    """
    if options.how == "none":
        return list(rows)
    options.check(classes)
    kept: list[PlacedRow] = []
    parts: dict[Split, list[PlacedRow]] = defaultdict(list)
    for row in rows:
        joined = folded and row.split is Split.VALIDATION
        parts[Split.TRAIN if joined else row.split].append(row)
    for split in Split:
        part = parts[split]
        if not part or (options.on == "train" and split is not Split.TRAIN):
            kept += part
        else:
            kept += _balance(part, classes, f"{seed}:{split}", str(split), issues)
    chosen = {row.row.prepared.image_id for row in kept}
    return [row for row in rows if row.row.prepared.image_id in chosen]


def _balance(
    part: Sequence[PlacedRow],
    classes: Sequence[Finding],
    seed: str,
    split: str,
    issues: list[Issue],
) -> list[PlacedRow]:
    by_class: dict[Finding | None, list[PlacedRow]] = {name: [] for name in classes}
    for row in part:
        by_class[class_of(row.row.prepared.radiograph.finding, classes)].append(row)
    counts = ", ".join(f"{len(found)} × {name}" for name, found in by_class.items())
    least = min(map(len, by_class.values()))
    if not least:
        raise DatasetError(
            "classes cannot be balanced: one is empty",
            got=f"{counts} in {split}",
            remedy="balance on train only, draw other splits, or name other classes",
        )
    kept: list[PlacedRow] = []
    for name, found in by_class.items():
        ordered = _few_of_each_group_first(found, f"{seed}:{name}")
        kept += ordered[:least]
        for row in ordered[least:]:
            radiograph = row.row.prepared.radiograph
            issues.append(
                Issue(
                    radiograph.collection,
                    radiograph.source_path,
                    LEFT_OUT + "to balance",
                    f"{split} had {counts}; {least} of each are kept",
                )
            )
    return kept


def _few_of_each_group_first(rows: Sequence[PlacedRow], seed: str) -> list[PlacedRow]:
    shuffled = sorted(rows, key=lambda row: row.row.prepared.image_id)
    random.Random(seed).shuffle(shuffled)
    seen: Counter[str] = Counter()
    turns = []
    for row in shuffled:
        turns.append(seen[row.group_id])
        seen[row.group_id] += 1
    order = sorted(range(len(shuffled)), key=lambda index: turns[index])
    return [shuffled[index] for index in order]
