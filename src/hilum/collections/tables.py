"""CSV files as collections publish them: comment lines, stray encodings, short rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hilum.collections.collection import Problem
from hilum.errors import CollectionError
from hilum.plain_files import read_plain

MAX_BYTES = 256_000_000
"""Larger tables are taken for something else. ChestX-ray14's has 8 million."""

_REMEDY = "fetch the file again"


Row = Mapping[str, str]
"""Column name → cell, both without surrounding blanks; an absent cell is ``""``."""


@dataclass(frozen=True)
class Table:
    """The rows of one CSV file and what is wrong with it."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]


def read_table(
    path: Path, *, required: Sequence[str], comment: str | None = None, separators: str = ","
) -> Table:
    """Read the CSV file at ``path``; the first line that is no comment names the columns.

    UTF-8 with or without a byte order mark; what is not UTF-8 is read as Latin-1, with a
    problem that says so. A row with more or fewer cells than there are columns is a problem
    and left out.

    Args:
        path: the file.
        required: the columns without which the table is of no use, in any letter case there.
        comment: lines that begin so are skipped.
        separators: characters that may separate the cells; the one that the line of the columns
            has most of does.

    Raises:
        CollectionError: the file is missing, empty, too large, not text or lacks columns.
    """
    text, problems = _decode(_read_bytes(path), path)
    lines = [
        line
        for line in text.splitlines(keepends=True)
        if comment is None or not line.startswith(comment)
    ]
    header = next((line for line in lines if line.strip()), "")
    separator = max(separators, key=header.count)
    try:
        stream = io.StringIO("".join(lines), newline="")
        cells = list(csv.reader(stream, delimiter=separator))
    except csv.Error as error:
        raise CollectionError(
            "the table is damaged", path=path, got=str(error), remedy=_REMEDY
        ) from None
    cells = [row for row in cells if any(cell.strip() for cell in row)]
    columns = name_columns([cell.strip() for cell in cells[0]] if cells else [], required)
    missing = [name for name in required if name not in columns]
    if missing:
        raise CollectionError(
            "the table lacks the columns " + ", ".join(missing),
            path=path,
            got=f"the columns {', '.join(columns)[:200]}" if columns else "an empty table",
            expected=", ".join(required),
            remedy=f"{_REMEDY}; separate the cells with commas",
        )
    rows = []
    for number, row in enumerate(cells[1:], start=2):
        if len(row) == len(columns):
            rows.append({name: cell.strip() for name, cell in zip(columns, row, strict=True)})
        else:
            detail = f"row {number} has {len(row)} cells instead of {len(columns)}"
            problems.append(Problem(path.name, "damaged row", f"{detail}: {', '.join(row)[:80]}"))
    return Table(tuple(rows), tuple(problems))


def first_rows(
    rows: Iterable[Row],
    problems: list[Problem],
    *,
    key: Callable[[Row], str],
    place: Callable[[Row], str],
) -> dict[str, Row]:
    """``rows`` by their ``key``; the first one of a key counts, and each further one is a problem.

    Its kind is ``duplicate row`` where it is equal, else ``rows disagree`` with what differs.
    ``place`` gives the path that the problem names.
    """
    first: dict[str, Row] = {}
    for row in rows:
        known = first.setdefault(key(row), row)
        if known is row:
            continue
        differing = [name for name in known if known[name] != row[name]]
        if not differing:
            detail = f"a second row of {key(row)}, equal to the first"
            problems.append(Problem(place(row), "duplicate row", detail))
            continue
        told = ", ".join(f"{name} {known[name]!r} and {row[name]!r}" for name in differing)
        detail = f"the first of two rows of {key(row)} was used: {told[:200]}"
        problems.append(Problem(place(row), "rows disagree", detail))
    return first


def name_columns(columns: Sequence[str], required: Sequence[str]) -> list[str]:
    """``columns`` with those of ``required`` as they are written there, whatever their case.

    A column in its own spelling goes before one that differs in case.

    >>> name_columns(["File name", "URL"], ["FILE NAME", "URL"])
    ['FILE NAME', 'URL']
    """
    wanted = {_loosely(name): name for name in required if name not in columns}
    return [wanted.pop(_loosely(column), column) for column in columns]


def _loosely(name: str) -> str:
    return " ".join(name.casefold().split())


def _read_bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CollectionError(
                "the table is too large",
                path=path,
                got=f"{path.stat().st_size:,} bytes",
                expected=f"at most {MAX_BYTES:,}",
                remedy=_REMEDY,
            )
        return read_plain(path)
    except OSError as error:
        raise CollectionError(
            "the table cannot be opened",
            path=path,
            got=error.strerror or type(error).__name__,
            remedy="put it back, or check your permissions",
        ) from None


def _decode(data: bytes, path: Path) -> tuple[str, list[Problem]]:
    if b"\0" in data:
        raise CollectionError(
            "this is no text", path=path, got="zero bytes", expected="a CSV file", remedy=_REMEDY
        )
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        detail = "the table is not UTF-8 and was read as Latin-1"
        return data.decode("latin-1"), [Problem(path.name, "text encoding", detail)]


def number_in(text: str, low: float, high: float) -> float | None:
    """The number ``text`` writes if it lies in [low, high]; None for anything else.

    >>> number_in("65", 0, 120), number_in("?", 0, 120), number_in("nan", 0, 120)
    (65.0, None, None)
    """
    try:
        value = float(text)
    except ValueError:
        return None
    return value if low <= value <= high else None


def age_in_years(text: str) -> float | None:
    """An age as collections write it, 0 to 120 years; None for blanks and errors."""
    return number_in(text, 0, 120)


def sex_of(text: str) -> str | None:
    """``F`` or ``M`` from F, M, female, male and the German W; None for anything else."""
    return {"f": "F", "female": "F", "w": "F", "m": "M", "male": "M"}.get(text.lower())


def day_of(text: str) -> int | None:
    """A number of days, rounded; None for blanks, question marks and the like."""
    value = number_in(text, -36_500, 36_500)
    return None if value is None else round(value)
