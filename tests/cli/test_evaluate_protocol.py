"""``hilum evaluate --protocol``: ours beside theirs, printed and written."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from hilum.dataset.read import open_dataset
from tests.cli.conftest import Hilum
from tests.fakes.compiled import compile_chests, write_collection
from tests.fakes.model import describe, write_model


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_chests(tmp_path_factory.mktemp("data"), {"Train": 3, "Test": 36}).folder


def test_the_table_is_printed_and_written(
    hilum: Hilum, model: Path, dataset: Path, tmp_path: Path
) -> None:
    arguments = ("--dataset", dataset, "--by", "", "-o", tmp_path / "out")
    done = hilum("evaluate", model, *arguments, "--protocol", "tahir-2021")
    assert done.returncode == 0, done.stderr
    assert "Tahir et al. 2021" in done.stdout and "0.8821" in done.stdout
    assert "Theirs started from ImageNet weights." in done.stdout
    with (tmp_path / "out/protocol.csv").open(newline="") as file:
        rows = {row["figure"]: row for row in csv.DictReader(file)}
    assert rows["infection Dice"]["theirs"] == "0.8821" and rows["infection Dice"]["ours"]
    scores = json.loads((tmp_path / "out/scores.json").read_text())
    assert scores["protocol"]["name"] == "tahir-2021"


def test_models_of_all_folds_are_averaged_on_screen_in_the_table_and_on_the_page(
    hilum: Hilum, tmp_path: Path
) -> None:
    collection = write_collection(tmp_path / "chests", {"Train": 24, "Val": 9}, size=(64, 64))
    compiled = hilum("compile", collection, "-o", tmp_path / "dataset", "--folds", "2")
    assert compiled.returncode == 0, compiled.stderr
    sha256 = open_dataset(tmp_path / "dataset").content_sha256
    models = [
        write_model(
            tmp_path / f"{fold}.onnx",
            described=replace(describe(), fold=fold, dataset_sha256=sha256),
        )
        for fold in range(2)
    ]
    shared = ("evaluate", *models, "--dataset", tmp_path / "dataset", "-o", tmp_path / "out")
    done = hilum(*shared, "--by", "", "--protocol", "chowdhury-2020")
    assert done.returncode == 0, done.stderr
    assert "mean over folds" in done.stdout and "2 folds here, 5 there." in done.stdout
    with (tmp_path / "out/protocol.csv").open(newline="") as file:
        (row,) = (row for row in csv.DictReader(file) if row["figure"] == "accuracy, 3 classes")
    assert row["ours"] and row["fold_mean"] and row["fold_sd"] and row["split"] == "held-out"
    page = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "Beside the published figures" in page and "over folds" in page
    assert page.count("data:image/webp") > 3
    for wrong in (("--split", "test"), ("--against", models[0]), ("--write-card",)):
        refused = hilum(*shared, *wrong)
        assert refused.returncode == 2 and "not with several models" in refused.stderr
    output = tmp_path / "new/out"
    arguments = ("--dataset", tmp_path / "dataset", "-o", output)
    refused = hilum("evaluate", models[0], models[0], *arguments)
    assert refused.returncode == 2 and "got models of folds 0, 0" in refused.stderr
    assert not output.parent.exists()


def test_what_the_dataset_lacks_is_a_sentence(
    hilum: Hilum, model: Path, dataset: Path, tmp_path: Path
) -> None:
    arguments = ("--dataset", dataset, "--by", "", "-o", tmp_path / "out")
    done = hilum("evaluate", model, *arguments, "--protocol", "cohen-2020")
    assert done.returncode == 0, done.stderr
    assert "films of 0 patients; halves need at least 10" in done.stdout


def test_a_mistyped_name_is_refused_with_the_known_ones(
    hilum: Hilum, model: Path, dataset: Path, tmp_path: Path
) -> None:
    arguments = ("--dataset", dataset, "-o", tmp_path / "out", "--protocol", "tahir")
    done = hilum("evaluate", model, *arguments)
    assert done.returncode == 2
    assert "tahir-2021" in done.stderr and "cohen-2020" in done.stderr
    assert not (tmp_path / "out").exists()
