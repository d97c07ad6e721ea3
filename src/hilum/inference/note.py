"""How many images a folder of predictions was begun for, so that a stopped run is told as one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from hilum.inference.pictures import cannot_write
from hilum.output import write_whole

NOTE_NAME = "hilum-predict.json"


@dataclass(frozen=True)
class Coverage:
    """How many of the images that were to be predicted have a row."""

    done: int
    total: int

    @property
    def is_whole(self) -> bool:
        """Whether none is missing."""
        return self.done >= self.total


def write_note(folder: Path, *, images: int) -> None:
    """Note beside the table of ``folder`` that it is to have a row for each of ``images``.

    Raises:
        OutputError: it cannot be written.
    """
    path = folder / NOTE_NAME
    try:
        write_whole(path, json.dumps({"images": images}).encode() + b"\n")
    except OSError as error:
        raise cannot_write(path, error) from None


def coverage_of(folder: Path, *, rows: int) -> Coverage:
    """What ``rows`` are of the run in ``folder``; where an earlier version left no note, all."""
    try:
        total = json.loads((folder / NOTE_NAME).read_bytes())["images"]
    except (OSError, ValueError, KeyError, TypeError):
        return Coverage(rows, rows)
    return Coverage(rows, total if isinstance(total, int) else rows)
