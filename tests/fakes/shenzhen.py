"""The Shenzhen set: not every image has a mask, clinical readings in several spellings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.fakes.fake import FakeCollection, write_chest, write_mask

_READINGS = {
    "CHNCXR_0001_0": "Male 45yrs\r\nnormal",
    "CHNCXR_0002_0": "female, 6 month\nnormal",
    "CHNCXR_0330_1": "illegible",
}


def draw(folder: Path, rng: np.random.Generator) -> FakeCollection:
    root = folder / "ChinaSet_AllFiles"
    for stem, text in _READINGS.items():
        chest = write_chest(root / "CXR_png" / f"{stem}.png", rng)
        if stem != "CHNCXR_0002_0":
            write_mask(root / "masks" / f"{stem}_mask.png", chest.lungs)
        reading = root / "ClinicalReadings" / f"{stem}.txt"
        reading.parent.mkdir(exist_ok=True)
        reading.write_text(text)
    write_mask(root / "masks/CHNCXR_0099_0_mask.png", chest.lungs)
    write_chest(root / "CXR_png/MCUCXR_0001_0.png", rng)  # Montgomery's, often put beside
    return FakeCollection(
        folder=folder,
        radiographs=3,
        problems={"mask without image": 1, "unexpected image": 1},
        findings={"normal": 2, "tuberculosis": 1},
    )
