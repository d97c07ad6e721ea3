"""COVID-19 Radiography Database, current release (Qatar University, 2021).

What: 3,616 COVID-19, 6,012 lung opacity, 10,192 normal and 1,345 viral pneumonia radiographs of
many public sources, each with a lung mask drawn by a model under human control.

Format: ``{COVID,Lung_Opacity,Normal,Viral Pneumonia}/{images,masks}/``, images 299×299, masks of
the same name 256×256, often RGB; any value above zero is lung. The COVID-19 masks outline the
lungs, not the infection. Many copies have no masks. Nothing tells the patients. All viral
pneumonia comes from Kermany's children and all lung opacity from RSNA; where the others come
from only the workbooks beside the folders tell.

Citation: Chowdhury et al. 2020, doi 10.1109/ACCESS.2020.3010287; Rahman et al. 2021, doi
10.1016/j.compbiomed.2021.104319.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from hilum.collections.collection import Collection, Facts, Problem, Reading
from hilum.collections.folders import find_below, image_files, unclaimed_images
from hilum.collections.origins import GUANGZHOU, RSNA
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
_ORIGINS = {"Lung_Opacity": RSNA, "Viral Pneumonia": GUANGZHOU}


class RadiographyDatabase(Collection):
    """COVID-19 Radiography Database, current release."""

    facts = Facts(
        name="radiography",
        title="COVID-19 Radiography Database",
        images="21,165",
        findings=tuple(_FINDINGS.values()),
        structures=(Structure.RIGHT_LUNG, Structure.LEFT_LUNG),
        lung_convention=LungConvention.AERATED,
        licence=UNSTATED_LICENCE,
        citation="Chowdhury et al. 2020, doi 10.1109/ACCESS.2020.3010287; "
        "Rahman et al. 2021, doi 10.1016/j.compbiomed.2021.104319",
        home_page="https://www.kaggle.com/datasets/tawsifurrahman/covid19-radiography-database",
        how_to_get="Kaggle (login), unpack the archive, give the folder",
    )

    def find_root(self, folder: Path) -> Path | None:
        """Told by ``images`` in at least two folders of its class names."""
        return find_below(folder, _is_root)

    def read(self, root: Path, *, others: Sequence[Path] = ()) -> Reading:
        """No tables, so nothing but an unreadable folder is an error."""
        problems: list[Problem] = []
        radiographs = tuple(self._radiographs(root, problems))
        claimed = [radiograph.path for radiograph in radiographs]
        names = {(path.parent.parent.name, path.name) for path in claimed}
        for class_name in _FINDINGS:
            for mask in image_files(root / class_name / "masks"):
                claimed.append(mask)
                if (class_name, mask.name) not in names:
                    source_path = mask.relative_to(root).as_posix()
                    detail = "its image is missing"
                    problems.append(Problem(source_path, "mask without image", detail))
        problems += unclaimed_images(root, claimed)
        return Reading(self.facts.name, root, radiographs, tuple(problems))

    def _radiographs(self, root: Path, problems: list[Problem]) -> Iterator[Radiograph]:
        for class_name, finding in _FINDINGS.items():
            folder = root / class_name
            lungs = {path.name: path for path in image_files(folder / "masks")}
            for path in image_files(folder / "images"):
                source_path = path.relative_to(root).as_posix()
                masks: dict[Structure, tuple[Mask, ...]] = {}
                if path.name in lungs:
                    masks[Structure.LUNGS] = (MaskFile(lungs[path.name]),)
                elif lungs:  # a copy without any masks is a copy without masks
                    problems.append(Problem(source_path, "missing mask", f"no masks/{path.name}"))
                yield Radiograph(
                    path=path,
                    source_path=source_path,
                    collection=self.facts.name,
                    finding=finding,
                    masks=masks,
                    lung_convention=self.facts.lung_convention if masks else None,
                    origin=_ORIGINS.get(class_name),
                    licence=self.facts.licence,
                    citation=self.facts.citation,
                    view=View.AP if class_name == "Viral Pneumonia" else None,
                    label_source="folder",
                )


def _is_root(place: Path) -> bool:
    # Two of its own class names, so that a plain folder with images/ inside stays plain.
    return sum((place / name / "images").is_dir() for name in _FINDINGS) >= 2
