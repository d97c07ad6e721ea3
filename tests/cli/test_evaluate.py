"""``hilum evaluate`` from start to end."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from hilum.inference.model import read_model
from hilum.radiograph import Finding
from tests.cli.conftest import COMMAND, Hilum
from tests.fakes.compiled import compile_chests
from tests.fakes.model import write_model

LIGHT = """
import sys
for name in ("torch", "lightning", "onnx", "sklearn", "scipy", "matplotlib", "monai"):
    sys.modules[name] = None
"""


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    return compile_chests(folder, {"Train": 3, "Val": 12}, size=(64, 64)).folder


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_it_writes_scores_and_cases_without_the_training_packages(
    model: Path, dataset: Path, tmp_path: Path
) -> None:
    output = tmp_path / "evaluation"
    arguments = [str(model), "--dataset", str(dataset), "--split", "validation", "-o", str(output)]
    done = subprocess.run(
        [*COMMAND[:-1], f"{LIGHT}\n{COMMAND[-1]}", "evaluate", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Frontal radiographs of covid-qu-ex, validation split" in done.stdout
    assert "12 images judged" in done.stderr and "Research use only" in done.stderr
    figures, cases = rows_of(output / "scores.csv"), rows_of(output / "cases.csv")
    assert len(cases) == 12 and all(row["source_path"] for row in cases)
    assert {row["stratum"] for row in figures} == {
        *("all", "collection=covid-qu-ex", "origin=unknown", "sex=unknown"),
        *("age=unknown", "projection=unknown"),
    }
    assert all(row["reason"] or row["low"] for row in figures)
    told = json.loads((output / "scores.json").read_text(encoding="utf-8"))
    assert told["model_sha256"] == read_model(model).sha256 and told["images"] == 12
    assert len(told["figures"]) == len(figures)
    assert not (output / "differences.csv").exists()


def test_programs_get_csv_or_json(hilum: Hilum, model: Path, dataset: Path, tmp_path: Path) -> None:
    shared = ("evaluate", model, "--dataset", dataset, "--split", "validation", "--by", "")
    done = hilum(*shared, "-o", tmp_path / "one", "--format", "csv")
    assert done.stdout == (tmp_path / "one/scores.csv").read_text(encoding="utf-8")
    done = hilum(*shared, "-o", tmp_path / "two", "--format", "json")
    assert {figure["stratum"] for figure in json.loads(done.stdout)["figures"]} == {"all"}
    again = hilum(*shared, "-o", tmp_path / "two")
    assert again.returncode == 2 and "the output folder is not empty" in again.stderr


def test_a_second_model_is_compared_on_the_same_images(
    hilum: Hilum, model: Path, dataset: Path, tmp_path: Path
) -> None:
    other = write_model(tmp_path / "other.onnx", always=Finding.COVID)
    shared = ("evaluate", model, "--dataset", dataset, "--split", "validation")
    done = hilum(*shared, "--against", other, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "Less the scores of fake" in done.stdout
    rows = {(row["subject"], row["name"]): row for row in rows_of(tmp_path / "out/differences.csv")}
    found = rows["covid", "sensitivity"]
    ours = next(
        row
        for row in rows_of(tmp_path / "out/scores.csv")
        if (row["subject"], row["name"]) == ("covid", "sensitivity")
    )
    assert float(found["value"]) == pytest.approx(float(ours["value"]) - 1, abs=1e-5)


def test_each_of_two_models_takes_the_map_that_its_own_classes_need(
    hilum: Hilum, dataset: Path, tmp_path: Path
) -> None:
    findings = [Finding.NORMAL, Finding.COVID, Finding.LUNG_OPACITY]
    one = write_model(tmp_path / "one.onnx", always=Finding.PNEUMONIA)
    two = write_model(tmp_path / "two.onnx", findings=findings, always=Finding.LUNG_OPACITY)
    shared = ("evaluate", one, "--against", two, "--dataset", dataset, "--split", "validation")
    done = hilum(*shared, "--map", "lung_opacity=pneumonia", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "Second model: pneumonia of the dataset was judged as lung_opacity." in done.stderr
    told = {row["name"]: row for row in rows_of(tmp_path / "out/differences.csv")}
    assert (told["accuracy"]["n"], float(told["accuracy"]["value"])) == ("12", 0)
    done = hilum(*shared, "--map", "tuberculosis=pneumonia", "-o", tmp_path / "none")
    assert done.returncode == 2 and "neither model can take this --map" in done.stderr
    assert not (tmp_path / "none").exists()


def test_a_second_model_that_does_not_fit_is_refused_before_the_first_has_judged(
    hilum: Hilum, dataset: Path, tmp_path: Path
) -> None:
    broken = write_model(tmp_path / "broken.onnx")  # is refused once it has judged every image
    network = onnx.load_model(broken)
    (places,) = [one for one in network.graph.initializer if one.name == "places"]
    nothing = np.full(numpy_helper.to_array(places).shape, np.nan, np.float32)
    places.CopyFrom(numpy_helper.from_array(nothing, "places"))
    onnx.save_model(network, broken)
    findings = [Finding.TUBERCULOSIS, Finding.LUNG_OPACITY]
    other = write_model(tmp_path / "other.onnx", findings=findings)
    shared = ("evaluate", broken, "--dataset", dataset, "--split", "validation")
    alone = hilum(*shared, "-o", tmp_path / "out")
    assert alone.returncode == 2 and "no number for any image" in alone.stderr
    done = hilum(*shared, "--against", other, "-o", tmp_path / "out")
    assert done.returncode == 2 and "a class for none of the dataset's findings" in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_card_and_the_model_file_take_the_scores(
    hilum: Hilum, model: Path, dataset: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copy(model, tmp_path / "copy.onnx"))
    shared = ("evaluate", copy, "--dataset", dataset, "--split", "validation", "--write-card")
    done = hilum(*shared, "-o", tmp_path / "one")
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "one/scores.json").read_text(encoding="utf-8"))
    assert told["model_sha256"] == read_model(copy).sha256
    names = {score.name for score in read_model(copy).description.scores}
    assert {"lungs Dice", "infection Dice, pooled", "COVID-19 sensitivity", "refused"} <= names
    card = (tmp_path / "copy.md").read_text(encoding="utf-8")
    assert "Research use only" in card and "| infection Dice, pooled |" in card
    assert f"`{read_model(copy).sha256[:16]}`" in card
    (tmp_path / "copy.md").write_text(f"# Mine\n\n{card}", encoding="utf-8")
    hilum(*shared, "-o", tmp_path / "two")
    assert (tmp_path / "copy.md").read_text(encoding="utf-8") == f"# Mine\n\n{card}"
    for spoilt in ("# Mine", f"{card}\n{card}"):
        (tmp_path / "copy.md").write_text(spoilt, encoding="utf-8")
        done = hilum(*shared, "--by", "", "-o", tmp_path / f"spoilt {len(spoilt)}")
        assert done.returncode == 2 and "the card has no place for scores" in done.stderr
        assert (tmp_path / "copy.md").read_text(encoding="utf-8") == spoilt


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--split", "test"], "the split has no frontal radiograph; got no image in test"),
        (["--split", "all"], "'all' is not one of train, validation, test"),
        (["--by", "weight"], "weight: not among collection, origin"),
        (["--map", "flu=covid"], "'flu=covid' is no CLASS=FINDING"),
        (["--split", "validation", "--map", "covid=tuberculosis"], "got --map covid=tuberculosis"),
        (
            ["--map", "covid=tuberculosis", "--map", "normal=tuberculosis"],
            "one finding cannot mean two classes of a model",
        ),
        (["--dataset", "."], "this is no dataset"),
        (["--against", "missing.onnx"], "the model cannot be opened"),
    ],
)
def test_bad_usage_is_a_sentence(
    hilum: Hilum, model: Path, dataset: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    given = ["--dataset", str(dataset)] * ("--dataset" not in arguments)
    done = hilum("evaluate", model, *given, *arguments, "-o", tmp_path / "out", folder=tmp_path)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert not (tmp_path / "out").exists()


def test_a_dataset_of_another_version_is_refused(
    hilum: Hilum, model: Path, dataset: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "dataset"
    shutil.copytree(dataset, copy)
    lock = json.loads((copy / "hilum.lock.json").read_text(encoding="utf-8"))
    (copy / "hilum.lock.json").write_text(json.dumps(lock | {"format": 0}), encoding="utf-8")
    done = hilum("evaluate", model, "--dataset", copy, "-o", tmp_path / "out")
    assert done.returncode == 2 and "another version of hilum" in done.stderr
