"""``hilum compile`` with ``--enhance`` and ``--lungs-only``, with the bundled model."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from hilum.dataset.read import Row, open_dataset
from hilum.inference.model import BUNDLED_MODEL, read_model
from hilum.inference.predictor import Predictor
from hilum.radiograph import Split
from tests.cli.conftest import Hilum

REFERENCE = BUNDLED_MODEL.parent.parent / "reference"


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two radiographs, and a page that is none."""
    folder = tmp_path_factory.mktemp("films")
    for name, place in (("hannover.png", "covid"), ("nih.png", "normal")):
        (folder / place).mkdir()
        shutil.copy(REFERENCE / name, folder / place / name)
    page = np.random.default_rng(0).integers(0, 256, (300, 300)).astype(np.uint8)
    cv2.imwrite(str(folder / "normal/page.png"), page)
    return folder


def rows(folder: Path) -> list[Row]:
    dataset = open_dataset(folder)
    return [row for split in Split for row in dataset.rows(split)]


def test_lungs_only_by_the_bundled_model_in_two_processes(
    hilum: Hilum, films: Path, tmp_path: Path
) -> None:
    options = ["--lungs-only", "--enhance", "clahe", "--workers", "2"]
    done = hilum("compile", films, "-o", tmp_path / "out", *options)
    assert done.returncode == 0, done.stderr
    assert "3 images read, 2 radiographs written" in done.stdout

    with (tmp_path / "out/issues.csv").open(newline="", encoding="utf-8") as file:
        left_out = {row["source_path"]: row["kind"] for row in csv.DictReader(file)}
    assert left_out["normal/page.png"] == "lungs not found"

    lock = json.loads((tmp_path / "out/hilum.lock.json").read_text("utf-8"))
    assert lock["variant"]["enhance"]["name"] == "clahe"
    lungs = lock["variant"]["lungs_only"]
    assert (lungs["model_sha256"], lungs["precision"]) == (read_model().sha256, "f32")

    predictor = Predictor(f32=True)
    assert predictor.precision == "f32 on CPU"
    for row in rows(tmp_path / "out"):
        outlined = predictor(films / row.labels["source_path"]).lungs
        assert outlined is not None
        labels = row.labels
        assert outlined.shape == (labels["source_height"], labels["source_width"])
        top, left = labels["crop_top"], labels["crop_left"]
        inside = outlined[top : top + labels["height"], left : left + labels["width"]]
        assert inside.sum() == outlined.sum()
        assert not row.pixels()[~inside].any() and row.pixels()[inside].any()


def test_an_unknown_enhancement_is_bad_usage(hilum: Hilum, films: Path, tmp_path: Path) -> None:
    done = hilum("compile", films, "-o", tmp_path / "out", "--enhance", "sharpen")
    assert done.returncode == 2
    assert "sharpen" in done.stderr and "bcet" in done.stderr
    assert not (tmp_path / "out").exists()
