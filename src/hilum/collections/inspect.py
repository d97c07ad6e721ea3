"""What is in a folder: counts, and everything that is wrong with it, at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hilum.collections.archives import Source, open_sources
from hilum.collections.check_pixels import find_pixel_problems
from hilum.collections.collection import Problem, Reading
from hilum.collections.dicom_patients import add_dicom_facts
from hilum.collections.missing_parts import find_missing_parts
from hilum.collections.pseudonyms import PatientKey
from hilum.collections.registry import COLLECTIONS, read_source
from hilum.radiograph import EmptyMask, Radiograph, Structure
from hilum.workers import Progress, map_ordered, no_progress

UNKNOWN = "unknown"
"""The name under which counts put what nobody has said."""


@dataclass(frozen=True)
class MaskCount:
    """For how many radiographs a structure has a mask, is known to be absent, or is unknown."""

    given: int
    """Pixels decide: a given mask may turn out to be empty."""
    absent: int
    unknown: int


@dataclass(frozen=True)
class ProblemGroup:
    """All problems of one kind."""

    kind: str
    problems: tuple[Problem, ...]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.problems)


@dataclass(frozen=True)
class Inspection:
    """What one folder holds. Counts map a name to a number of radiographs, most first."""

    collection: str
    title: str
    root: Path
    images: int
    findings: Mapping[str, int]
    official_splits: Mapping[str, int]
    structures: Mapping[str, MaskCount]
    """Only structures that some radiograph or the published collection has."""
    patients: int
    """Different patients among the radiographs whose patient is known."""
    images_without_patient: int
    licences: Mapping[str, int]
    views: Mapping[str, int]
    origins: Mapping[str, int]
    severity_scores: Mapping[str, int]
    """By scale, how many radiographs have a score."""
    problems: tuple[ProblemGroup, ...]
    """By kind, most frequent first."""
    pixels_checked: bool

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values that :mod:`json` writes; counts stay flat.

        ``structures`` counts given masks, ``structures_absent`` and ``structures_unknown`` the
        rest. Each of ``problems`` is a kind with its ``count`` and the ``source_path`` and
        ``detail`` of ``each``.
        """
        masks = self.structures
        return {
            "collection": self.collection,
            "title": self.title,
            "root": str(self.root),
            "images": self.images,
            "findings": dict(self.findings),
            "official_splits": dict(self.official_splits),
            "structures": {name: count.given for name, count in masks.items()},
            "structures_absent": {name: c.absent for name, c in masks.items() if c.absent},
            "structures_unknown": {name: c.unknown for name, c in masks.items() if c.unknown},
            "patients": self.patients,
            "images_without_patient": self.images_without_patient,
            "licences": dict(self.licences),
            "views": dict(self.views),
            "origins": dict(self.origins),
            "severity_scores": dict(self.severity_scores),
            "pixels_checked": self.pixels_checked,
            "problems": [
                {
                    "kind": group.kind,
                    "count": group.count,
                    "each": [
                        {"source_path": problem.source_path, "detail": problem.detail}
                        for problem in group.problems
                    ],
                }
                for group in self.problems
            ],
        }


def inspect_all(
    folders: Sequence[Path],
    *,
    check_pixels: bool = False,
    workers: int = 1,
    progress: Progress = no_progress,
) -> list[Inspection]:
    """Inspect each of ``folders``, which may be zip archives.

    An annotation set finds its images in the other ones.

    Raises:
        CollectionError: as :func:`inspect`.
    """
    with open_sources(folders, progress=progress) as sources:
        return [
            _inspect(
                source,
                others=[other.path for other in sources if other.path != source.path],
                check_pixels=check_pixels,
                workers=workers,
                progress=progress,
            )
            for source in sources
        ]


def inspect(
    folder: Path,
    *,
    others: Sequence[Path] = (),
    check_pixels: bool = False,
    workers: int = 1,
    progress: Progress = no_progress,
) -> Inspection:
    """Recognise ``folder``, read it and count what it holds.

    Args:
        folder: a downloaded collection, a folder or a zip archive.
        others: further folders in which an annotation set finds its images.
        check_pixels: decode every image and mask as well; what does not decode or does not fit
            becomes a problem. DICOM files are then asked for their patients, too.
        workers: processes that decode.
        progress: told of each decoded radiograph.

    Raises:
        CollectionError: the folder is no known collection, or its tables are damaged; an archive
            cannot be unpacked.
    """
    with open_sources([folder, *others], progress=progress) as (source, *rest):
        return _inspect(
            source,
            others=[other.path for other in rest],
            check_pixels=check_pixels,
            workers=workers,
            progress=progress,
        )


def _inspect(
    source: Source,
    *,
    others: Sequence[Path],
    check_pixels: bool,
    workers: int,
    progress: Progress,
) -> Inspection:
    reading = read_source(source, others=others)
    if check_pixels:
        (reading,) = add_dicom_facts([reading], PatientKey.random()).readings
    problems = [*reading.problems, *find_missing_parts(reading)]
    if check_pixels:
        advance = progress(f"checking {reading.collection}", len(reading.radiographs))
        for found in map_ordered(find_pixel_problems, reading.radiographs, workers=workers):
            problems += found
            advance()
    return summarise(reading, problems, pixels_checked=check_pixels)


def summarise(
    reading: Reading, problems: Sequence[Problem], *, pixels_checked: bool = False
) -> Inspection:
    """The counts of a reading that is there already; ``problems`` replace the reading's own."""
    facts = next(c.facts for c in COLLECTIONS if c.facts.name == reading.collection)
    radiographs = reading.radiographs
    return Inspection(
        collection=reading.collection,
        title=facts.title,
        root=reading.shown_root,
        images=len(radiographs),
        findings=_count(r.finding for r in radiographs),
        official_splits=_count(r.official_split for r in radiographs),
        structures=_count_masks(radiographs, facts.structures),
        patients=len({r.patient_id for r in radiographs if r.patient_id is not None}),
        images_without_patient=sum(r.patient_id is None for r in radiographs),
        licences=_count(r.licence.name for r in radiographs),
        views=_count(r.view for r in radiographs),
        origins=_count(r.origin for r in radiographs),
        severity_scores=_count(score.scale for r in radiographs for score in r.severity),
        problems=_group(problems),
        pixels_checked=pixels_checked,
    )


def _count(values: Iterable[str | None]) -> dict[str, int]:
    """How often each value occurs, most first, equal counts by name."""
    counts = Counter(UNKNOWN if value is None else str(value) for value in values)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _count_masks(
    radiographs: Sequence[Radiograph], published: Sequence[Structure]
) -> dict[str, MaskCount]:
    """Each structure's masks. One mask of both lungs counts as a mask of each."""
    counts = {}
    for structure in Structure:
        alias = structure in (Structure.RIGHT_LUNG, Structure.LEFT_LUNG)
        given = absent = 0
        for radiograph in radiographs:
            masks = radiograph.masks.get(structure)
            if masks is None and alias:
                masks = radiograph.masks.get(Structure.LUNGS)
            if masks is not None and all(isinstance(mask, EmptyMask) for mask in masks):
                absent += 1
            elif masks is not None:
                given += 1
        if structure is not Structure.LUNGS and (structure in published or given or absent):
            counts[str(structure)] = MaskCount(given, absent, len(radiographs) - given - absent)
    return counts


def _group(problems: Sequence[Problem]) -> tuple[ProblemGroup, ...]:
    by_kind: dict[str, list[Problem]] = {}
    for problem in problems:
        by_kind.setdefault(problem.kind, []).append(problem)
    return tuple(
        ProblemGroup(kind, tuple(found))
        for kind, found in sorted(by_kind.items(), key=lambda item: (-len(item[1]), item[0]))
    )
