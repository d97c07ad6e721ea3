"""``hilum fit-refusal``: what it writes, what it prints, and what it refuses to do."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import onnx
import pytest

from hilum.inference.model import read_model
from tests.cli.conftest import COMMAND, Hilum
from tests.fakes.refusal import draw_two_collections

WITHOUT_TRAINING = """
import sys
for name in ("torch", "lightning", "onnx", "onnxscript", "yaml", "matplotlib"):
    sys.modules[name] = None
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return draw_two_collections(tmp_path_factory.mktemp("collections"))


def test_it_writes_a_check_and_its_figures_without_the_training_packages(
    folders: list[Path], model: Path, tmp_path: Path
) -> None:
    output = tmp_path / "new/fitted.onnx"
    arguments = ["fit-refusal", str(model), *map(str, folders), "-o", str(output)]
    program = [*COMMAND[:-1], f"{WITHOUT_TRAINING}\n{COMMAND[-1]}"]
    done = subprocess.run(
        [*program, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    before, after = read_model(model), read_model(output)
    assert before.description.film_check is None and after.description.film_check is not None
    names = ["frontal films refused", "laterals and CT slices refused"]
    assert [score.name for score in after.description.scores] == names
    for score in after.description.scores:
        assert "that the network did not learn from" in score.protocol
    assert [path.name for path in output.parent.iterdir()] == ["fitted.onnx"]
    networks = [onnx.load_model(path) for path in (model, output)]
    for network in networks:
        del network.metadata_props[:]
    assert networks[0].SerializeToString() == networks[1].SerializeToString()


def test_it_replaces_a_model_only_when_told(
    folders: list[Path], model: Path, hilum: Hilum, tmp_path: Path
) -> None:
    copy = Path(shutil.copy(model, tmp_path / "copy.onnx"))
    before = copy.read_bytes()
    done = hilum("fit-refusal", copy, *folders, "-o", copy)
    assert done.returncode == 2 and "the output exists already" in done.stderr
    assert "--overwrite" in done.stderr and copy.read_bytes() == before
    films = tmp_path / "mine"
    shutil.copytree(folders[1] / "chest_xray/train/NORMAL", films)
    done = hilum("fit-refusal", copy, *folders, "--films", films, "-o", copy, "--overwrite")
    assert done.returncode == 0, done.stderr
    assert "frontal films refused" in done.stdout and f"model  {copy}" in done.stdout
    score = read_model(copy).description.scores[0]
    assert score.protocol.endswith("of ieee8023, kermany, mine")


@pytest.mark.parametrize(
    ("chosen", "said"),
    [([0], "frontal films of ieee8023 only"), ([1], "frontal films of kermany only")],
)
def test_what_cannot_work_is_one_sentence(
    chosen: list[int], said: str, folders: list[Path], model: Path, hilum: Hilum, tmp_path: Path
) -> None:
    output = tmp_path / "fitted.onnx"
    done = hilum("fit-refusal", model, *(folders[i] for i in chosen), "-o", output)
    assert done.returncode == 2 and done.stdout == "" and "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1 and said in done.stderr and not output.exists()


def test_a_dataset_that_is_none_is_one_sentence(
    folders: list[Path], model: Path, hilum: Hilum, tmp_path: Path
) -> None:
    output = tmp_path / "fitted.onnx"
    done = hilum("fit-refusal", model, *folders, "--dataset", tmp_path, "-o", output)
    assert done.returncode == 2 and "this is no dataset" in done.stderr
    done = hilum("fit-refusal", model, *folders, "-o", tmp_path / "fitted.bin")
    assert done.returncode == 2 and "does not end in .onnx" in done.stderr
