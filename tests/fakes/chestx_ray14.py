"""ChestX-ray14 in two of its numbered folders, with table and split lists."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.fakes.fake import FakeCollection, write_chest, write_table

_COLUMNS = ("Image Index", "Finding Labels", "Patient Age", "Patient Gender", "View Position")
_ROWS = (
    ("00000001_000.png", "No Finding", "058Y", "M", "PA"),
    ("00000001_001.png", "Cardiomegaly|Emphysema", "58", "M", "AP"),
    ("00000002_000.png", "Infiltration|Pneumonia", "414", "F", ""),
    ("00000003_000.png", "No Finding", "30", "F", "PA"),
)


def draw(folder: Path, rng: np.random.Generator) -> FakeCollection:
    root = folder / "CXR8"
    for place in (
        "images_001/images/00000001_000.png",
        "images_001/images/00000001_001.png",
        "images_002/images/00000002_000.png",
        "images_002/images/00000009_000.png",
        "images_002/images/overview.png",
    ):
        write_chest(root / place, rng)
    rows = [dict(zip(_COLUMNS, cells, strict=True)) for cells in _ROWS]
    table = write_table(root / "Data_Entry_2017_v2020.csv", _COLUMNS, rows)
    (root / "train_val_list.txt").write_text("00000001_000.png\n00000001_001.png\n")
    (root / "test_list.txt").write_text("00000002_000.png\n")
    return FakeCollection(
        folder=folder,
        radiographs=4,
        problems={"missing images": 1, "not in metadata": 1, "unexpected image": 1},
        table=table,
        findings={"normal": 1, "other": 1, "pneumonia": 1, None: 1},
    )
