"""Hannover's repository: days counted backwards, one image long before the admission."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.fakes.fake import FakeCollection, write_chest, write_table

_COLUMNS = ("patient_id", "image_id", "sex", "age", "admission_offset", "modality", "projection")
_ROWS = (
    ("024e7871", "fff13f3a", "f", "", "0", "CR", "pa"),
    ("042f06a9", "c9280a30", "m", "", "-2", "CR", "ap"),
    ("042f06a9", "53c9be49", "m", "", "14", "CR", "ap"),
    ("0aaa0000", "b343e657", "m", "", "0", "CR", "ap"),
)


def draw(folder: Path, rng: np.random.Generator) -> FakeCollection:
    root = folder / "covid-19-image-repository"
    for name in ("fff13f3a", "c9280a30", "53c9be49", "00000000"):
        write_chest(root / "png" / f"{name}.png", rng)
    rows = [dict(zip(_COLUMNS, cells, strict=True)) for cells in _ROWS]
    table = write_table(root / "data.csv", _COLUMNS, rows)
    return FakeCollection(
        folder=folder,
        radiographs=3,
        problems={"missing image": 1, "not in metadata": 1},
        table=table,
        findings={"covid": 2, None: 1},
    )
