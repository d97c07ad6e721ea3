"""The Montgomery County set: each lung's mask in a file, a lost one, and one without image."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.fakes.fake import FakeCollection, write_chest, write_mask

_READINGS = {
    "MCUCXR_0001_0": "Patient's Sex: F \nPatient's Age: 027Y\nnormal",
    "MCUCXR_0002_0": "Patient's Sex: M\r\nPatient's Age: 006M\r\nnormal",
    "MCUCXR_0104_1": "illegible",
}


def draw(
    folder: Path, rng: np.random.Generator, *, left_is_the_patients: bool = True
) -> FakeCollection:
    root = folder / "MontgomerySet"
    left, right = (root / "ManualMask" / side for side in ("leftMask", "rightMask"))
    if not left_is_the_patients:
        left, right = right, left
    for stem, text in _READINGS.items():
        chest = write_chest(root / "CXR_png" / f"{stem}.png", rng)
        write_mask(left / f"{stem}.png", chest.left_lung)
        write_mask(right / f"{stem}.png", chest.right_lung)
        reading = root / "ClinicalReadings" / f"{stem}.txt"
        reading.parent.mkdir(exist_ok=True)
        reading.write_text(text, newline="")
    (right / "MCUCXR_0104_1.png").unlink()
    write_mask(left / "MCUCXR_0399_1.png", chest.left_lung)
    (root / "CXR_png/Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    return FakeCollection(
        folder=folder,
        radiographs=3,
        problems={"missing mask": 1, "unused mask": 1, "mask without image": 1},
        mask=left / "MCUCXR_0001_0.png",
        findings={"normal": 2, "tuberculosis": 1},
    )
