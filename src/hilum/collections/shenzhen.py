"""Shenzhen Hospital chest X-ray set (US National Library of Medicine, 2014).

What: 662 frontal radiographs, 326 normal and 336 with tuberculosis; volunteers in Kyiv outlined
the lungs of 566 of them.

Format: ``CXR_png/CHNCXR_<number>_<0|1>.png``, 1 is tuberculosis; ``masks`` or ``mask`` holds
``<stem>_mask.png``, any value above zero is lung. An image without mask is nothing unusual: its
lungs are unknown. ``ClinicalReadings/<stem>.txt``, where present, begins with sex and age
(``female 33yrs``, ``Male, 5 month``). Nothing tells whether two images are of one patient.

Citation: Jaeger et al. 2014, doi 10.3978/j.issn.2223-4292.2014.11.20; masks: Stirenko et al.
2018, doi 10.1109/ELNANO.2018.8477564.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from hilum.collections.clinical_readings import read_clinical_reading
from hilum.collections.collection import Collection, Facts, Reading
from hilum.collections.folders import (
    find_below,
    holds_file_like,
    image_files,
    masks_without_image,
    unclaimed_images,
)
from hilum.collections.origins import SHENZHEN
from hilum.radiograph import (
    Finding,
    Licence,
    LungConvention,
    MaskFile,
    Radiograph,
    Structure,
    View,
)

_NAME = re.compile(r"CHNCXR_\d+_([01])\.png", re.IGNORECASE)
_FINDINGS = {"0": Finding.NORMAL, "1": Finding.TUBERCULOSIS}
_MASK_FOLDERS = ("masks", "mask")


class Shenzhen(Collection):
    """The Shenzhen set with lung masks."""

    facts = Facts(
        name="shenzhen",
        title="Shenzhen Hospital chest X-ray set",
        images="662 (566 with lung masks)",
        findings=tuple(_FINDINGS.values()),
        structures=(Structure.RIGHT_LUNG, Structure.LEFT_LUNG),
        lung_convention=LungConvention.AERATED,
        licence=Licence("US NLM, free use with citation; masks CC-BY-NC-SA-4.0"),
        citation="Jaeger et al. 2014, doi 10.3978/j.issn.2223-4292.2014.11.20; "
        "masks: Stirenko et al. 2018, doi 10.1109/ELNANO.2018.8477564",
        home_page="https://data.lhncbc.nlm.nih.gov/public/Tuberculosis-Chest-X-ray-Datasets/",
        how_to_get="NLM's site; masks from Kaggle (login) into 'masks' beside 'CXR_png'",
    )

    def find_root(self, folder: Path) -> Path | None:
        """Told by ``CXR_png/CHNCXR_…``."""
        return find_below(folder, lambda place: holds_file_like(place / "CXR_png", _NAME))

    def read(self, root: Path, *, others: Sequence[Path] = ()) -> Reading:
        """No tables, so nothing but an unreadable folder is an error."""
        masks = {path.stem: path for folder in _MASK_FOLDERS for path in image_files(root / folder)}
        radiographs = tuple(self._radiographs(root, masks))
        claimed = {radiograph.path for radiograph in radiographs}
        used = {f"{path.stem}_mask" for path in claimed}
        lonely = (path for stem, path in sorted(masks.items()) if stem not in used)
        problems = (
            *masks_without_image(root, lonely),
            *unclaimed_images(root, claimed.union(masks.values())),
        )
        return Reading(self.facts.name, root, radiographs, problems)

    def _radiographs(self, root: Path, lungs: dict[str, Path]) -> Iterator[Radiograph]:
        for path in image_files(root / "CXR_png"):
            found = _NAME.fullmatch(path.name)
            if found is None:
                continue
            mask = lungs.get(f"{path.stem}_mask")
            masks = {} if mask is None else {Structure.LUNGS: (MaskFile(mask),)}
            sex, age = read_clinical_reading(root / "ClinicalReadings" / f"{path.stem}.txt")
            yield self._record(
                root,
                path,
                finding=_FINDINGS[found[1]],
                masks=masks,
                origin=SHENZHEN,
                view=View.FRONTAL,
                age=age,
                sex=sex,
                label_source="file name",
            )
