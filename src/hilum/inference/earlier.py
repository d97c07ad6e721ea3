"""What lies in an output folder already: left alone, replaced, or gone on with."""

from __future__ import annotations

import csv
import enum
import io
import os
from collections.abc import Sequence
from pathlib import Path

from hilum.errors import OutputError
from hilum.inference.pictures import cannot_write, remove_pictures
from hilum.inference.table import TABLE_NAME, is_own_table

LOCK_NAME = ".lock"

Row = dict[str, str]


class Earlier(enum.StrEnum):
    """What to do with predictions that lie in the folder."""

    REFUSE = "refuse"
    REPLACE = "replace"
    """Remove what hilum wrote, and nothing else."""
    RESUME = "resume"
    """Keep them, and predict what is missing."""


def make_folder(folder: Path) -> Path:
    """Make ``folder`` unless it is there.

    Raises:
        OutputError: it is a file, or cannot be made.
    """
    if os.path.lexists(folder) and not folder.is_dir():
        raise OutputError("the output is a file", path=folder, remedy="name a folder to be made")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from None
    return folder


def prepare_folder(
    folder: Path, earlier: Earlier, *, columns: Sequence[str], model_sha256: str
) -> list[Row]:
    """Clear ``folder``, which exists, as ``earlier`` says; the rows of its table that are kept.

    Raises:
        OutputError: it holds something that may not be replaced, or predictions that cannot be
            gone on with, or it is not writable.
    """
    table = folder / TABLE_NAME
    try:
        if all(path.name == LOCK_NAME for path in folder.iterdir()):
            return []
        if earlier is Earlier.REFUSE:
            raise OutputError(
                "the output folder is not empty",
                path=folder,
                remedy="name a new folder, or say --overwrite to replace predictions in it, or "
                "--resume to go on with them",
            )
        _refuse_foreign_table(table)
        if earlier is Earlier.RESUME:
            return _read_rows(table, columns, model_sha256)
        table.unlink(missing_ok=True)
        remove_pictures(folder)
    except OSError as error:
        raise cannot_write(folder, error) from None
    return []


def _refuse_foreign_table(table: Path) -> None:
    if not os.path.lexists(table) or is_own_table(table):
        return
    raise OutputError(
        "this was not written by 'hilum predict' and is not replaced",
        path=table,
        remedy="name another output folder",
    )


def _read_rows(table: Path, columns: Sequence[str], model_sha256: str) -> list[Row]:
    """The whole rows of ``table``; a last one that a kill broke off is cut off the file."""
    if not table.exists():
        return []
    data = table.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    try:
        lines = list(csv.reader(io.StringIO(whole.decode(), newline="")))
        head, rows = (lines or [list(columns)])[0], lines[1:]
        kept = [dict(zip(head, row, strict=True)) for row in rows]
    except (ValueError, csv.Error) as error:  # ValueError: no UTF-8, or rows of another length
        raise OutputError(
            "the table is damaged",
            path=table,
            got=str(error),
            remedy="say --overwrite to predict all anew",
        ) from None
    if head != list(columns) or any(row.get("model") != model_sha256 for row in kept):
        raise OutputError(
            "these predictions are of another model or version of hilum, or have other columns",
            path=table,
            expected=f"model {model_sha256[:16]}",
            remedy="give the same model and options, or say --overwrite to predict all anew",
        )
    if whole != data:
        os.truncate(table, len(whole))
    return kept
