"""Who an image was taken of, and on which day: from a table, a dataset or DICOM files."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

from hilum.collections.pseudonyms import PatientKey
from hilum.collections.tables import day_of, read_table
from hilum.dataset.read import Dataset
from hilum.errors import CollectionError
from hilum.imaging.formats import IMAGE_SUFFIXES, ImageFormat, format_of
from hilum.radiograph import Split


@dataclass(frozen=True)
class Visit:
    """What is known of one image's patient and day; None where unknown."""

    patient: str | None
    day: int | None
    note: str = ""
    """Why something is unknown."""


@dataclass(frozen=True)
class Visits:
    """Images by name, each with its visit."""

    named: tuple[tuple[str, Visit], ...]
    """A name is a path with forward slashes, as far as it was told; it may occur twice."""
    problems: tuple[str, ...] = ()
    """Sentences about rows that could not be read."""


@dataclass(frozen=True)
class Columns:
    """What the columns of a table of visits are called."""

    image: str = "image"
    patient: str = "patient"
    day: str = "day"


def visits_from_table(path: Path, columns: Columns) -> Visits:
    """The visits that a CSV file lists, a row per image.

    A day is a number, or a date written YYYY-MM-DD; dates become days since the patient's first
    one in the table.

    Raises:
        CollectionError: the table cannot be read or lacks a column.
    """
    names = (columns.image, columns.patient, columns.day)
    if len(set(names)) < len(names):
        raise CollectionError(
            "one column cannot be image, patient and day",
            path=path,
            got=", ".join(names),
            remedy="name three columns of the table",
        )
    table = read_table(path, required=names)
    rows = [tuple(row[name] for name in names) for row in table.rows]
    by_patient: dict[str, list[str]] = defaultdict(list)
    for _, patient, day in rows:
        by_patient[patient].append(day)
    days = {patient: _days(written) for patient, written in by_patient.items()}
    named = tuple(
        (image.replace("\\", "/"), _visit(patient, days[patient].get(day)))
        for image, patient, day in rows
        if image
    )
    problems = [problem.detail for problem in table.problems]
    if len(named) < len(rows):
        problems.append(f"{len(rows) - len(named)} rows of {path.name} name no image")
    return Visits(named, tuple(problems))


def visits_from_dataset(dataset: Dataset) -> Visits:
    """The visits that a compiled dataset knows, by the paths its images had in their collections.

    Raises:
        DatasetError: a file of it is damaged.
    """
    return Visits(
        tuple(
            (str(row["source_path"]), _visit(row["patient_id"] or "", row["day"]))
            for split in Split
            for row in dataset.labels(split)
        )
    )


def visits_from_dicom(folder: Path, paths: Iterable[str], key: PatientKey) -> Visits:
    """The visits that DICOM files tell of: those of ``paths`` that lie below ``folder``.

    Patients are pseudonyms made with ``key``; days count from each one's first film.

    Raises:
        CollectionError: there is no such folder.
    """
    from hilum.imaging.dicom_facts import count_days, read_dicom_facts  # slow: pydicom

    if not folder.is_dir():
        raise CollectionError("there is no such folder", path=folder, remedy="check the spelling")
    facts = {
        path: told
        for path in paths
        if format_of(folder / path) is ImageFormat.DICOM
        and (told := read_dicom_facts(folder / path)) is not None
    }
    days = count_days(facts)
    return Visits(
        tuple(
            (path, _visit(key.pseudonym(told.patient) if told.patient else "", days.get(path)))
            for path, told in facts.items()
        )
    )


def assign_visits(paths: Sequence[str], visits: Visits) -> tuple[dict[str, Visit], list[str]]:
    """(the visit of each of ``paths``, the names in ``visits`` that none of them has).

    A name means a path if it is its end (or the path is the name's), folder by folder; a name
    without an image's ending may leave that out. Where several names or paths would do, the
    longest common end counts, and where that leaves a choice nothing is assigned.
    """
    index: dict[str, list[tuple[tuple[str, ...], Visit, str]]] = defaultdict(list)
    for name, visit in visits.named:
        parts = _parts(name)
        if parts:
            index[parts[-1]].append((parts, visit, name))
    chosen: dict[str, list[tuple[int, Visit, str]]] = {}
    claims: dict[str, int] = defaultdict(int)
    for path in paths:
        parts = _parts(path)
        stem = PurePosixPath(parts[-1]).stem if parts else ""
        found = [*index.get(parts[-1] if parts else "", ()), *_without_ending(index, stem, parts)]
        fits = [(_common_end(parts, other), visit, name) for other, visit, name in found]
        longest = max((length for length, _, _ in fits), default=0)
        chosen[path] = [fit for fit in fits if fit[0] == longest > 0]
        for _, _, name in chosen[path]:
            claims[name] = max(claims[name], longest)
    shared = _shared(chosen)
    assigned = {path: _decide(fits, shared) for path, fits in chosen.items()}
    unused = dict.fromkeys(name for name, _ in visits.named if name not in claims)
    return assigned, list(unused)


def _days(written: Sequence[str]) -> dict[str, int]:
    """What each of one patient's cells means as a day; what means nothing is left out."""
    numbers = {text: day for text in written if (day := day_of(text)) is not None}
    dates = {text: told for text in written if (told := _date_of(text)) is not None}
    if numbers:
        return numbers  # beside numbers a date has no place: from where they count is not known
    first = min(dates.values(), default=None)
    return {} if first is None else {text: (told - first).days for text, told in dates.items()}


def _date_of(text: str) -> date | None:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}([T ].*)?", text):
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _visit(patient: str, day: int | None) -> Visit:
    if not patient:
        return Visit(None, day, "patient unknown")
    return Visit(patient, day, "day unknown" if day is None else "")


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part not in ("", "."))


def _without_ending(
    index: Mapping[str, Sequence[tuple[tuple[str, ...], Visit, str]]],
    stem: str,
    parts: tuple[str, ...],
) -> Iterator[tuple[tuple[str, ...], Visit, str]]:
    if parts and stem != parts[-1]:
        for names, visit, name in index.get(stem, ()):
            if PurePosixPath(stem).suffix.lower() not in IMAGE_SUFFIXES:
                yield (*names[:-1], parts[-1]), visit, name


def _common_end(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """How much two paths agree: 0 if neither is the other's end, most if they are equal."""
    length = min(len(one), len(other))
    return 2 * length + (one == other) if length and one[-length:] == other[-length:] else 0


def _shared(chosen: Mapping[str, Sequence[tuple[int, Visit, str]]]) -> set[tuple[int, str]]:
    """(length, name) of the fits that do not tell which of several paths is meant."""
    paths: dict[str, list[int]] = defaultdict(list)
    for fits in chosen.values():
        for name in {name for _, _, name in fits}:
            paths[name].append(fits[0][0])
    return {
        (length, name)
        for name, lengths in paths.items()
        for length in lengths
        if len(lengths) > 1 and (length < max(lengths) or lengths.count(length) > 1)
    }


def _decide(fits: Sequence[tuple[int, Visit, str]], shared: set[tuple[int, str]]) -> Visit:
    if not fits:
        return Visit(None, None, "nothing tells its patient")
    if len({visit for _, visit, _ in fits}) > 1:
        return Visit(None, None, "several rows that differ may be about it")
    if any((length, name) in shared for length, _, name in fits):
        return Visit(None, None, "a row about it may be about another image as well")
    return fits[0][1]
