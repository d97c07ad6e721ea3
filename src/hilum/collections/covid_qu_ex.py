"""COVID-QU-Ex, both halves or one of them (Qatar University, 2021).

What: radiographs of many public sources with lung masks: 11,956 COVID-19, 11,263 other pneumonia
and 10,701 normal. The infection half repeats 2,913, 1,457 and 1,456 of them with a mask of the
COVID-19 infection as well.

Format: ``{Train,Val,Test}/{COVID-19,Non-COVID,Normal}/{images,lung masks,infection masks}``, 8-bit
grey PNG, 256×256, below doubled folders ``Infection Segmentation Data`` and ``Lung Segmentation
Data``, the latter without infection masks. Some copies have one folder of two. Where the
download holds both halves, both are read; each has an official split of its own. Their equal files
become one row of a compiled dataset, with the infection mask and on the test-most side. Any mask
value above zero is foreground. Every Non-COVID infection mask is empty, pneumonia included: the
mask means COVID-19 infection. Some COVID-19 images have BIMCV's names, which tell the patient.

Citation: Tahir et al. 2021, doi 10.1016/j.compbiomed.2021.105002.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hilum.collections.bimcv import patient_of_name
from hilum.collections.collection import Collection, Facts, Problem, Reading
from hilum.collections.folders import (
    find_below,
    find_descendant,
    image_files,
    masks_without_image,
    problem_at,
    unclaimed_images,
)
from hilum.collections.origins import BIMCV
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
_LUNGS = {Structure.LUNGS: "lung masks"}
_INFECTION = {**_LUNGS, Structure.INFECTION: "infection masks"}
_HALVES = {"Infection Segmentation Data": _INFECTION, "Lung Segmentation Data": _LUNGS}


@dataclass(frozen=True)
class _Half:
    """A folder with the splits of one half, and the half's mask folders."""

    folder: Path
    masks: Mapping[Structure, str]

    def class_folders(self) -> Iterator[tuple[Path, Split, Finding]]:
        for split_name, split in _SPLITS.items():
            for class_name, finding in _FINDINGS.items():
                yield self.folder / split_name / class_name, split, finding


class CovidQuEx(Collection):
    """COVID-QU-Ex, the infection half, the lung half or both."""

    facts = Facts(
        name="covid-qu-ex",
        title="COVID-QU-Ex",
        images="33,920 (train 21,715, validation 5,417, test 6,788); "
        "5,826 of them again with infection masks (train 3,728, validation 932, test 1,166)",
        findings=tuple(_FINDINGS.values()),
        structures=(Structure.RIGHT_LUNG, Structure.LEFT_LUNG, Structure.INFECTION),
        lung_convention=LungConvention.AERATED,
        licence=UNSTATED_LICENCE,
        citation="Tahir et al. 2021, doi 10.1016/j.compbiomed.2021.105002",
        home_page="https://www.kaggle.com/datasets/anasmohammedtahir/covidqu",
        how_to_get="Kaggle (login); give the zip as it is, or its folder, or that of one half",
        holds=("qata-cov19", "ieee8023", "hannover", "kermany", "rsna-pneumonia"),
    )

    def find_root(self, folder: Path) -> Path | None:
        """Told by the folders of both halves, or by one half's masks of COVID-19 in a split."""
        both = find_below(folder, lambda place: len(_named_halves(place)) == len(_HALVES))
        if both is not None:
            return both
        for masks in ("infection masks", "lung masks"):
            for split in _SPLITS:
                root = find_descendant(folder, [f"{split}/COVID-19/{masks}"], depth=3)
                if root is not None:
                    return root
        return None

    def read(self, root: Path, *, others: Sequence[Path] = ()) -> Reading:
        """No tables, so nothing but an unreadable folder is an error."""
        problems: list[Problem] = []
        radiographs: list[Radiograph] = []
        claimed: list[Path] = []
        for half in _named_halves(root) or [_only_half(root)]:
            radiographs += self._radiographs(root, half, problems)
            for place, _, _ in half.class_folders():
                for folder in half.masks.values():
                    claimed += image_files(place / folder)
        claimed += [radiograph.path for radiograph in radiographs]
        problems += unclaimed_images(root, claimed)
        return Reading(self.facts.name, root, tuple(radiographs), tuple(problems))

    def _radiographs(
        self, root: Path, half: _Half, problems: list[Problem]
    ) -> Iterator[Radiograph]:
        for folder, split, finding in half.class_folders():
            for path in image_files(folder / "images"):
                masks, missing = _masks_of(path, half)
                problems += [problem_at(root, path, "missing mask", f"no {n}") for n in missing]
                patient = patient_of_name(path.name)
                yield self._record(
                    root,
                    path,
                    finding=finding,
                    masks=masks,
                    patient_id=patient,
                    origin=BIMCV if patient else None,
                    official_split=split,
                    label_source="folder",
                )
            for name in half.masks.values():
                drawn = image_files(folder / name)
                lonely = (m for m in drawn if not (folder / "images" / m.name).is_file())
                problems += masks_without_image(root, lonely)


def _named_halves(place: Path) -> list[_Half]:
    """The halves below ``place`` whose folders have their names, the infection half first."""
    return [
        _Half(inner, masks)
        for name, masks in _HALVES.items()
        for inner in [_innermost(place / name)]
        if any((inner / split).is_dir() for split in _SPLITS)
    ]


def _innermost(half: Path) -> Path:
    doubled = half / half.name
    return doubled if doubled.is_dir() else half


def _only_half(root: Path) -> _Half:
    places = [root / split / name for split in _SPLITS for name in _FINDINGS]
    has_infection = any((place / "infection masks").is_dir() for place in places)
    return _Half(root, _INFECTION if has_infection else _LUNGS)


def _masks_of(path: Path, half: _Half) -> tuple[dict[Structure, tuple[MaskFile]], list[str]]:
    """The masks of the image at ``path``, and the places of those that are missing."""
    masks: dict[Structure, tuple[MaskFile]] = {}
    missing = []
    for structure, folder in half.masks.items():
        mask = path.parent.parent / folder / path.name
        if mask.is_file():
            masks[structure] = (MaskFile(mask),)
        else:
            missing.append(f"{folder}/{path.name}")
    return masks, missing
