"""Somebody's own folders, one per class, in the spellings people use; masks in some."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.fakes.fake import FakeCollection, write_chest, write_mask


def draw(folder: Path, rng: np.random.Generator) -> FakeCollection:
    root = folder / "my images"
    write_chest(root / "train/COVID_19/one.png", rng)
    two = write_chest(root / "train/COVID_19/ward 3/two.jpg", rng, infected=True)
    three = write_chest(root / "Valid/healthy/images/three.png", rng)
    four = write_chest(root / "test/Viral Pneumonia/four.PNG", rng)
    chest = write_chest(root / "bacteria/five.tif", rng)
    write_mask(root / "train/COVID_19/masks/one.png", chest.lungs)
    write_mask(root / "train/COVID_19/ward 3/two_infection.png", two.infection)
    write_mask(root / "Valid/healthy/Lung Masks/three.png", three.lungs)
    write_mask(root / "Valid/healthy/Lung Masks/nobody.png", three.lungs)
    write_mask(root / "test/Viral Pneumonia/right_lung_mask/four.png", four.right_lung)
    write_mask(root / "test/Viral Pneumonia/left_lung_mask/four.png", four.left_lung)
    write_chest(root / "train/blurred/six.png", rng)
    write_chest(root / "seven.png", rng)
    return FakeCollection(
        folder=folder,
        radiographs=5,
        problems={
            "unused mask": 1,
            "mask without image": 1,
            "unknown class": 2,
            "unknown lung convention": 1,
        },
        findings={"covid": 2, "normal": 1, "pneumonia/viral": 1, "pneumonia/bacterial": 1},
    )
