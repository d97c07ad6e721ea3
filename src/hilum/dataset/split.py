"""Which part of the dataset each radiograph is used in: whole groups, never torn."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hilum.dataset.issues import Issue
from hilum.dataset.merge import MergedRow
from hilum.errors import DatasetError
from hilum.radiograph import Split

_TEST_SIDE = (Split.TEST, Split.VALIDATION, Split.TRAIN)
"""A torn group goes to the first of these that it touches."""


@dataclass(frozen=True)
class SplitOptions:
    """How radiographs are divided.

    ``fractions`` are the shares of train, validation and test, of the images that have no
    official split (or of all, where ``keep_official`` is False); they add up to 1.

    Raises:
        DatasetError: the fractions do not add up to 1.
    """

    keep_official: bool = True
    fractions: tuple[float, float, float] = (0.8, 0.1, 0.1)
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.fractions) < 0 or not math.isclose(sum(self.fractions), 1, abs_tol=1e-6):
            raise DatasetError(
                "the shares of the splits are wrong",
                got=", ".join(map(str, self.fractions)),
                expected="shares of train, validation and test that add up to 1",
            )


def group_ids(rows: Sequence[MergedRow]) -> list[str]:
    """The group of each row: rows that share a patient, directly or through others.

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
        for other in rest:
            low, high = sorted((find(first), find(other)))
            parent[high] = low
        find(first)
    return [find(min(row.patients, default=row.prepared.image_id)) for row in rows]


def assign_splits(
    rows: Sequence[MergedRow], groups: Sequence[str], options: SplitOptions, issues: list[Issue]
) -> list[Split]:
    """The split of each row, the same for all rows of a group.

    Official splits are kept where asked; a group that an official split tears apart goes
    whole to its test-most side, and each row moved is an issue. The other groups are drawn
    by ``seed``, stratified by their commonest finding.
    """
    members: dict[str, list[MergedRow]] = defaultdict(list)
    for row, group in zip(rows, groups, strict=True):
        members[group].append(row)
    drawn = dict(_official(members, issues)) if options.keep_official else {}
    rest = {group: rows for group, rows in members.items() if group not in drawn}
    drawn |= _draw(rest, options)
    return [drawn[group] for group in groups]


def _official(members: Mapping[str, Sequence[MergedRow]], issues: list[Issue]) -> dict[str, Split]:
    chosen: dict[str, Split] = {}
    for group, rows in members.items():
        official = {split for row in rows for split in row.official_splits}
        if not official:
            continue
        chosen[group] = next(split for split in _TEST_SIDE if split in official)
        for row in rows:
            radiograph = row.prepared.radiograph
            if radiograph.official_split not in (None, chosen[group]):
                issues.append(
                    Issue(
                        radiograph.collection,
                        radiograph.source_path,
                        "moved to keep a group together",
                        f"official split {radiograph.official_split}, now {chosen[group]}: "
                        f"group {group} is in both",
                    )
                )
    return chosen


def _draw(members: Mapping[str, Sequence[MergedRow]], options: SplitOptions) -> dict[str, Split]:
    strata: dict[str, list[str]] = defaultdict(list)
    for group, rows in members.items():
        findings = Counter(str(row.prepared.radiograph.finding) for row in rows)
        strata[min(findings, key=lambda name: (-findings[name], name))].append(group)
    drawn: dict[str, Split] = {}
    for stratum in sorted(strata):
        names = sorted(strata[stratum])
        random.Random(f"{options.seed}:{stratum}").shuffle(names)
        total = sum(len(members[name]) for name in names)
        train, validation, _ = options.fractions
        bounds = ((train, Split.TRAIN), (train + validation, Split.VALIDATION), (2, Split.TEST))
        placed = 0
        for name in names:
            middle = (placed + len(members[name]) / 2) / total
            drawn[name] = next(split for bound, split in bounds if middle < bound)
            placed += len(members[name])
    return drawn
