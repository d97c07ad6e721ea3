"""BrixIA COVID-19 dataset (University of Brescia and ASST Spedali Civili, 2021).

What: 4,703 frontal radiographs of COVID-19 patients of one Italian hospital, each with the Brixia
score that a radiologist on duty gave it: six zones of the lungs, 0 to 3, sum 0 to 18.

Format: ``dicom_clean/<Filename>`` (DICOM) beside ``metadata_global_v2.csv``, cells separated by
semicolons, or ``metadata_global_v1.csv`` with commas; of several the newest is read. A row per
image: Subject, Sex, ``BrixiaScore`` (six digits, leading zeros may be lost), their sum
``BrixiaScoreGlobal`` and ``ConsensusTestset``, 1 for the 150 images of the official test. Where the
sum is not that of the digits, the score is unknown. All patients had COVID-19; a score of 0 says
that the image shows nothing of it, and the finding is then unknown. The age is only given in
groups of five years, of which nothing says how they are counted, and is left out, as are the
scores that five radiologists gave the test images (``metadata_consensus_v1.csv``).

Citation: Signoroni et al. 2021, doi 10.1016/j.media.2021.102046.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hilum.collections.brixia_score import brixia_score
from hilum.collections.collection import Collection, Facts, Problem, Reading
from hilum.collections.folders import (
    find_below,
    holds_file_like,
    image_files,
    unclaimed_images,
)
from hilum.collections.origins import BRESCIA
from hilum.collections.tables import Row, first_rows, read_table, sex_of
from hilum.errors import CollectionError
from hilum.radiograph import Finding, Licence, Radiograph, Split, View

_TABLE = re.compile(r"metadata_global_v(\d+)\.csv$", re.IGNORECASE)
_IMAGES = "dicom_clean"
_NAME, _ZONES, _TOTAL = "Filename", "BrixiaScore", "BrixiaScoreGlobal"
_SPLITS = {"0": Split.TRAIN, "1": Split.TEST}


class Brixia(Collection):
    """BrixIA's own radiographs with their scores."""

    facts = Facts(
        name="brixia",
        title="BrixIA COVID-19 dataset",
        images="4,703 (150 of them the official test)",
        findings=(Finding.COVID,),
        structures=(),
        lung_convention=None,
        licence=Licence("BrixIA, research use only"),
        citation="Signoroni et al. 2021, doi 10.1016/j.media.2021.102046",
        home_page="https://brixia.github.io/",
        how_to_get="the home page leads to it; give the folder with dicom_clean and the table",
    )

    def find_root(self, folder: Path) -> Path | None:
        """Told by ``metadata_global_v….csv`` beside ``dicom_clean``."""
        return find_below(folder, _is_root)

    def read(self, root: Path, *, others: Sequence[Path] = ()) -> Reading:
        """Damaged ``metadata_global_v….csv`` is an error."""
        path = _newest_table(root)
        table = read_table(path, required=(_NAME, _ZONES, _TOTAL), separators=",;")
        problems = list(table.problems)
        rows = first_rows(
            *(table.rows, problems),
            key=lambda row: row[_NAME],
            place=lambda row: f"{_IMAGES}/{row[_NAME]}",
        )
        radiographs = tuple(self._radiographs(root, rows, problems))
        absent = sorted(rows.keys() - {radiograph.path.name for radiograph in radiographs})
        if absent:
            detail = f"images of {path.name} that are not here: {len(absent):,}, first {absent[0]}"
            problems.append(Problem(path.name, "missing images", detail))
        problems += unclaimed_images(root, (radiograph.path for radiograph in radiographs))
        return Reading(self.facts.name, root, radiographs, tuple(problems))

    def _radiographs(
        self, root: Path, rows: Mapping[str, Row], problems: list[Problem]
    ) -> Iterator[Radiograph]:
        for path in image_files(root / _IMAGES):
            source_path = path.relative_to(root).as_posix()
            row = rows.get(path.name)
            score = None
            if row is None:
                problems.append(Problem(source_path, "not in metadata", "no row names this image"))
                row = {}
            else:
                score = brixia_score(row[_ZONES].zfill(6), row[_TOTAL])
                if score is None:
                    detail = f"zones {row[_ZONES][:20]!r}, sum {row[_TOTAL][:20]!r}; unknown"
                    problems.append(Problem(source_path, "damaged score", detail))
            patient = row.get("Subject")
            yield self._record(
                root,
                path,
                finding=None if score is not None and score.value == 0 else Finding.COVID,
                patient_id=f"{self.facts.name}:{patient}" if patient else None,
                origin=BRESCIA,
                official_split=_SPLITS.get(row.get("ConsensusTestset", "").removesuffix(".0")),
                view=View.FRONTAL,
                sex=sex_of(row.get("Sex", "")),
                severity=() if score is None else (score,),
                label_source="radiologist on duty",
            )


def _is_root(place: Path) -> bool:
    return (place / _IMAGES).is_dir() and holds_file_like(place, _TABLE)


def _newest_table(root: Path) -> Path:
    versions = {
        int(found[1]): path for path in root.iterdir() if (found := _TABLE.match(path.name))
    }
    if not versions:
        raise CollectionError(
            "the table is missing",
            path=root,
            expected="metadata_global_v2.csv or another version of it",
            remedy="put it back",
        )
    return versions[max(versions)]
