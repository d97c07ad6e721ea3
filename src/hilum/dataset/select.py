"""Which radiographs become part of a dataset; each one left out is an issue with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from hilum.collections.origins import GUANGZHOU
from hilum.dataset.classes import check_classes, class_of
from hilum.dataset.issues import Issue
from hilum.dataset.licences import is_permitted
from hilum.dataset.merge import MergedRow
from hilum.errors import DatasetError
from hilum.radiograph import UNSTATED_LICENCE, Finding, View

LEFT_OUT = "left out: "
"""Begins the kind of each issue that this room's choices make."""

_REMEDY = "name other classes, allow more, or give further collections"
_ADULT_YEARS = 18
_CHILDREN = frozenset({GUANGZHOU})
"""Origins whose radiographs are all of children, whatever collection brings them."""


@dataclass(frozen=True)
class SelectionOptions:
    """Which radiographs are taken.

    ``classes``: none takes every finding, unknown ones too. ``licences``: none takes every one.
    ``unlabelled`` takes images without finding, mask and score as well.

    Raises:
        DatasetError: views of another name, or classes that overlap.
    """

    classes: tuple[Finding, ...] = ()
    views: Literal["frontal", "all"] = "frontal"
    adults_only: bool = False
    licences: tuple[str, ...] = ()
    unlabelled: bool = False

    def __post_init__(self) -> None:
        if self.views not in ("frontal", "all"):
            raise DatasetError(
                "there are no such views", got=repr(self.views), expected="frontal or all"
            )
        check_classes(self.classes)


def select_rows(
    rows: Sequence[MergedRow], options: SelectionOptions, issues: list[Issue]
) -> list[MergedRow]:
    """The rows that ``options`` take; the first reason against each other one is an issue.

    A view that is unknown is taken for frontal: collections that name none gathered frontal films.

    Raises:
        DatasetError: no row is left, or none of a class.
    """
    taken = []
    reasons: Counter[str] = Counter()
    for row in rows:
        reason = _reason_against(row, options)
        if reason is None:
            taken.append(row)
            continue
        kind, detail = reason
        reasons[kind] += 1
        radiograph = row.prepared.radiograph
        issues.append(Issue(radiograph.collection, radiograph.source_path, LEFT_OUT + kind, detail))
    left_out = [f"{count} left out for: {kind}" for kind, count in sorted(reasons.items())]
    if not taken:
        raise DatasetError("no radiograph is left", got=", ".join(left_out), remedy=_REMEDY)
    findings = [row.prepared.radiograph.finding for row in taken]
    require_classes(findings, options.classes, left_out)
    return taken


def require_classes(
    findings: Iterable[Finding | None], classes: Sequence[Finding], left_out: Sequence[str] = ()
) -> None:
    """Check that of ``findings`` each of ``classes`` has one. ``left_out`` tells of the others.

    Raises:
        DatasetError: one has none; the counts are said.
    """
    found = Counter(class_of(finding, classes) for finding in findings)
    if any(not found[name] for name in classes):
        got = ", ".join([*(f"{found[name]} × {name}" for name in classes), *left_out])
        raise DatasetError("a class has no radiograph", got=got, remedy=_REMEDY)


def _reason_against(row: MergedRow, options: SelectionOptions) -> tuple[str, str] | None:
    """(kind, detail), or None where nothing speaks against ``row``."""
    radiograph = row.prepared.radiograph
    finding = radiograph.finding
    if row.disagreement:
        return "conflicting findings", row.disagreement
    if options.views == "frontal" and radiograph.view is View.LATERAL:
        return "lateral view", "frontal views only"
    if options.classes and finding is None:
        return "finding unknown", f"classes {', '.join(options.classes)}"
    if options.classes and class_of(finding, options.classes) is None:
        return "outside the classes", f"{finding}; classes {', '.join(options.classes)}"
    says_something = finding or row.prepared.masks or radiograph.severity
    if not (says_something or options.unlabelled):
        return "nothing labelled", "no finding, mask or score is known"
    if options.adults_only:
        if radiograph.age is not None and radiograph.age < _ADULT_YEARS:
            return "child", f"{radiograph.age:g} years; adults only"
        if radiograph.age is None and radiograph.origin in _CHILDREN:
            return "child", f"all of {radiograph.origin} are children; adults only"
        if radiograph.age is None:
            return "age unknown", "adults only"
    if options.licences and not is_permitted(radiograph.licence.name, options.licences):
        unstated = radiograph.licence == UNSTATED_LICENCE
        kind = "licence not stated" if unstated else "licence"
        return kind, f"{radiograph.licence.name}; asked for {', '.join(options.licences)}"
    return None
