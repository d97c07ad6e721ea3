"""Montgomery County chest X-ray set (US National Library of Medicine, 2014).

What: 138 frontal (posterior-anterior) radiographs of a tuberculosis control programme, 80 normal
and 58 with tuberculosis, each with an outline of each lung drawn under a radiologist's
supervision.

Format: ``CXR_png/MCUCXR_<number>_<0|1>.png``, 1 is tuberculosis; the masks
``ManualMask/{leftMask,rightMask}/`` have the image's name, any value above zero is lung. Whose left
is meant the files do not say: both masks are united, and which lung is which is told by where they
lie when pixels are decoded, so that the right lung is at image-left whatever the folders mean.
``ClinicalReadings/<stem>.txt`` begins with sex and age (``Patient's Sex: F``,
``Patient's Age: 027Y``). Nothing tells whether two images are of one patient.

Citation: Jaeger et al. 2014, doi 10.3978/j.issn.2223-4292.2014.11.20; masks: Candemir et al. 2014,
doi 10.1109/TMI.2013.2290491.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from hilum.collections.clinical_readings import read_clinical_reading
from hilum.collections.collection import Collection, Facts, Problem, Reading
from hilum.collections.folders import (
    find_below,
    holds_file_like,
    image_files,
    masks_without_image,
    problem_at,
    unclaimed_images,
)
from hilum.collections.origins import MONTGOMERY
from hilum.radiograph import (
    Finding,
    Licence,
    LungConvention,
    Mask,
    MaskFile,
    Radiograph,
    Structure,
    View,
)

_NAME = re.compile(r"MCUCXR_\d+_([01])\.png", re.IGNORECASE)
_SHENZHEN_NAME = re.compile("CHNCXR_", re.IGNORECASE)
_FINDINGS = {"0": Finding.NORMAL, "1": Finding.TUBERCULOSIS}
_MASK_FOLDERS = ("ManualMask/leftMask", "ManualMask/rightMask")


class Montgomery(Collection):
    """The Montgomery County set with lung masks."""

    facts = Facts(
        name="montgomery",
        title="Montgomery County chest X-ray set",
        images="138",
        findings=tuple(_FINDINGS.values()),
        structures=(Structure.RIGHT_LUNG, Structure.LEFT_LUNG),
        lung_convention=LungConvention.AERATED,
        licence=Licence("US NLM, free use with citation"),
        citation="Jaeger et al. 2014, doi 10.3978/j.issn.2223-4292.2014.11.20; "
        "masks: Candemir et al. 2014, doi 10.1109/TMI.2013.2290491",
        home_page="https://data.lhncbc.nlm.nih.gov/public/Tuberculosis-Chest-X-ray-Datasets/",
        how_to_get="NLM's site; give the zip as it is, or its folder",
    )

    def find_root(self, folder: Path) -> Path | None:
        """Told by ``CXR_png/MCUCXR_…``, unless Shenzhen's images lie there as well."""
        return find_below(folder, _is_root)

    def read(self, root: Path, *, others: Sequence[Path] = ()) -> Reading:
        """No tables, so nothing but an unreadable folder is an error."""
        problems: list[Problem] = []
        sides = [{path.name: path for path in image_files(root / f)} for f in _MASK_FOLDERS]
        radiographs = tuple(self._radiographs(root, sides, problems))
        claimed = {radiograph.path for radiograph in radiographs}
        names = {path.name for path in claimed}
        masks = [path for side in sides for path in side.values()]
        problems += masks_without_image(root, (mask for mask in masks if mask.name not in names))
        problems += unclaimed_images(root, claimed.union(masks))
        return Reading(self.facts.name, root, radiographs, tuple(problems))

    def _radiographs(
        self, root: Path, sides: Sequence[dict[str, Path]], problems: list[Problem]
    ) -> Iterator[Radiograph]:
        for path in image_files(root / "CXR_png"):
            found = _NAME.fullmatch(path.name)
            if found is None:
                continue
            missing = [
                folder
                for folder, side in zip(_MASK_FOLDERS, sides, strict=True)
                if path.name not in side
            ]
            masks: dict[Structure, tuple[Mask, ...]] = {}
            if not missing:
                masks[Structure.LUNGS] = tuple(MaskFile(side[path.name]) for side in sides)
            elif any(sides):  # a copy without any masks is a copy without masks
                detail = f"no {path.name} in {' and '.join(missing)}; both lungs are unknown"
                problems.append(problem_at(root, path, "missing mask", detail))
                problems += [
                    problem_at(root, side[path.name], "unused mask", "the other lung's is missing")
                    for side in sides
                    if path.name in side
                ]
            sex, age = read_clinical_reading(root / "ClinicalReadings" / f"{path.stem}.txt")
            yield self._record(
                root,
                path,
                finding=_FINDINGS[found[1]],
                masks=masks,
                origin=MONTGOMERY,
                view=View.PA,
                age=age,
                sex=sex,
                label_source="file name",
            )


def _is_root(place: Path) -> bool:
    images = place / "CXR_png"
    return holds_file_like(images, _NAME) and not holds_file_like(images, _SHENZHEN_NAME)
