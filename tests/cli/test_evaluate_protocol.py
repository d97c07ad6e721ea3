"""``hilum evaluate --protocol``: ours beside theirs, printed and written."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Hilum
from tests.fakes.compiled import compile_chests


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
