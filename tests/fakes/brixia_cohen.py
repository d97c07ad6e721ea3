"""BrixIA's scores of covid-chestxray-dataset: some images beside them, others only in that."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.fakes import ieee8023
from tests.fakes.fake import FakeCollection, write_chest, write_table

_ZONES = tuple(f"{reader}-{zone}" for reader in "SJ" for zone in ("A", "B", "C", "D", "E", "F"))
_COLUMNS = ("filename", *_ZONES[:6], "S-Global", *_ZONES[6:], "J-Global")
_SCORES = {
    "a.jpeg": ("233333", "17"),
    "b.png": ("012301", "7"),
    "g.jpg": ("000000", "0"),
    "immagine 2.png": ("011011", "4"),
    "absent everywhere.jpg": ("000000", "0"),
    "c.jpg": ("111111", "8"),
}


def draw(folder: Path, rng: np.random.Generator) -> FakeCollection:
    home = ieee8023.draw(folder.with_name(f"{folder.name}-ieee8023"), rng)
    root = folder / "Brixia-score-COVID-19/data"
    for name in ("a.jpeg", "b.png", "immagine 2.png", "unlisted.jpg"):
        write_chest(root / "public-cohen-subset" / name, rng)
    rows = []
    for name, (zones, total) in _SCORES.items():
        cells = dict(zip(_ZONES, zones + "333333", strict=True))
        rows.append({"filename": name, **cells, "S-Global": total, "J-Global": "18"})
    table = write_table(root / "public-annotations.csv", _COLUMNS, rows)
    return FakeCollection(
        folder=folder,
        radiographs=5,
        problems={"missing image": 1, "damaged score": 1, "not in metadata": 1},
        others=(home.folder,),
        table=table,
        findings={"covid": 2, "normal": 1, "pneumonia/bacterial": 1, None: 1},
    )
