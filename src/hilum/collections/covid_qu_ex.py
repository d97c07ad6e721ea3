"""COVID-QU-Ex, infection half (Qatar University, 2021).

What: 2,913 COVID-19, 1,457 other pneumonia and 1,456 normal radiographs of many public
sources, each with a lung mask and a mask of the COVID-19 infection.

Format: ``{Train,Val,Test}/{COVID-19,Non-COVID,Normal}/{images,lung masks,infection masks}``,
8-bit grey PNG, 256×256; below a doubled folder ``Infection Segmentation Data`` of which some
copies have lost one. Any mask value above zero is foreground. Every Non-COVID infection mask
is empty, pneumonia included: the mask means COVID-19 infection.

Citation: Tahir et al. 2021, doi 10.1016/j.compbiomed.2021.105002.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from hilum.collections.collection import Collection, Facts, Problem, Reading
from hilum.collections.folders import find_descendant, image_files, unclaimed_images
from hilum.radiograph import (
    UNSTATED_LICENCE,
    Finding,
    LungConvention,
    MaskFile,
    Radiograph,
    Split,
    Structure,
)

_SPLITS = {"Train": Split.TRAIN, "Val": Split.VALIDATION, "Test": Split.TEST}
_FINDINGS = {
    "COVID-19": Finding.COVID,
    "Non-COVID": Finding.PNEUMONIA,
    "Normal": Finding.NORMAL,
}
_MASK_FOLDERS = {Structure.LUNGS: "lung masks", Structure.INFECTION: "infection masks"}
_PATIENT = re.compile(r"^sub-(S\d+)_", re.IGNORECASE)
"""BIMCV's names, which some COVID-19 images keep, carry the patient."""


class CovidQuEx(Collection):
    """COVID-QU-Ex Infection Segmentation Data."""

    facts = Facts(
        name="covid-qu-ex",
        title="COVID-QU-Ex, infection segmentation data",
        images="5,826 (train 3,728, validation 932, test 1,166)",
        findings=tuple(_FINDINGS.values()),
        structures=(Structure.RIGHT_LUNG, Structure.LEFT_LUNG, Structure.INFECTION),
        lung_convention=LungConvention.AERATED,
        licence=UNSTATED_LICENCE,
        citation="Tahir et al. 2021, doi 10.1016/j.compbiomed.2021.105002",
        home_page="https://www.kaggle.com/datasets/anasmohammedtahir/covidqu",
        how_to_get="Kaggle (login), unpack the archive, give the folder",
    )

    def find_root(self, folder: Path) -> Path | None:
        """Told by ``COVID-19/infection masks`` below a split."""
        for split in ("Train", "Val", "Test"):
            root = find_descendant(folder, [f"{split}/COVID-19/infection masks"], depth=3)
            if root is not None:
                return root
        return None

    def read(self, root: Path, *, others: Sequence[Path] = ()) -> Reading:
        """No tables, so nothing but an unreadable folder is an error."""
        problems: list[Problem] = []
        radiographs = tuple(self._radiographs(root, problems))
        claimed = [r.path for r in radiographs]
        for place in _class_folders(root):
            for folder in _MASK_FOLDERS.values():
                claimed += image_files(place / folder)
        problems += unclaimed_images(root, claimed)
        return Reading(self.facts.name, root, radiographs, tuple(problems))

    def _radiographs(self, root: Path, problems: list[Problem]) -> Iterator[Radiograph]:
        for split_name, split in _SPLITS.items():
            for class_name, finding in _FINDINGS.items():
                folder = root / split_name / class_name
                for path in image_files(folder / "images"):
                    yield self._radiograph(root, path, finding, split, problems)
                problems += _masks_without_image(root, folder)

    def _radiograph(
        self, root: Path, path: Path, finding: Finding, split: Split, problems: list[Problem]
    ) -> Radiograph:
        source_path = path.relative_to(root).as_posix()
        masks: dict[Structure, tuple[MaskFile]] = {}
        for structure, folder in _MASK_FOLDERS.items():
            mask = path.parent.parent / folder / path.name
            if mask.is_file():
                masks[structure] = (MaskFile(mask),)
            else:
                problems.append(Problem(source_path, "missing mask", f"no {folder}/{path.name}"))
        patient = _PATIENT.match(path.name)
        return Radiograph(
            path=path,
            source_path=source_path,
            collection=self.facts.name,
            finding=finding,
            masks=masks,
            lung_convention=self.facts.lung_convention,
            patient_id=f"{self.facts.name}:{patient[1]}" if patient else None,
            origin="BIMCV-COVID19+" if patient else None,
            official_split=split,
            licence=self.facts.licence,
            citation=self.facts.citation,
            label_source="folder",
        )


def _class_folders(root: Path) -> Iterator[Path]:
    for split_name in _SPLITS:
        yield from (root / split_name / class_name for class_name in _FINDINGS)


def _masks_without_image(root: Path, folder: Path) -> Iterator[Problem]:
    for mask_folder in _MASK_FOLDERS.values():
        for mask in image_files(folder / mask_folder):
            if not (folder / "images" / mask.name).is_file():
                yield Problem(
                    mask.relative_to(root).as_posix(), "mask without image", "its image is missing"
                )
