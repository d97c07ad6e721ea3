"""The folder of a compile that names none: after its task and the day on which it was begun."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from hilum.dataset.variant import Variant
from hilum.radiograph import Finding

MARK = ".inputs"
"""The file of an unfinished folder that says of what it is being made."""


def task_folder(classes: Sequence[Finding], folders: Iterable[Path], variant: Variant) -> Path:
    """As ``covid-pneumonia-normal-2026-11-21``, in the working folder.

    The day is today's, but where an earlier run for the same classes, inputs and variant was
    stopped its day: that one goes on.
    """
    task = "-".join(name.replace("/", "_") for name in classes) or "radiographs"
    wanted = _mark(folders, variant)
    for begun in sorted(Path().glob(f".{task}-????-??-??.unfinished"), reverse=True):
        output = Path(begun.name[1:]).with_suffix("")
        if not output.exists() and _read(begun / MARK) == wanted:
            return output
    return Path(f"{task}-{datetime.date.today().isoformat()}")


def mark_inputs(folder: Path, inputs: Iterable[Path], variant: Variant) -> None:
    """Note in the unfinished ``folder`` what it is being made of; nobody can read it from that."""
    (folder / MARK).write_text(_mark(inputs, variant), encoding="ascii")


def _mark(inputs: Iterable[Path], variant: Variant) -> str:
    places = sorted(os.fsencode(path.resolve()).hex() for path in inputs)
    text = json.dumps([places, variant.facts()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError):
        return None
