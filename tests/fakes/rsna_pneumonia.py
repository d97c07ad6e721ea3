"""RSNA's challenge: DICOM files, a table row per box, a test without labels, RSNA's mapping."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.fakes.fake import FakeCollection, draw_small_chest, write_chest, write_table
from tests.imaging.pictures import encode_dicom


def identifier(number: int) -> str:
    """The ``patientId`` of the fake's image of this number."""
    return f"{number:08x}-27bc-4fae-b4f1-5a1a9d2c3e4f"


_CLASSES = (
    (1, "Lung Opacity"),
    (1, "Lung Opacity"),
    (2, "No Lung Opacity / Not Normal"),
    (3, "Normal"),
    (4, "Normal"),
    (9, "Normal"),
)
_LABELS = (
    (1, "264.0", "1"),
    (1, "562.0", "1"),
    (2, "", "0"),
    (3, "", "0"),
    (4, "100.0", "1"),
    (9, "", "0"),
)
_MAPPING = ((1, "00000001_000.png"), (2, "00000001_001.png"), (6, "00000007_000.png"), (3, None))


def draw(folder: Path, rng: np.random.Generator) -> FakeCollection:
    root = folder / "rsna-pneumonia-detection-challenge"
    for place, number in (("train", 1), ("train", 2), ("train", 3), ("train", 4), ("train", 5)):
        _write_dicom(root / f"stage_2_{place}_images" / f"{identifier(number)}.dcm", rng)
    _write_dicom(root / "stage_2_test_images" / f"{identifier(6)}.dcm", rng)
    write_chest(root / "stage_2_train_images/overview.png", rng)
    classes = [{"patientId": identifier(n), "class": name} for n, name in _CLASSES]
    write_table(root / "stage_2_detailed_class_info.csv", ("patientId", "class"), classes)
    columns = ("patientId", "x", "y", "width", "height", "Target")
    labels = [{"patientId": identifier(n), "x": x, "Target": target} for n, x, target in _LABELS]
    table = write_table(root / "stage_2_train_labels.csv", columns, labels)
    mapping = [{"subset_img_id": identifier(n), "img_id": name} for n, name in _MAPPING]
    path = root / "pneumonia-challenge-dataset-mappings_2018.json"
    path.write_text(json.dumps(mapping))
    return FakeCollection(
        folder=folder,
        radiographs=6,
        problems={
            "not in metadata": 1,
            "missing images": 1,
            "rows disagree": 1,
            "damaged row": 1,
            "unexpected image": 1,
        },
        table=table,
        findings={"lung_opacity": 1, "other": 1, "normal": 1, None: 3},
    )


def _write_dicom(path: Path, rng: np.random.Generator) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_dicom(draw_small_chest(rng).pixels, Modality="CR"))
