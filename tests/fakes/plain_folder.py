"""Somebody's own folders, one per class, in the spellings people use."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.fakes.fake import FakeCollection, write_chest, write_mask


def draw(folder: Path, rng: np.random.Generator) -> FakeCollection:
    root = folder / "my images"
    for place in (
        "train/COVID_19/one.png",
        "train/COVID_19/ward 3/two.jpg",
        "Valid/healthy/three.png",
        "test/Viral Pneumonia/four.PNG",
        "bacteria/five.tif",
    ):
        chest = write_chest(root / place, rng)
    write_mask(root / "train/COVID_19/masks/one.png", chest.lungs)
    write_chest(root / "train/blurred/six.png", rng)
    write_chest(root / "seven.png", rng)
    return FakeCollection(
        folder=folder,
        radiographs=5,
        problems={"unused mask": 1, "unknown class": 2},
        findings={"covid": 2, "normal": 1, "pneumonia/viral": 1, "pneumonia/bacterial": 1},
    )
