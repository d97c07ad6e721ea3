"""COVID-19 Radiography Database in its three layouts (Qatar University, 2020 and 2021).

What: 3,616 COVID-19, 6,012 lung opacity, 10,192 normal and 1,345 viral pneumonia radiographs of
many public sources, each with a lung mask drawn by a model under human control. The releases
before have 219, later 1,143 and 1,200 COVID-19, 1,341 normal and 1,345 viral pneumonia
radiographs and no masks.

Format: ``{COVID,Lung_Opacity,Normal,Viral Pneumonia}/{images,masks}/``, images 299×299, masks of
the same name 256×256, often RGB; any value above zero is lung. The COVID-19 masks outline the
lungs, not the infection. Many copies have no masks. Releases before are flat:
``{COVID-19,NORMAL,Viral Pneumonia}/COVID-19 (1).png``, 1024×1024, in the first one and
``{COVID,NORMAL,Viral Pneumonia}/COVID (1).png`` in the middle ones; the blank may be missing.
Nothing tells the patients. ``<class>.metadata.xlsx`` beside the folders (``.matadata.xlsx`` for
the viral pneumonia of the first release) has a row per image, whose FILE NAME may differ from the
file's in case and blanks; the URL tells the origin. Without it all viral pneumonia is known to
come from Kermany's children, as do the normal images of the flat releases, and all lung opacity
from RSNA; other origins are then unknown.

Citation: Chowdhury et al. 2020, doi 10.1109/ACCESS.2020.3010287; Rahman et al. 2021, doi
10.1016/j.compbiomed.2021.104319.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from hilum.collections.collection import Collection, Facts, Problem, Reading
from hilum.collections.folders import (
    find_below,
    holds_file_like,
    image_files,
    masks_without_image,
    problem_at,
    subfolders,
    unclaimed_images,
)
from hilum.collections.origins import GUANGZHOU, RSNA
from hilum.collections.radiography_workbooks import Workbook, read_workbooks
from hilum.radiograph import (
    UNSTATED_LICENCE,
    Finding,
    LungConvention,
    Mask,
    MaskFile,
    Radiograph,
    Structure,
    View,
)

_FINDINGS = {
    "COVID": Finding.COVID,
    "Lung_Opacity": Finding.LUNG_OPACITY,
    "Normal": Finding.NORMAL,
    "Viral Pneumonia": Finding.VIRAL_PNEUMONIA,
}
_FLAT_FINDINGS = {
    "COVID": Finding.COVID,
    "COVID-19": Finding.COVID,
    "NORMAL": Finding.NORMAL,
    "Viral Pneumonia": Finding.VIRAL_PNEUMONIA,
}
_FLAT_NAME = re.compile(r"(COVID(-19)?|NORMAL|Viral Pneumonia) ?\(\d+\)\.png$", re.IGNORECASE)
_SPLITS = frozenset({"train", "training", "val", "valid", "validation", "test", "testing"})
_ORIGINS = {"Lung_Opacity": RSNA, "Viral Pneumonia": GUANGZHOU}
_FLAT_ORIGINS = {"NORMAL": GUANGZHOU, "Viral Pneumonia": GUANGZHOU}


class RadiographyDatabase(Collection):
    """COVID-19 Radiography Database, every release."""

    facts = Facts(
        name="radiography",
        title="COVID-19 Radiography Database",
        images="21,165 (earlier releases 2,905, 3,829 and 3,886)",
        findings=tuple(_FINDINGS.values()),
        structures=(Structure.RIGHT_LUNG, Structure.LEFT_LUNG),
        lung_convention=LungConvention.AERATED,
        licence=UNSTATED_LICENCE,
        citation="Chowdhury et al. 2020, doi 10.1109/ACCESS.2020.3010287; "
        "Rahman et al. 2021, doi 10.1016/j.compbiomed.2021.104319",
        home_page="https://www.kaggle.com/datasets/tawsifurrahman/covid19-radiography-database",
        how_to_get="Kaggle (login); give the zip as it is, or its folder",
        holds=("ieee8023", "hannover", "kermany", "rsna-pneumonia"),
    )

    def find_root(self, folder: Path) -> Path | None:
        """Told by two of its class folders, with ``images`` or with numbered names in them."""
        return find_below(folder, _is_root)

    def read(self, root: Path, *, others: Sequence[Path] = ()) -> Reading:
        """A damaged workbook is a problem: without it, origins are unknown."""
        problems: list[Problem] = []
        workbooks = read_workbooks(root, problems)
        radiographs: list[Radiograph] = []
        claimed: list[Path] = []
        for folder in subfolders(root):
            workbook = workbooks.get(folder.name.casefold(), Workbook())
            if folder.name in _FINDINGS and (folder / "images").is_dir():
                found = list(self._masked(root, folder, workbook, problems))
                images = {path.name for path in image_files(folder / "images")}
                masks = image_files(folder / "masks")
                claimed += masks
                problems += masks_without_image(root, (m for m in masks if m.name not in images))
            elif folder.name in _FLAT_FINDINGS:
                found = list(self._flat(root, folder, workbook))
            else:
                continue
            radiographs += found
            problems += workbook.compare(found)
        claimed += [radiograph.path for radiograph in radiographs]
        problems += unclaimed_images(root, claimed)
        return Reading(self.facts.name, root, tuple(radiographs), tuple(problems))

    def _masked(
        self, root: Path, folder: Path, workbook: Workbook, problems: list[Problem]
    ) -> Iterator[Radiograph]:
        lungs = {path.name: path for path in image_files(folder / "masks")}
        for path in image_files(folder / "images"):
            masks: dict[Structure, tuple[Mask, ...]] = {}
            if path.name in lungs:
                masks[Structure.LUNGS] = (MaskFile(lungs[path.name]),)
            elif lungs:  # a copy without any masks is a copy without masks
                problems.append(problem_at(root, path, "missing mask", f"no masks/{path.name}"))
            origin = workbook.origin_of(path) or _ORIGINS.get(folder.name)
            yield self._radiograph(root, path, _FINDINGS[folder.name], origin, masks)

    def _flat(self, root: Path, folder: Path, workbook: Workbook) -> Iterator[Radiograph]:
        for path in image_files(folder):
            if _FLAT_NAME.match(path.name):
                origin = workbook.origin_of(path) or _FLAT_ORIGINS.get(folder.name)
                yield self._radiograph(root, path, _FLAT_FINDINGS[folder.name], origin, {})

    def _radiograph(
        self,
        root: Path,
        path: Path,
        finding: Finding,
        origin: str | None,
        masks: dict[Structure, tuple[Mask, ...]],
    ) -> Radiograph:
        return self._record(
            root,
            path,
            finding=finding,
            masks=masks,
            origin=origin,
            view=View.AP if origin == GUANGZHOU else None,
            label_source="folder",
        )


def _is_root(place: Path) -> bool:
    # Two of its own class names, so that a plain folder with images/ inside stays plain.
    if sum((place / name / "images").is_dir() for name in _FINDINGS) >= 2:
        return True
    if place.name.lower() in _SPLITS:  # somebody divided the images: a plain folder with splits
        return False
    return sum(holds_file_like(place / name, _FLAT_NAME) for name in _FLAT_FINDINGS) >= 2
