"""Why a row of one dataset is not in another, from the locks and issues of both."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from hilum.dataset.inputs import describe_files
from hilum.dataset.issues import Issue
from hilum.dataset.lock import read_lock
from hilum.errors import DatasetError


@dataclass(frozen=True)
class Side:
    """What a dataset says of its own making."""

    lock: dict[str, Any]
    issues: Counter[Issue]


def read_side(folder: Path) -> Side:
    """Lock and issues of the dataset ``folder``.

    Raises:
        DatasetError: one of them is missing or damaged.
    """
    path = folder / "issues.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            issues = Counter(Issue(**line) for line in csv.DictReader(file))
    except (OSError, TypeError, ValueError, csv.Error) as error:
        raise DatasetError(
            "the issues cannot be read",
            path=path,
            got=str(error),
            remedy="copy the whole folder again, or compile it again",
        ) from None
    return Side(read_lock(folder), issues)


class Reasons:
    """Why rows that ``have`` has are not in ``lacks``."""

    def __init__(self, have: Side, lacks: Side) -> None:
        self._sources: dict[str, list[str]] = have.lock["files"]
        self._moved_to = {
            source: image_id
            for image_id, sources in lacks.lock["files"].items()
            for source in sources
        }
        self._issues: dict[str, list[str]] = defaultdict(list)
        for issue in sorted(lacks.issues - have.issues):
            place = f"{issue.collection}:{issue.source_path}"
            self._issues[place].append(f"{issue.kind}: {issue.detail}")
        self._have, self._lacks = _files(have.lock), _files(lacks.lock)
        self._options_differ = bool(option_changes(have.lock, lacks.lock))

    def why(self, image_id: str) -> str:
        """A clause: the issue, else what became of the input, else the options."""
        sources = self._sources.get(image_id, [])
        told = [text for source in sources for text in self._issues.get(source, [])]
        if told:
            return "; ".join(told)
        absent = {self._absence(source) for source in sources}
        if absent and "" not in absent:
            return "; ".join(sorted(absent))
        merged = [self._moved_to[source] for source in sources if source in self._moved_to]
        if merged:
            return f"its source stands in the row {merged[0][:16]}"
        return "the options differ" if self._options_differ else "no reason is recorded"

    def _absence(self, source: str) -> str:
        collection, _, place = source.partition(":")
        if collection not in self._lacks:
            return f"{collection} is no input"
        then, now = self._have.get(collection, {}), self._lacks[collection]
        if place in then and place not in now:
            return "the file is not among its inputs"
        return "the file has other bytes" if then.get(place) != now.get(place) else ""

    def input_changes(self) -> dict[str, str]:
        """Collection → what differs in its files, in words."""
        told = {
            name: describe_files(self._have.get(name, {}), self._lacks.get(name, {}))
            for name in sorted(self._have.keys() | self._lacks)
        }
        return {name: text for name, text in told.items() if text}


def _files(lock: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Collection → path → SHA-256, each path as ``source_path`` has it."""
    files: dict[str, dict[str, str]] = defaultdict(dict)
    for one in lock["inputs"]:
        folder = PurePosixPath(one.get("folder", ""))
        files[one["collection"]] |= {str(folder / path): sha for path, sha in one["files"].items()}
    return dict(files)


def option_changes(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Options that differ, by dotted name, as (A's, B's)."""
    names = ("options", "variant", "patient_key")
    first, second = (dict(_flat({k: lock.get(k) for k in names})) for lock in (a, b))
    return _pairs(first, second)


def package_changes(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Packages, and hilum itself, that have other versions, as (A's, B's)."""
    first, second = ({"hilum": lock.get("hilum"), **lock["packages"]} for lock in (a, b))
    return _pairs(first, second)


def issue_changes(a: Side, b: Side) -> dict[str, tuple[int, int]]:
    """Kinds of issues that differ, as (how many only A has, how many only B has)."""
    only_a = Counter(issue.kind for issue in (a.issues - b.issues).elements())
    only_b = Counter(issue.kind for issue in (b.issues - a.issues).elements())
    return {kind: (only_a[kind], only_b[kind]) for kind in sorted({*only_a, *only_b})}


def _pairs(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {n: (a.get(n), b.get(n)) for n in sorted({*a, *b}) if a.get(n) != b.get(n)}


def _flat(values: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{place}{name}.")
        else:
            yield f"{place}{name}", value
