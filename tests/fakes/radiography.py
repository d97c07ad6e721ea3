"""The Radiography Database's current release: RGB lung masks smaller than the images."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from tests.fakes.fake import FakeCollection, write_chest, write_image, write_mask

_CLASSES = {"COVID": 2, "Lung_Opacity": 1, "Normal": 2, "Viral Pneumonia": 1}


def draw(folder: Path, rng: np.random.Generator) -> FakeCollection:
    root = folder / "COVID-19_Radiography_Dataset"
    for class_name, count in _CLASSES.items():
        for number in range(1, count + 1):
            name = f"{class_name}-{number}.png"
            chest = write_chest(root / class_name / "images" / name, rng)
            small = cv2.resize(chest.lungs.astype(np.uint8) * 255, None, fx=0.75, fy=0.75)
            rgb = cv2.cvtColor(small, cv2.COLOR_GRAY2BGR)
            write_image(root / class_name / "masks" / name, rgb)
    (root / "Normal/masks/Normal-2.png").unlink()
    write_mask(root / "COVID/masks/COVID-9.png", chest.lungs)
    (root / "COVID.metadata.xlsx").write_bytes(b"a workbook")
    return FakeCollection(
        folder=folder,
        radiographs=6,
        problems={"missing mask": 1, "mask without image": 1},
        mask=root / "COVID/masks/COVID-1.png",
        findings={"covid": 2, "lung_opacity": 1, "normal": 2, "pneumonia/viral": 1},
    )
