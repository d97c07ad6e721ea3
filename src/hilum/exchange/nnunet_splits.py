"""How nnU-Net's training images are divided: never a group on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hilum.radiograph import Split

_FOLDS = 5


@dataclass(frozen=True)
class Case:
    """One training image."""

    name: str
    group: str
    split: Split
    fold: int | None


def divide(cases: Sequence[Case]) -> list[dict[str, list[str]]] | None:
    """``splits_final.json``: for each fold the cases of ``train`` and ``val``, sorted.

    The dataset's folds where every case has one; else its train and validation parts; else,
    as one of them is empty, up to five folds of whole groups, taken in turn. None where there is
    but one group.
    """
    folds = {case.fold for case in cases}
    if None not in folds and len(folds) > 1:
        return [_fold(cases, [c.fold == fold for c in cases]) for fold in sorted(folds, key=str)]
    validated = [case.split is Split.VALIDATION for case in cases]
    if any(validated) and not all(validated):
        return [_fold(cases, validated)]
    groups = {group: n for n, group in enumerate(sorted({case.group for case in cases}))}
    count = min(_FOLDS, len(groups))
    if count < 2:
        return None
    return [_fold(cases, [groups[c.group] % count == fold for c in cases]) for fold in range(count)]


def _fold(cases: Sequence[Case], validated: Sequence[bool]) -> dict[str, list[str]]:
    sides: dict[str, list[str]] = {"train": [], "val": []}
    for case, is_validated in zip(cases, validated, strict=True):
        sides["val" if is_validated else "train"].append(case.name)
    return {side: sorted(names) for side, names in sides.items()}
