"""``hilum export`` from start to end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Hilum
from tests.exchange.compiled import compile_outlined


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_outlined(tmp_path_factory.mktemp("compiled")).folder


@pytest.mark.parametrize("to", ["coco", "nnunet", "imagefolder"])
def test_each_format(hilum: Hilum, dataset: Path, tmp_path: Path, to: str) -> None:
    done = hilum("export", dataset, "--to", to, "--split", "train", "-o", tmp_path / "a/out")
    assert done.returncode == 0, done.stderr
    assert "radiographs left out" in done.stdout and "Written to" in done.stdout
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["out"]
    readme = (tmp_path / "a/out/README.md").read_text(encoding="utf-8")
    assert "Research use only" in readme and "| coco | CC-BY-4.0 | 3 |" in readme
    again = hilum("export", dataset, "--to", to, "-o", tmp_path / "a/out")
    assert again.returncode == 2 and "the output exists already" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["DATASET", "--to", "nnunet", "--split", "test"], "nnU-Net has nothing to train on"),
        (["DATASET", "--to", "yolo"], "'yolo' is not one of"),
        (["DATASET", "--to", "coco", "--masks", "boxes"], "'boxes' is not one of"),
        ([".", "--to", "coco"], "this is no dataset"),
    ],
)
def test_bad_usage_is_a_sentence(
    hilum: Hilum, dataset: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    given = [str(dataset) if word == "DATASET" else word for word in arguments]
    done = hilum("export", *given, "-o", tmp_path / "o", folder=tmp_path)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert said in " ".join(done.stderr.split())
    assert list(tmp_path.iterdir()) == []
