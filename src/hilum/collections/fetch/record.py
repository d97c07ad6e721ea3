"""``hilum-fetch.json``: from where, when and with which bytes a folder was fetched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import hilum
from hilum.errors import OutputError
from hilum.output import write_whole

RECORD_NAME = "hilum-fetch.json"


@dataclass(frozen=True)
class Record:
    """One file or repository that was fetched."""

    name: str
    """Of the file or folder beside the record."""
    url: str
    """Where it came from; for a file that was given, ``given``."""
    date: str
    """UTC, ISO 8601."""
    size: int | None = None
    """Bytes of a file."""
    sha256: str | None = None
    """Of a file, lower-case hexadecimal."""
    checksum: str | None = None
    """``as published``, or ``computed here`` where nobody has published one."""
    commit: str | None = None
    """Of a Git repository."""


def now() -> str:
    """The time as a record has it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def read_records(folder: Path) -> dict[str, Record]:
    """By name, what ``hilum-fetch.json`` in ``folder`` says; nothing where it is not one."""
    try:
        values = json.loads((folder / RECORD_NAME).read_text(encoding="utf-8"))
        records = [Record(**one) for one in values["fetched"]]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {record.name: record for record in records}


def add_record(folder: Path, collection: str, record: Record) -> None:
    """Write ``record`` into ``hilum-fetch.json``, in place of an earlier one of its name.

    Raises:
        OutputError: it cannot be written.
    """
    records: Mapping[str, Record] = read_records(folder) | {record.name: record}
    values = {
        "collection": collection,
        "hilum": hilum.__version__,
        "fetched": [
            {key: value for key, value in asdict(one).items() if value is not None}
            for _, one in sorted(records.items())
        ],
    }
    try:
        text = json.dumps(values, indent=1, ensure_ascii=False)
        write_whole(folder / RECORD_NAME, f"{text}\n".encode())
    except OSError as error:
        raise OutputError(
            "the record cannot be written",
            path=folder / RECORD_NAME,
            got=error.strerror or type(error).__name__,
            remedy="choose a folder you may write to, with room enough",
        ) from None
