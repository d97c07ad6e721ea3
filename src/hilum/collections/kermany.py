"""Chest X-Ray Images (Pneumonia) (Kermany et al., 2018).

What: 5,856 frontal (anterior-posterior) radiographs of children aged one to five from Guangzhou,
graded by physicians: 1,583 normal, 2,780 bacterial and 1,493 viral pneumonia.

Format: ``{train,val,test}/{NORMAL,PNEUMONIA}/*.jpeg``; Kaggle's archive holds everything twice,
below ``chest_xray/chest_xray`` again: the inner copies are reported. Patients and causes are in
the names: ``IM-<patient>-<n>``, ``NORMAL2-IM-<patient>-<n>``,
``person<patient>_(bacteria|virus)_<n>``; in Mendeley's second version
``(NORMAL|BACTERIA|VIRUS)-<patient>-<n>``. A patient's number only holds within its prefix. A file
named otherwise is not taken for one of this collection. Each child's age is not given.

Citation: Kermany et al. 2018, Cell 172:1122, doi 10.1016/j.cell.2018.02.010.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from hilum.collections.collection import Collection, Facts, Reading
from hilum.collections.folders import (
    find_below,
    holds_file_like,
    image_files,
    problem_at,
    unclaimed_images,
    walk_images,
)
from hilum.collections.origins import GUANGZHOU
from hilum.radiograph import Finding, Licence, Radiograph, Split, View

_SPLITS = {"train": Split.TRAIN, "val": Split.VALIDATION, "test": Split.TEST}
_CLASSES = ("NORMAL", "PNEUMONIA")
_NAMES = {
    "NORMAL": re.compile(r"(?P<patient>(?:NORMAL2-)?IM-\d+|NORMAL-\d+)-\d+"),
    "PNEUMONIA": re.compile(
        r"(?P<patient>person\d+)_(?P<cause>bacteria|virus)_\d+|(?P<old>(BACTERIA|VIRUS)-\d+)-\d+"
    ),
}


def patient_of_name(name: str) -> str | None:
    """The patient that a file's name carries, in any set made from this; None for other names.

    >>> patient_of_name("person115_virus_3.jpeg"), patient_of_name("viral_1.png")
    ('kermany:person115', None)
    """
    for pattern in _NAMES.values():
        found = pattern.match(name)
        if found:
            parts = found.groupdict()
            return f"{Kermany.facts.name}:{parts['patient'] or parts.get('old')}"
    return None


class Kermany(Collection):
    """Kermany's chest radiographs of children."""

    facts = Facts(
        name="kermany",
        title="Chest X-Ray Images (Pneumonia), Kermany",
        images="5,856 (train 5,216, validation 16, test 624)",
        findings=(Finding.NORMAL, Finding.BACTERIAL_PNEUMONIA, Finding.VIRAL_PNEUMONIA),
        structures=(),
        lung_convention=None,
        licence=Licence("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"),
        citation="Kermany et al. 2018, doi 10.1016/j.cell.2018.02.010",
        home_page="https://data.mendeley.com/datasets/rscbjbr9sj",
        how_to_get="Mendeley Data or Kaggle (login); give the zip as it is, or its folder",
    )

    def find_root(self, folder: Path) -> Path | None:
        """Told by the names of files below ``NORMAL`` or ``PNEUMONIA``."""
        return find_below(folder, _is_root)

    def read(self, root: Path, *, others: Sequence[Path] = ()) -> Reading:
        """No tables, so nothing but an unreadable folder is an error."""
        radiographs = tuple(self._radiographs(root))
        claimed = {radiograph.path for radiograph in radiographs}
        problems = []
        for path in walk_images(root / "chest_xray"):
            if root / path.relative_to(root / "chest_xray") in claimed:
                claimed.add(path)
                detail = "the archive holds this image twice"
                problems.append(problem_at(root, path, "second copy", detail))
        problems += unclaimed_images(root, claimed)
        return Reading(self.facts.name, root, radiographs, tuple(problems))

    def _radiographs(self, root: Path) -> Iterator[Radiograph]:
        for split_name, split in _SPLITS.items():
            for class_name in _CLASSES:
                for path in image_files(root / split_name / class_name):
                    found = _NAMES[class_name].match(path.name)
                    if found:
                        yield self._radiograph(root, path, found, split)

    def _radiograph(self, root: Path, path: Path, found: re.Match[str], split: Split) -> Radiograph:
        parts = found.groupdict()
        patient = parts["patient"] or parts["old"]
        return self._record(
            root,
            path,
            finding=_finding(parts.get("cause") or patient.split("-")[0]),
            patient_id=patient_of_name(path.name),
            origin=GUANGZHOU,
            official_split=split,
            view=View.AP,
            label_source="file name",
        )


def _finding(cause: str) -> Finding:
    match cause.lower():
        case "bacteria":
            return Finding.BACTERIAL_PNEUMONIA
        case "virus":
            return Finding.VIRAL_PNEUMONIA
        case _:
            return Finding.NORMAL


def _is_root(place: Path) -> bool:
    # Others name their folders so, too; the files' names tell this collection.
    return any(
        holds_file_like(place / split / class_name, _NAMES[class_name])
        for split in _SPLITS
        for class_name in _CLASSES
    )
