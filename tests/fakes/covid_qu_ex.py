"""COVID-QU-Ex with its doubled top folder, one lost infection mask and a mask without image."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.fakes.fake import FakeCollection, write_chest, write_mask

_NAMES = {
    "COVID-19": ["covid_1.png", "sub-S09340_ses-E1_run-1.png"],
    "Non-COVID": ["non_COVID (11).png"],
    "Normal": ["Normal (1).png"],
}


def draw(folder: Path, rng: np.random.Generator) -> FakeCollection:
    root = folder / "Infection Segmentation Data" / "Infection Segmentation Data"
    for split in ("Train", "Val"):
        for class_name, names in _NAMES.items():
            place = root / split / class_name
            for name in names:
                infected = class_name == "COVID-19"
                chest = write_chest(place / "images" / name, rng, infected=infected)
                write_mask(place / "lung masks" / name, chest.lungs)
                write_mask(place / "infection masks" / name, chest.infection)
    (root / "Val/Normal/infection masks/Normal (1).png").unlink()
    write_mask(root / "Val/Normal/lung masks/Normal (2).png", chest.lungs)
    return FakeCollection(
        folder=folder,
        radiographs=8,
        problems={"missing mask": 1, "mask without image": 1},
        mask=root / "Train/COVID-19/lung masks/covid_1.png",
        findings={"covid": 4, "pneumonia": 2, "normal": 2},
    )
