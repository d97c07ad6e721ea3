"""COVID-QU-Ex: one half or both, folders doubled or not, a lost mask and a mask without image."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from tests.fakes.fake import FakeCollection, write_chest, write_mask

_NAMES = {
    "COVID-19": ["covid_1.png", "sub-S09340_ses-E1_run-1.png"],
    "Non-COVID": ["non_COVID (11).png"],
    "Normal": ["Normal (1).png"],
}
_FINDINGS = {"covid": 4, "pneumonia": 2, "normal": 2}


def draw(folder: Path, rng: np.random.Generator) -> FakeCollection:
    """The infection half in its doubled folder."""
    root = folder / "Infection Segmentation Data" / "Infection Segmentation Data"
    for split in ("Train", "Val"):
        _draw_split(root / split, rng)
    (root / "Val/Normal/infection masks/Normal (1).png").unlink()
    lungs = root / "Val/Normal/lung masks"
    shutil.copy(lungs / "Normal (1).png", lungs / "Normal (2).png")
    return FakeCollection(
        folder=folder,
        radiographs=8,
        problems={"missing mask": 1, "mask without image": 1},
        mask=root / "Train/COVID-19/lung masks/covid_1.png",
        findings=_FINDINGS,
    )


def draw_lung_half(folder: Path, rng: np.random.Generator) -> FakeCollection:
    """The lung half, with one folder instead of two."""
    root = folder / "Lung Segmentation Data"
    for split in ("Train", "Test"):
        _draw_split(root / split, rng, infection=False)
    return FakeCollection(
        folder=folder,
        radiographs=8,
        problems={},
        mask=root / "Train/Normal/lung masks/Normal (1).png",
        findings=_FINDINGS,
    )


def draw_both(folder: Path, rng: np.random.Generator) -> FakeCollection:
    """Both halves as the archive has them: the infection half's Train is the lung half's Test."""
    infection, lungs = (
        folder / "COVID-QU-Ex" / name / name
        for name in ("Infection Segmentation Data", "Lung Segmentation Data")
    )
    _draw_split(infection / "Train", rng)
    shutil.copytree(infection / "Train", lungs / "Test")
    for masks in list((lungs / "Test").glob("*/infection masks")):
        shutil.rmtree(masks)
    _draw_split(lungs / "Train", rng, infection=False)
    return FakeCollection(
        folder=folder,
        radiographs=12,
        problems={},
        mask=infection / "Train/COVID-19/infection masks/covid_1.png",
        findings={"covid": 6, "pneumonia": 3, "normal": 3},
    )


def _draw_split(place: Path, rng: np.random.Generator, *, infection: bool = True) -> None:
    for class_name, names in _NAMES.items():
        for name in names:
            infected = class_name == "COVID-19"
            chest = write_chest(place / class_name / "images" / name, rng, infected=infected)
            write_mask(place / class_name / "lung masks" / name, chest.lungs)
            if infection:
                write_mask(place / class_name / "infection masks" / name, chest.infection)
