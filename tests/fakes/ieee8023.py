"""covid-chestxray-dataset: laterals, CT, absent images, old and new findings, severity scores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tests.fakes.fake import FakeCollection, write_chest, write_mask, write_table

COLUMNS = (
    *("patientid", "offset", "sex", "age", "finding", "view", "modality", "location"),
    *("folder", "filename", "doi", "url", "license"),
)


def row(filename: str, finding: str, **cells: object) -> Mapping[str, object]:
    """One row of ``metadata.csv``."""
    common = {"patientid": "2", "view": "PA", "modality": "X-ray", "folder": "images"}
    return {**common, "filename": filename, "finding": finding, **cells}


ROWS = (
    row(
        "a.jpeg",
        "COVID-19",
        offset="3",
        sex="M",
        age="65",
        location="Cho Ray Hospital",
        doi="10.1056/nejmc2001272",
        license="CC BY-NC-SA 4.0",
    ),
    row("b.png", "Pneumonia/Viral/COVID-19", offset="?", sex="F", age="?", view="AP Supine"),
    row("c.jpg", "Pneumonia/Bacterial/Klebsiella", patientid="3", view="L", license="CC BY"),
    row("d.jpg", "todo", patientid="4", view="", location="Hannover Medical School, Hannover"),
    row("e.jpg", "Pneumonia/Fungal/Pneumocystis", patientid="5", url="https://radiopaedia.org/x"),
    row("f.jpg", "COVID-19, ARDS", patientid="6"),
    row("g.jpg", "No Finding", patientid="7", age="0.5"),
    row("h.jpg", "Martian flu", patientid="8"),
    row("ct.png", "COVID-19", patientid="9", view="Axial", modality="CT"),
    row("volume.nii.gz", "COVID-19", patientid="9", view="", modality="CT", folder="volumes"),
    row("absent.jpg", "SARS", patientid="10"),
    row("a.jpeg", "COVID-19", patientid="339"),
    row("../../outside.jpg", "COVID-19"),
)
PRESENT = ("a.jpeg", "b.png", "c.jpg", "d.jpg", "e.jpg", "f.jpg", "g.jpg", "h.jpg", "ct.png")

_SCORES = (
    {"filename": "a.jpeg", "geographic_mean": "3.7", "opacity_mean": "3.0"},
    {"filename": "b.png", "geographic_mean": "9.5", "opacity_mean": "2.0"},
)


def draw(folder: Path, rng: np.random.Generator) -> FakeCollection:
    root = folder / "covid-chestxray-dataset"
    for name in (*PRESENT, "unlisted.png"):
        chest = write_chest(root / "images" / name, rng)
    write_mask(root / "annotations/lungVAE-masks/a_mask.png", chest.lungs)
    table = write_table(root / "metadata.csv", COLUMNS, ROWS)
    write_table(
        root / "annotations/covid-severity-scores.csv",
        ("filename", "geographic_mean", "opacity_mean"),
        _SCORES,
        before="## Scores (mean of 3),,\n## License: CC BY-SA,,\n",
    )
    return FakeCollection(
        folder=folder,
        radiographs=8,
        problems={
            "not a radiograph": 2,
            "missing image": 1,
            "rows disagree": 1,
            "unsafe path": 1,
            "unknown finding": 1,
            "not in metadata": 1,
            "unused mask": 1,
            "damaged score": 1,
        },
        table=table,
        findings={
            "covid": 3,
            "pneumonia/bacterial": 1,
            "pneumonia/other": 1,
            "normal": 1,
            None: 2,
        },
    )
