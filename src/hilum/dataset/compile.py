"""Downloaded folders → one dataset folder. Each step is a file of this room."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hilum.collections.collection import Reading
from hilum.collections.dicom_patients import add_dicom_facts
from hilum.collections.pseudonyms import PatientKey
from hilum.collections.registry import read_folder, recognise
from hilum.dataset.card import write_card
from hilum.dataset.croissant import write_croissant
from hilum.dataset.issues import Issue, issues_of, write_issues
from hilum.dataset.lock import write_lock
from hilum.dataset.merge import merge_copies
from hilum.dataset.prepare import Prepared, prepare
from hilum.dataset.split import SplitOptions, assign_splits, group_ids
from hilum.dataset.write import PlacedRow, write_shards
from hilum.errors import DatasetError, OutputError
from hilum.radiograph import Radiograph
from hilum.workers import Progress, map_ordered, no_progress


@dataclass(frozen=True)
class CompileOptions:
    """How a dataset is compiled."""

    split: SplitOptions = field(default_factory=SplitOptions)
    workers: int = 1
    salt: str | None = field(default=None, repr=False)
    """From which pseudonyms of patients named in DICOM files are made; None: a random key, so
    that another compile gives them other pseudonyms, and draws other splits. Never written."""


@dataclass(frozen=True)
class Compiled:
    """What was written."""

    folder: Path
    images_read: int
    rows_by_split: dict[str, int]
    issues_by_kind: dict[str, int]
    has_passing_pseudonyms: bool
    """Whether patients have pseudonyms of a random key, which another compile will not give."""


def compile_dataset(
    folders: Sequence[Path],
    output: Path,
    *,
    options: CompileOptions | None = None,
    progress: Progress = no_progress,
) -> Compiled:
    """Read ``folders``, each a known collection, into the dataset folder ``output``.

    Every image found ends as a row or as a line of ``issues.csv``. The folder appears only
    when it is complete.

    Raises:
        CollectionError: a folder is no known collection, its tables are damaged, or the salt is
            too short.
        DatasetError: not one image could be read, or a folder is given twice.
        ImageError: a source file changed or vanished meanwhile.
        OutputError: ``output`` exists already, or cannot be written.
    """
    options = options or CompileOptions()
    _refuse_existing(output)
    key = PatientKey.random() if options.salt is None else PatientKey.from_salt(options.salt)
    told = add_dicom_facts(_read(folders), key)
    readings = told.readings
    issues = [issue for reading in readings for issue in issues_of(reading)]

    records = [r for reading in readings for r in reading.radiographs]
    prepared = _prepare(records, options.workers, issues, progress)
    if not prepared:
        raise DatasetError(
            "no image could be read",
            path=", ".join(str(folder) for folder in folders),
            got=_count_kinds(issues) or "no images",
            remedy="run 'hilum inspect' on each folder to see what is wrong",
        )
    merged = merge_copies(prepared, issues)
    groups = group_ids(merged)
    splits = assign_splits(merged, groups, options.split, issues)
    rows = [PlacedRow(*placed) for placed in zip(merged, groups, splits, strict=True)]

    with _folder_when_complete(output) as folder:
        shards = write_shards(rows, folder, advance=progress("writing", len(rows)))
        write_issues(issues, folder / "issues.csv")
        lock = write_lock(
            *(rows, shards, readings, options.split, folder / "hilum.lock.json"),
            patient_key=key.fingerprint if told.has_pseudonyms else None,
        )
        write_croissant(rows, shards, folder / "croissant.json")
        write_card(rows, issues, lock, folder / "README.md")
    return Compiled(
        folder=output,
        images_read=len(records),
        rows_by_split=dict(sorted(Counter(str(row.split) for row in rows).items())),
        issues_by_kind=dict(sorted(Counter(issue.kind for issue in issues).items())),
        has_passing_pseudonyms=options.salt is None and told.has_pseudonyms,
    )


def _refuse_existing(output: Path) -> None:
    if output.exists():
        raise OutputError(
            "the output exists already", path=output, remedy="name a new folder, or remove it"
        )


def _read(folders: Sequence[Path]) -> list[Reading]:
    roots = [recognise(folder)[1].resolve() for folder in folders]
    if len(set(roots)) < len(roots):
        raise DatasetError(
            "a folder is given twice", path=", ".join(map(str, folders)), remedy="give each once"
        )
    readings = [
        read_folder(folder, others=[other for other in roots if other != root])
        for folder, root in zip(folders, roots, strict=True)
    ]
    return [_tell_apart(reading, readings) for reading in readings]


def _tell_apart(reading: Reading, readings: Sequence[Reading]) -> Reading:
    """Where several folders of one collection are given, paths begin where the folders part."""
    roots = [other.root.resolve() for other in readings if other.collection == reading.collection]
    if len(roots) == 1:
        return reading
    place = reading.root.resolve().relative_to(os.path.commonpath(roots))
    return dataclasses.replace(
        reading,
        radiographs=tuple(
            dataclasses.replace(r, source_path=(place / r.source_path).as_posix())
            for r in reading.radiographs
        ),
        problems=tuple(
            dataclasses.replace(p, source_path=(place / p.source_path).as_posix())
            for p in reading.problems
        ),
    )


def _prepare(
    records: Sequence[Radiograph], workers: int, issues: list[Issue], progress: Progress
) -> list[Prepared]:
    prepared: list[Prepared] = []
    advance = progress("reading", len(records))
    for outcome in map_ordered(prepare, records, workers=workers):
        if outcome.prepared is not None:
            prepared.append(outcome.prepared)
        issues += outcome.issues
        advance()
    return prepared


def _count_kinds(issues: Sequence[Issue]) -> str:
    counts = Counter(issue.kind for issue in issues)
    return ", ".join(f"{count} × {kind}" for kind, count in sorted(counts.items()))


@contextmanager
def _folder_when_complete(output: Path) -> Iterator[Path]:
    """A hidden folder to write to, which becomes ``output`` at the end, or vanishes."""
    unfinished = output.with_name(f".{output.name}.unfinished")
    try:
        if unfinished.exists():  # left by a run that was killed
            shutil.rmtree(unfinished)
        unfinished.mkdir(parents=True)
        yield unfinished
        unfinished.rename(output)
    except OSError as error:
        raise OutputError(
            "the output cannot be written",
            path=output,
            got=error.strerror or str(error) or type(error).__name__,
            remedy="choose a folder you may write to, with room enough",
        ) from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
