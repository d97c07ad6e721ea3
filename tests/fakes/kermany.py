"""Kermany as Kaggle packs it: a second copy inside, patients and causes in the names."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from tests.fakes.fake import FakeCollection, write_chest

_NAMES = {
    "NORMAL": ["IM-0115-0001.jpeg", "NORMAL2-IM-0115-0001-0002.jpeg"],
    "PNEUMONIA": ["person1_bacteria_1.jpeg", "person1_bacteria_2.jpeg", "person115_virus_3.jpeg"],
}


def draw(folder: Path, rng: np.random.Generator) -> FakeCollection:
    root = folder / "chest_xray"
    for split in ("train", "val"):
        for class_name, names in _NAMES.items():
            for name in names:
                write_chest(root / split / class_name / name, rng)
    write_chest(root / "test/PNEUMONIA/VIRUS-1008087-0001.jpeg", rng)
    shutil.copytree(root / "train", root / "chest_xray/train")
    write_chest(root / "train/NORMAL/my holiday.jpg", rng)
    (root / "train/NORMAL/.DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (root / "train/NORMAL/._IM-0115-0001.jpeg").write_bytes(b"\0\5\26\7")
    return FakeCollection(
        folder=folder,
        radiographs=11,
        problems={"second copy": 5, "unexpected image": 1},
        findings={"normal": 4, "pneumonia/bacterial": 4, "pneumonia/viral": 3},
    )
