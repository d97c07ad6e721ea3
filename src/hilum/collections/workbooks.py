"""Excel workbooks as collections publish them, read without trusting them: data, no formulas."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

from hilum.collections.collection import Problem
from hilum.collections.tables import Table, name_columns
from hilum.errors import CollectionError
from hilum.imaging.quiet import quiet_warnings
from hilum.plain_files import open_plain

MAX_BYTES = 20_000_000
"""Larger files are taken for something else. The Radiography Database's have 0.5 million."""

MAX_UNPACKED = 50_000_000
"""Unpacked size in bytes above which a workbook is taken for a decompression bomb."""

MAX_ROWS = 200_000
MAX_COLUMNS = 64

_REMEDY = "fetch the file again"

_Row = tuple[str | None, ...]
"""A row's cells; None stands for a formula or an error, which are no data."""


def read_workbook(path: Path, *, required: Sequence[str]) -> Table:
    """Read the first sheet of the workbook (.xlsx) at ``path``.

    The first row that is not empty names the columns. Cells become text without surrounding
    blanks. Nothing is evaluated: a row that holds a formula or an error, or more cells than there
    are columns, is a problem and left out.

    Args:
        path: the file.
        required: the columns without which the sheet is of no use, in any letter case there.

    Raises:
        CollectionError: the file is missing, too large (packed, unpacked or in rows), damaged, no
            workbook, or lacks columns.
    """
    rows = [
        (number, row)
        for number, row in enumerate(_read_rows(path), start=1)
        if _holds_anything(row)
    ]
    columns = name_columns([cell or "" for cell in rows[0][1]] if rows else [], required)
    missing = [name for name in required if name not in columns]
    if missing:
        raise CollectionError(
            "the workbook's first sheet lacks the columns " + ", ".join(missing),
            path=path,
            got=f"the columns {', '.join(columns)[:200]}" if columns else "an empty sheet",
            expected=", ".join(required),
            remedy=_REMEDY,
        )
    sound = []
    problems = []
    for number, row in rows[1:]:
        trouble = _trouble(row, len(columns))
        if trouble is None:
            cells = (*row, *([""] * (len(columns) - len(row))))
            sound.append({name: cell or "" for name, cell in zip(columns, cells, strict=True)})
        else:
            problems.append(Problem(path.name, "damaged row", f"row {number} {trouble}"))
    return Table(tuple(sound), tuple(problems))


def _holds_anything(row: _Row) -> bool:
    """Whether a row holds anything, were it a formula."""
    return any(cell != "" for cell in row)


def _trouble(row: _Row, columns: int) -> str | None:
    if None in row:
        return "holds a formula or an error instead of data"
    if len(row) > columns:
        return f"has {len(row)} cells instead of {columns}"
    return None


def _read_rows(path: Path) -> list[_Row]:
    data = _read_bytes(path)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            # No more than the size written there is ever unpacked, should it be a lie.
            unpacked = sum(member.file_size for member in archive.infolist())
    except Exception as error:  # zipfile raises whatever a damaged byte leads it to
        raise _damaged(error, path) from None
    if unpacked > MAX_UNPACKED:
        raise _too_large(f"{unpacked:,} bytes unpacked", f"at most {MAX_UNPACKED:,}", path)
    try:
        rows = _parse(data)
    except Exception as error:  # openpyxl raises whatever a damaged byte leads it to
        raise _damaged(error, path) from None
    if len(rows) > MAX_ROWS:
        raise _too_large("more rows", f"at most {MAX_ROWS:,}", path)
    return rows


def _parse(data: bytes) -> list[_Row]:
    """The first sheet, at most :data:`MAX_ROWS` and one row of :data:`MAX_COLUMNS` cells."""
    from openpyxl import load_workbook  # here, for it would slow down every start

    with quiet_warnings():
        workbook = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        sheet = workbook.worksheets[0]
        rows = []
        # Without these limits one cell in a far corner would be filled up to with blanks.
        for cells in sheet.iter_rows(max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS):
            row = [None if cell.data_type in ("f", "e") else _text_of(cell.value) for cell in cells]
            while row and row[-1] == "":
                row.pop()
            rows.append(tuple(row))
        workbook.close()
    return rows


def _text_of(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _read_bytes(path: Path) -> bytes:
    try:
        with open_plain(path) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CollectionError(
            "the workbook cannot be opened",
            path=path,
            got=error.strerror or type(error).__name__,
            remedy="put it back, or check your permissions",
        ) from None
    if len(data) > MAX_BYTES:
        raise _too_large("more bytes", f"at most {MAX_BYTES:,}", path)
    return data


def _damaged(error: Exception, path: Path) -> CollectionError:
    return CollectionError(
        "this is no sound Excel workbook",
        path=path,
        got=_what(error),
        expected="a file of Excel 2007 or later (.xlsx)",
        remedy=_REMEDY,
    )


def _what(error: Exception) -> str:
    """In a person's words: openpyxl's own name its classes, and what it looked for in vain."""
    if isinstance(error, zipfile.BadZipFile):
        return str(error)
    if isinstance(error, SyntaxError):  # as the XML parser's is
        return f"XML that is not well-formed ({error.msg})"
    return "contents that Excel would not write"


def _too_large(got: str, expected: str, path: Path) -> CollectionError:
    return CollectionError(
        "the workbook is too large", path=path, got=got, expected=expected, remedy=_REMEDY
    )
