"""RSNA Pneumonia Detection Challenge (Radiological Society of North America, 2018).

What: 26,684 frontal radiographs of ChestX-ray14 with new labels: 8,851 normal, 6,012 with a lung
opacity suspicious for pneumonia, 11,821 with something else; and 3,000 for the challenge's test,
whose labels are not published.

Format: ``stage_2_train_images/<patientId>.dcm``, ``stage_2_test_images/`` and two tables with a
row per box, so that an image may have several: ``stage_2_train_labels.csv`` (patientId, x, y,
width, height, Target) and ``stage_2_detailed_class_info.csv`` (patientId, class: ``Lung Opacity``,
``No Lung Opacity / Not Normal``, ``Normal``). Without the latter only lung opacity is known. The
boxes are no outlines and are not read as masks. A ``patientId`` names an image, not a person: who
is who tells only ``pneumonia-challenge-dataset-mappings_2018.json`` of RSNA's own page, which gives
each image's name in ChestX-ray14 and is read where it lies beside the tables. View, age and sex
stand in the DICOM files, which are not opened here.

Citation: Shih et al. 2019, doi 10.1148/ryai.2019180041; images: Wang et al. 2017, doi
10.1109/CVPR.2017.369.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hilum.collections import chestx_ray14
from hilum.collections.collection import Collection, Facts, Problem, Reading
from hilum.collections.folders import find_below, image_files, unclaimed_images
from hilum.collections.json_files import read_json
from hilum.collections.origins import RSNA
from hilum.collections.tables import read_table
from hilum.errors import CollectionError
from hilum.radiograph import Finding, Licence, Radiograph, Split, View

_LABELS = "stage_2_train_labels.csv"
_CLASSES = "stage_2_detailed_class_info.csv"
_MAPPING = "pneumonia-challenge-dataset-mappings_2018.json"
_TRAIN, _TEST = "stage_2_train_images", "stage_2_test_images"
_NAME = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_FINDINGS = {
    "lung opacity": Finding.LUNG_OPACITY,
    "normal": Finding.NORMAL,
    "no lung opacity / not normal": Finding.OTHER,
}


@dataclass(frozen=True)
class _Labels:
    """What the tables say, by ``patientId``."""

    findings: Mapping[str, Finding | None]
    patients: Mapping[str, str]
    """As ChestX-ray14 numbers them."""


class RsnaPneumonia(Collection):
    """RSNA Pneumonia Detection Challenge, stage 2."""

    facts = Facts(
        name="rsna-pneumonia",
        title="RSNA Pneumonia Detection Challenge",
        images="26,684 (and 3,000 without labels)",
        findings=tuple(_FINDINGS.values()),
        structures=(),
        lung_convention=None,
        licence=Licence("RSNA, non-commercial use with citation; images NIH, free use"),
        citation="Shih et al. 2019, doi 10.1148/ryai.2019180041; "
        "Wang et al. 2017, doi 10.1109/CVPR.2017.369",
        home_page="https://www.rsna.org/artificial-intelligence/ai-image-challenge/"
        "rsna-pneumonia-detection-challenge-2018",
        how_to_get="Kaggle (login); give the zip as it is, or a folder of it with the mapping of "
        "RSNA's page, which tells patients",
        holds=("chestx-ray14",),
    )

    def find_root(self, folder: Path) -> Path | None:
        """Told by one of its tables beside one of its image folders."""
        return find_below(folder, _is_root)

    def read(self, root: Path, *, others: Sequence[Path] = ()) -> Reading:
        """A damaged table is an error; without the mapping, patients are unknown."""
        problems: list[Problem] = []
        labels = _Labels(_read_findings(root, problems), _read_patients(root, problems))
        radiographs = tuple(self._radiographs(root, labels))
        in_train = {r.path.stem.lower(): r for r in radiographs if r.official_split is Split.TRAIN}
        for name, radiograph in in_train.items():
            if name not in labels.findings:
                detail = "the tables have no row for it"
                problems.append(Problem(radiograph.source_path, "not in metadata", detail))
        absent = sorted(labels.findings.keys() - in_train.keys())
        if absent:
            detail = f"images of the tables that are not here: {len(absent):,}, first {absent[0]}"
            problems.append(Problem(_TRAIN, "missing images", detail))
        problems += unclaimed_images(root, (radiograph.path for radiograph in radiographs))
        return Reading(self.facts.name, root, radiographs, tuple(problems))

    def _radiographs(self, root: Path, labels: _Labels) -> Iterator[Radiograph]:
        for folder, split in ((_TRAIN, Split.TRAIN), (_TEST, Split.TEST)):
            for path in image_files(root / folder):
                if not _NAME.fullmatch(path.stem):
                    continue
                name = path.stem.lower()
                finding = labels.findings.get(name) if split is Split.TRAIN else None
                yield self._record(
                    root,
                    path,
                    finding=finding,
                    patient_id=labels.patients.get(name),
                    origin=RSNA,
                    official_split=split,
                    view=View.FRONTAL,
                    label_source="radiologists" if finding is not None else None,
                )


def _is_root(place: Path) -> bool:
    has_table = any((place / table).is_file() for table in (_LABELS, _CLASSES))
    return has_table and any((place / folder).is_dir() for folder in (_TRAIN, _TEST))


def _read_findings(root: Path, problems: list[Problem]) -> dict[str, Finding | None]:
    """What both tables say of each image, unknown where they contradict each other."""
    findings: dict[str, Finding | None] = {}
    contradicted = set()
    for row in _read_rows(root / _CLASSES, "class", problems):
        finding = _FINDINGS.get(row["class"].lower())
        if finding is None:
            problems.append(Problem(_CLASSES, "unknown finding", row["class"][:80]))
        name = row["patientId"].lower()
        if findings.setdefault(name, finding) != finding:
            contradicted.add(name)
    for row in _read_rows(root / _LABELS, "Target", problems):
        name, is_opacity = row["patientId"].lower(), row["Target"] == "1"
        known = findings.setdefault(name, Finding.LUNG_OPACITY if is_opacity else None)
        if known is not None and (known is Finding.LUNG_OPACITY) != is_opacity:
            contradicted.add(name)
    for name in sorted(contradicted):
        findings[name] = None
        detail = f"the rows of {name} contradict each other; its finding is unknown"
        problems.append(Problem(_TRAIN, "rows disagree", detail))
    return findings


def _read_rows(path: Path, column: str, problems: list[Problem]) -> Sequence[Mapping[str, str]]:
    if not path.exists():
        detail = f"without {path.name} less is known of the findings"
        problems.append(Problem(path.name, "missing table", detail))
        return ()
    table = read_table(path, required=("patientId", column))
    problems += table.problems
    return table.rows


def _read_patients(root: Path, problems: list[Problem]) -> dict[str, str]:
    """Image → the person of ChestX-ray14, as far as the mapping tells."""
    if not (root / _MAPPING).exists():
        return {}
    try:
        entries = read_json(root / _MAPPING)
    except CollectionError as error:  # the images can be read without their patients
        problems.append(Problem(_MAPPING, "damaged table", error.reason))
        return {}
    patients = {}
    damaged = 0
    for entry in entries if isinstance(entries, list) else [entries]:
        values = entry if isinstance(entry, dict) else {}
        patient = chestx_ray14.patient_of_name(str(values.get("img_id")))
        if patient is None:
            damaged += 1
        else:
            patients[str(values.get("subset_img_id")).lower()] = patient
    if damaged:
        detail = f"{damaged:,} entries name no image of ChestX-ray14"
        problems.append(Problem(_MAPPING, "damaged row", detail))
    return patients
