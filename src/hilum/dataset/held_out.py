"""Cross-validation: a dataset as it looks while one of its folds is held out."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from hilum.dataset.lock import read_lock
from hilum.dataset.read import Dataset
from hilum.errors import DatasetError
from hilum.radiograph import Split


def fold_count(folder: Path) -> int | None:
    """How many folds were drawn in the dataset in ``folder``; None: none.

    Raises:
        DatasetError: the lock is gone or damaged.
    """
    count: int | None = read_lock(folder)["options"].get("split", {}).get("folds")
    return count


def hold_out(dataset: Dataset, fold: int) -> Dataset:
    """``dataset`` with ``fold`` for its test; its train and validation are without that fold.

    What the dataset has in test is in none of the three.

    Raises:
        DatasetError: it has no such fold.
    """
    count = fold_count(dataset.folder)
    if count is None or not 0 <= fold < count:
        raise DatasetError(
            "the dataset has no such fold",
            path=dataset.folder,
            got=f"fold {fold}",
            expected="no folds at all" if count is None else f"0 to {count - 1}",
            remedy="compile it with --folds" if count is None else "name one of its folds",
        )
    return dataclasses.replace(dataset, fold=fold)


def told_split(dataset: Dataset, split: Split) -> str:
    """``the train split``, and what it is without while a fold is held out."""
    held = "" if dataset.fold is None else f" without fold {dataset.fold}, which is held out,"
    return f"the {split} split{held}"


def refuse_emptied(dataset: Dataset) -> None:
    """Refuse a held out fold that leaves nothing to learn from, or nothing to choose an epoch by.

    Raises:
        DatasetError: all radiographs of train or of validation are in it.
    """
    whole = dataclasses.replace(dataset, fold=None)
    for split, purpose in ((Split.TRAIN, "to learn from"), (Split.VALIDATION, "to check by")):
        if dataset.count(split) == 0 < whole.count(split):
            raise DatasetError(
                f"with fold {dataset.fold} held out nothing is left {purpose}",
                path=dataset.folder,
                got=f"all {whole.count(split)} radiographs of {split} in that fold",
                expected=f"some of {split} in other folds too",
                remedy="hold out another fold; for a model of every fold compile the dataset again"
                " with another --seed, or with --split patient, which draws the splits anew",
            )
