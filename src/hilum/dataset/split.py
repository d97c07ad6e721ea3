"""Which part of the dataset each radiograph is used in: whole groups, never torn."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hilum.dataset.classes import class_of
from hilum.dataset.draw import draw_parts
from hilum.dataset.holdout import hold_out
from hilum.dataset.issues import Issue
from hilum.dataset.merge import MergedRow
from hilum.errors import DatasetError
from hilum.radiograph import Finding, Split

LEAK = "moved to keep a group together"
"""The kind of an issue: an official split tore patients or copies apart, and was mended."""

_TEST_SIDE = (Split.TEST, Split.VALIDATION, Split.TRAIN)
"""A torn group goes to the first of these that it touches."""


@dataclass(frozen=True)
class SplitOptions:
    """How radiographs are divided.

    ``fractions`` are the shares of train, validation and test, of the images that have no
    official split (or of all, where ``keep_official`` is False); they add up to 1. ``holdout``
    names collections or origins that are tested on; nothing else is then drawn into test.
    ``folds`` is how many are drawn over train and validation; None: none.

    Raises:
        DatasetError: the fractions do not add up to 1, or fewer than two folds.
    """

    keep_official: bool = True
    fractions: tuple[float, float, float] = (0.8, 0.1, 0.1)
    seed: int = 0
    folds: int | None = None
    holdout: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if min(self.fractions) < 0 or not math.isclose(sum(self.fractions), 1, abs_tol=1e-6):
            raise DatasetError(
                "the shares of the splits are wrong",
                got=", ".join(map(str, self.fractions)),
                expected="shares of train, validation and test that add up to 1",
            )
        if self.folds is not None and self.folds < 2:
            raise DatasetError("too few folds", got=str(self.folds), expected="2 or more")


def group_ids(rows: Sequence[MergedRow], links: Iterable[tuple[int, int]] = ()) -> list[str]:
    """The group of each row: rows that share a patient, directly or through others.

    So do rows of one group of an exported dataset. ``links`` are further pairs of rows, by their
    indices, that belong together.

    A row of an unknown patient is a group of its own. A group is named after its first
    patient in alphabetical order, else after its image.
    """
    parent: dict[str, str] = {}

    def find(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = name = parent[parent[name]]
        return name

    for row in rows:
        first, *rest = sorted(row.patients) or [row.prepared.image_id]
        told = {m.radiograph.group_id for m in row.members}
        for other in (*rest, *filter(None, told)):
            low, high = sorted((find(first), find(other)))
            parent[high] = low
        find(first)
    names = [min(row.patients, default=row.prepared.image_id) for row in rows]
    for one, two in links:
        low, high = sorted((find(names[one]), find(names[two])))
        parent[high] = low
    return [find(name) for name in names]


def assign_splits(
    rows: Sequence[MergedRow],
    groups: Sequence[str],
    options: SplitOptions,
    issues: list[Issue],
    *,
    classes: Sequence[Finding] = (),
) -> list[Split]:
    """The split of each row, the same for all rows of a group.

    What is held out becomes test. Official splits are kept where asked; a group that an official
    split tears apart goes whole to its test-most side. Each row moved is an issue. The other groups
    are drawn by ``seed``, stratified by class × origin; into train and validation only where
    something is held out.

    Raises:
        DatasetError: what is to be held out does not occur, or a split would have none of a class.
    """
    members: dict[str, list[MergedRow]] = defaultdict(list)
    for row, group in zip(rows, groups, strict=True):
        members[group].append(row)
    drawn = hold_out(members, options.holdout, issues)
    rest = {group: found for group, found in members.items() if group not in drawn}
    if options.keep_official:
        drawn |= _official(rest, issues)
    rest = {group: found for group, found in members.items() if group not in drawn}
    shares = _shares(options)
    parts = draw_parts(rest, shares, classes=classes, seed=str(options.seed))
    drawn |= {group: list(Split)[part] for group, part in parts.items()}
    splits = [drawn[group] for group in groups]
    _check(rows, splits, options, classes)
    return splits


def _shares(options: SplitOptions) -> tuple[float, float, float]:
    train, validation, _ = options.fractions
    if not options.holdout:
        return options.fractions
    whole = train + validation
    return (train / whole, validation / whole, 0) if whole else (1, 0, 0)


def _check(
    rows: Sequence[MergedRow],
    splits: Sequence[Split],
    options: SplitOptions,
    classes: Sequence[Finding],
) -> None:
    """A split has each class or no image; what was held out may be of one class."""
    counts = Counter(
        (split, class_of(row.prepared.radiograph.finding, classes))
        for row, split in zip(rows, splits, strict=True)
    )
    for split, share in zip(Split, options.fractions, strict=True):
        if split is Split.TEST and options.holdout:
            continue
        if split is Split.VALIDATION and options.folds is not None:
            continue
        wanted = split in splits or split is Split.TRAIN or not options.keep_official
        if share and wanted and any(not counts[split, name] for name in classes):
            raise DatasetError(
                f"{split} would be empty of a class",
                got=", ".join(f"{counts[split, name]} × {name}" for name in classes),
                remedy="draw other splits or with another seed, or give further collections",
            )
    if options.holdout and Split.TRAIN not in splits:
        raise DatasetError(
            "nothing is left to train on",
            got=f"{splits.count(Split.TEST)} of {len(rows)} images held out or in official tests",
            remedy="hold out less",
        )


def _official(members: Mapping[str, Sequence[MergedRow]], issues: list[Issue]) -> dict[str, Split]:
    chosen: dict[str, Split] = {}
    for group, rows in members.items():
        official = {split for row in rows for split in row.official_splits}
        if not official:
            continue
        chosen[group] = next(split for split in _TEST_SIDE if split in official)
        for member in (member for row in rows for member in row.members):
            radiograph = member.radiograph
            if radiograph.official_split not in (None, chosen[group]):
                issues.append(
                    Issue(
                        radiograph.collection,
                        radiograph.source_path,
                        LEAK,
                        f"official split {radiograph.official_split}, now {chosen[group]}: "
                        f"group {group} is in both",
                    )
                )
    return chosen
