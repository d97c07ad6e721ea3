"""The other commands, and what all have in common."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import hilum as package
from tests.cli.conftest import Hilum
from tests.fakes.compiled import write_collection
from tests.fakes.model import draw_pixels
from tests.inference.outputs import write_png

COMMANDS = [
    *(
        "collections",
        "fetch",
        "inspect",
        "compile",
        "diff",
        "train",
        "fit-refusal",
        "predict",
        "report",
        "verify",
    ),
]


def test_help_names_every_command(hilum: Hilum) -> None:
    done = hilum("--help")
    assert done.returncode == 0 and done.stderr == ""
    for command in COMMANDS:
        assert command in done.stdout
    assert "Research use only" in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(command: str, hilum: Hilum) -> None:
    done = hilum(command, "--help")
    assert done.returncode == 0 and "Usage:" in done.stdout


def test_version(hilum: Hilum) -> None:
    assert hilum("--version").stdout == f"hilum {package.__version__}\n"


def test_an_unknown_command_is_exit_2(hilum: Hilum) -> None:
    done = hilum("diagnose")
    assert done.returncode == 2 and "diagnose" in done.stderr


def test_collections_as_text_and_json(hilum: Hilum) -> None:
    text, as_json = hilum("collections"), hilum("collections", "--json")
    facts = json.loads(as_json.stdout)
    assert len(facts) >= 10
    for one in facts:
        assert one["name"] in text.stdout


def test_inspect_and_compile(hilum: Hilum, tmp_path: Path) -> None:
    collection = write_collection(tmp_path / "in", {"Train": 6, "Val": 3})
    done = hilum("inspect", collection, "--json")
    assert done.returncode == 0, done.stderr
    (inspection,) = json.loads(done.stdout)
    assert inspection["collection"] == "covid-qu-ex"
    assert "covid-qu-ex" in hilum("inspect", collection).stdout
    done = hilum("compile", collection, "-o", tmp_path / "dataset")
    assert done.returncode == 0, done.stderr
    assert "9 radiographs written" in done.stdout
    assert (tmp_path / "dataset/hilum.lock.json").exists()


def test_folders_that_are_none(hilum: Hilum, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "missing", tmp_path / "empty"):
        for arguments in (["inspect", folder], ["compile", folder, "-o", tmp_path / "out"]):
            done = hilum(*arguments)
            assert done.returncode == 2
            assert str(folder) in done.stderr and "Traceback" not in done.stderr


def test_an_unknown_split_is_exit_2(hilum: Hilum, tmp_path: Path) -> None:
    done = hilum("compile", tmp_path, "-o", tmp_path / "out", "--split", "random")
    assert done.returncode == 2 and "neither official nor patient" in done.stderr


def test_train_refuses_bad_outputs_before_it_begins(hilum: Hilum, tmp_path: Path) -> None:
    (tmp_path / "there.onnx").touch()
    (tmp_path / "recipe.yaml").touch()
    for output, words in (("model.pt", "does not end in .onnx"), ("there.onnx", "exists already")):
        done = hilum(
            *("train", tmp_path / "recipe.yaml", "--dataset", tmp_path, "-o", tmp_path / output)
        )
        assert done.returncode == 2 and "Traceback" not in done.stderr
        assert words in " ".join(done.stderr.split())


def test_predict_then_report(hilum: Hilum, model: Path, tmp_path: Path) -> None:
    write_png(tmp_path / "in/film.png", draw_pixels())
    done = hilum("predict", tmp_path / "in", "-o", tmp_path / "out", "--model", model)
    assert done.returncode == 0
    done = hilum("report", tmp_path / "out", "-o", tmp_path / "report.html")
    assert done.returncode == 0 and "1 image on" in done.stdout
    assert "film.png" in (tmp_path / "report.html").read_text()
    done = hilum("report", tmp_path / "in", "-o", tmp_path / "report2.html")
    assert done.returncode == 2 and "no predictions" in done.stderr
