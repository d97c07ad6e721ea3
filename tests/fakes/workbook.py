"""Excel workbooks as Excel would write them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from openpyxl import Workbook


def write_workbook(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    """Write a workbook of one sheet; a text that begins with ``=`` becomes a formula."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for row in (columns, *rows):
        sheet.append(list(row))
    path.parent.mkdir(parents=True, exist_ok=True)
    workbook.save(path)
    return path
