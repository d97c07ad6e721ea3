"""``issues.csv``: every input that did not simply become a row, with the reason."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from hilum.collections.collection import Reading


@dataclass(frozen=True, order=True)
class Issue:
    """One line of ``issues.csv``; what was done about it is part of ``detail``."""

    collection: str
    source_path: str
    kind: str
    detail: str


def issues_of(reading: Reading) -> list[Issue]:
    """The problems a collection's reader met, as issues."""
    return [
        Issue(reading.collection, problem.source_path, problem.kind, problem.detail)
        for problem in reading.problems
    ]


def write_issues(issues: Iterable[Issue], path: Path) -> None:
    """Write ``issues``, sorted, as CSV with a header line."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields(Issue))
        writer.writerows(astuple(issue) for issue in sorted(issues))
