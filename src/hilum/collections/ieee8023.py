"""covid-chestxray-dataset (Cohen et al., 2020), also known as ieee8023.

What: 950 images of COVID-19 and other pneumonias (866 radiographs, the rest CT) collected from
publications and hospitals, with patient, day, finding, view and a licence per image; for 94 of
them the mean severity score of three readers.

Format: ``images/`` and ``metadata.csv`` (a row per image); most copies lack some
of the images it names. CT slices and volumes are reported, laterals are radiographs.
``annotations/covid-severity-scores.csv`` begins with comment lines; the extent of involvement
goes from 0 to 8, the opacity from 0 to 6. ``annotations/lungVAE-masks/`` holds lung masks that
a model drew; they are no truth and are reported as unused.

Citation: Cohen et al. 2020, arXiv 2003.11597; severity: Cohen et al. 2020, arXiv 2005.11856.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hilum.collections.chestxray_metadata import (
    Metadata,
    describe_image,
    is_radiograph,
    patient_of,
    place_of,
    read_metadata,
)
from hilum.collections.collection import NOT_A_RADIOGRAPH, Collection, Facts, Problem, Reading
from hilum.collections.folders import find_below, image_files, problem_at, unclaimed_images
from hilum.collections.tables import first_rows, number_in, read_table
from hilum.errors import CollectionError
from hilum.radiograph import Finding, Licence, Radiograph, SeverityScore
from hilum.scales import GEOGRAPHIC_EXTENT, OPACITY

_SCORES = "annotations/covid-severity-scores.csv"
_SCALES = {
    "geographic_mean": GEOGRAPHIC_EXTENT,
    "opacity_mean": OPACITY,
}
_MODEL_MASKS = "annotations/lungVAE-masks"


class Ieee8023(Collection):
    """covid-chestxray-dataset."""

    names_own = True
    facts = Facts(
        name="ieee8023",
        title="covid-chestxray-dataset",
        images="866 (metadata.csv has 950 rows, 84 of them CT)",
        findings=(
            Finding.NORMAL,
            Finding.COVID,
            Finding.PNEUMONIA,
            Finding.BACTERIAL_PNEUMONIA,
            Finding.VIRAL_PNEUMONIA,
            Finding.OTHER_PNEUMONIA,
            Finding.TUBERCULOSIS,
            Finding.OTHER,
        ),
        structures=(),
        lung_convention=None,
        licence=Licence("per image"),
        citation="Cohen et al. 2020, arXiv 2003.11597",
        home_page="https://github.com/ieee8023/covid-chestxray-dataset",
        how_to_get="git clone, give the folder",
    )

    def find_root(self, folder: Path) -> Path | None:
        """Told by ``metadata.csv`` beside ``images``, without ``structure.csv``."""
        return find_below(folder, _is_root)

    def read(self, root: Path, *, others: Sequence[Path] = ()) -> Reading:
        """Damaged ``metadata.csv`` is an error; damaged scores are a problem."""
        metadata = read_metadata(root / "metadata.csv")
        problems = list(metadata.problems)
        scores = _read_scores(root, metadata, problems)
        radiographs = tuple(self._radiographs(root, metadata, scores, problems))
        claimed = set(image_files(root / "images"))
        for path in sorted(claimed):
            if path.name not in metadata.rows:
                problems.append(
                    problem_at(root, path, "not in metadata", "no row names this image")
                )
        for path in image_files(root / _MODEL_MASKS):
            claimed.add(path)
            problems.append(problem_at(root, path, "unused mask", "drawn by a model, no truth"))
        claimed |= {root / place_of(row) for row in metadata.rows.values()}  # CT volumes
        problems += unclaimed_images(root, claimed)
        return Reading(self.facts.name, root, radiographs, tuple(problems))

    def _radiographs(
        self,
        root: Path,
        metadata: Metadata,
        scores: Mapping[str, tuple[SeverityScore, ...]],
        problems: list[Problem],
    ) -> Iterator[Radiograph]:
        present = {path.name: path for path in image_files(root / "images")}
        for name in sorted(metadata.rows):
            row = metadata.rows[name]
            path = present.get(name)
            if not is_radiograph(row):
                detail = f"{row['modality']} {row['view']}".strip()
                detail += "" if path else ", absent here"
                patient = patient_of(row["patientid"])
                problems.append(Problem(place_of(row), NOT_A_RADIOGRAPH, detail, patient))
            elif path is None:
                detail = "metadata.csv names it, images/ has it not"
                problems.append(Problem(place_of(row), "missing image", detail))
            else:
                radiograph = describe_image(
                    row,
                    path=path,
                    collection=self.facts.name,
                    citation=self.facts.citation,
                    problems=problems,
                )
                yield dataclasses.replace(radiograph, severity=scores.get(name, ()))


def _is_root(place: Path) -> bool:
    # General Blockchain brings the same metadata.csv; its structure.csv tells it apart.
    names = ("metadata.csv", "images")
    return all((place / n).exists() for n in names) and not (place / "structure.csv").exists()


def _read_scores(
    root: Path, metadata: Metadata, problems: list[Problem]
) -> dict[str, tuple[SeverityScore, ...]]:
    if not (root / _SCORES).is_file():
        return {}
    try:
        table = read_table(root / _SCORES, required=("filename", *_SCALES), comment="#")
    except CollectionError as error:  # the images can be read without their scores
        problems.append(Problem(_SCORES, "damaged table", error.reason))
        return {}
    problems += [dataclasses.replace(p, source_path=_SCORES) for p in table.problems]
    scores = {}
    rows = first_rows(
        *(table.rows, problems), key=lambda row: row["filename"], place=lambda row: _SCORES
    )
    for row in rows.values():
        found = []
        for column, scale in _SCALES.items():
            value = number_in(row[column], 0, scale.maximum)
            if value is not None:
                found.append(SeverityScore(scale.name, value, scale.maximum))
            elif row[column]:
                detail = f"{column} is {row[column][:20]!r}, expected 0 to {scale.maximum:g}"
                problems.append(Problem(f"images/{row['filename']}", "damaged score", detail))
        if row["filename"] not in metadata.rows:
            detail = f"{_SCORES} names it, metadata.csv does not"
            problems.append(Problem(f"images/{row['filename']}", "not in metadata", detail))
        scores[row["filename"]] = tuple(found)
    return scores
