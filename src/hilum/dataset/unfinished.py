"""The folder of a compile that is not finished, and what a run after a kill takes over from it.

``.NAME.unfinished`` beside the output. What was read lies in a journal, one line per radiograph;
a line is used again only where nothing has changed that it depends on: the record, and size and
time of its files. A shard that is complete has a note beside it.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import hilum
from hilum.dataset.issues import Issue
from hilum.dataset.lock import package_versions
from hilum.dataset.prepare import Outcome, Prepared
from hilum.dataset.task_folder import MARK
from hilum.dataset.variant import Cut, StoredMask, Variant
from hilum.dataset.write import NOTE_ENDING
from hilum.errors import DatasetError
from hilum.imaging.enhance import Enhancement
from hilum.output import folder_to_be
from hilum.radiograph import Radiograph, Structure
from hilum.twins.fingerprint import Fingerprint

_JOURNAL = ".read.jsonl"

_WRITE_EVERY = 1.0
"""Seconds of work that a kill may lose."""

_PACKED = ("digest", "thumbnail", "bordered")
"""Fields of a fingerprint that are bytes."""


@contextmanager
def unfinished(output: Path, variant: Variant) -> Iterator[Unfinished]:
    """A folder to write to, which becomes ``output`` when the block is left without an error.

    Else it stays, and the next run of the same ``variant`` goes on with it, with other wishes too;
    unless nothing could be read.

    Raises:
        OutputError: there is an output, another run writes it, or it cannot be written.
    """
    remedy = "make room, and the same command goes on; or choose a folder you may write to"
    with folder_to_be(output, until_then="unfinished", remedy=remedy) as folder:
        try:
            made_by = _made_by(variant)
            known = _read_journal(folder, made_by)
            folder.mkdir(exist_ok=True)
            with (folder / _JOURNAL).open("a", encoding="ascii", newline="\n") as journal:
                yield Unfinished(folder, journal, known, made_by)
            (folder / _JOURNAL).unlink()
            (folder / MARK).unlink(missing_ok=True)
            for note in folder.rglob(f"*{NOTE_ENDING}"):
                note.unlink()
        except DatasetError:
            if not _holds_anything(folder):
                shutil.rmtree(folder, ignore_errors=True)
            raise


class Unfinished:
    """The folder, with what an earlier run has read already."""

    def __init__(
        self, folder: Path, journal: TextIO, known: dict[str, Any], made_by: dict[str, Any]
    ) -> None:
        self.folder = folder
        self._journal = journal
        self._written = time.monotonic()
        self._known = known
        if journal.tell() == 0:
            self._write(made_by)

    def find(self, radiograph: Radiograph) -> Outcome | None:
        """What became of ``radiograph`` in an earlier run; None where it has to be read, or was
        asked for before."""
        values = self._known.pop(_record_hash(radiograph), None) if self._known else None
        return None if values is None else _outcome(values, radiograph)

    def add(self, radiograph: Radiograph, outcome: Outcome) -> None:
        """Note what became of ``radiograph``."""
        self._write([_record_hash(radiograph), _values(outcome)])

    def _write(self, value: object) -> None:
        self._journal.write(_ENCODER.encode(value) + "\n")
        if time.monotonic() >= self._written + _WRITE_EVERY:
            self._journal.flush()
            self._written = time.monotonic()


def _made_by(variant: Variant) -> dict[str, Any]:
    return {"hilum": hilum.__version__, **package_versions(), "variant": variant.facts()}


def _read_journal(folder: Path, made_by: dict[str, Any]) -> dict[str, Any]:
    """What was read before in the same way, by fingerprint; what others left is removed."""
    path = folder / _JOURNAL
    known: dict[str, Any] = {}
    whole = 0
    if path.exists():
        with path.open("rb") as file:
            for line in file:
                try:
                    value = json.loads(line)
                    if whole:
                        known[value[0]] = value[1]
                    elif value != made_by:
                        break
                except (ValueError, LookupError, TypeError):  # the line a kill broke off
                    break
                whole += len(line)
    if whole:
        os.truncate(path, whole)
    elif folder.exists():
        shutil.rmtree(folder)
    return known


def _holds_anything(folder: Path) -> bool:
    """Whether the journal tells of one image that could be read."""
    try:
        with (folder / _JOURNAL).open(encoding="ascii") as journal:
            return any('"prepared": {' in line for line in journal)
    except OSError:
        return False


def _record_hash(radiograph: Radiograph) -> str:
    """SHA-256 over the record, with size and time of each file in place of its folder.

    Without the patient, who has another pseudonym in every run without a salt.
    """
    text = _ENCODER.encode({**_fields(radiograph), "patient_id": None})
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """What JSON has no word for, in its words."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if not isinstance(value, Path):
        return _fields(value)
    try:
        state = value.stat()
    except OSError:
        return [value.name]
    return [value.name, state.st_size, state.st_mtime_ns]


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


_ENCODER = json.JSONEncoder(default=_plain, sort_keys=True)


def _values(outcome: Outcome) -> dict[str, Any]:
    values = _fields(outcome)
    if outcome.prepared is not None:
        values["prepared"] = _fields(outcome.prepared)
        del values["prepared"]["radiograph"]
    return values


def _outcome(values: dict[str, Any], radiograph: Radiograph) -> Outcome:
    issues = tuple(Issue(**issue) for issue in values["issues"])
    own, found = values["prepared"], values["fingerprint"]
    if own is None:
        return Outcome(None, issues)
    enhancement, cut = own["enhancement"], own["cut"]
    changes = {
        "masks": {Structure(name): _mask(mask) for name, mask in own["masks"].items()},
        "enhancement": enhancement and Enhancement(enhancement),
        "cut": cut and Cut(**{**cut, "lungs": _mask(cut["lungs"])}),
    }
    packed = {name: base64.b64decode(found[name]) for name in _PACKED}
    fingerprint = Fingerprint(**{**found, **packed, "box": tuple(found["box"])})
    return Outcome(Prepared(**{**own, **changes}, radiograph=radiograph), issues, fingerprint)


def _mask(values: dict[str, str]) -> StoredMask:
    return StoredMask(base64.b64decode(values["png"]), values["pixels_sha256"])
