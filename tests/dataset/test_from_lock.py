"""A lock makes its dataset again, or says what is not as it was."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.from_lock import compile_from_lock
from hilum.dataset.split import SplitOptions
from hilum.errors import DatasetError, OutputError
from tests.dataset.test_compile import contents
from tests.fakes.compiled import write_collection

OPTIONS = CompileOptions(split=SplitOptions(keep_official=False, seed=3))


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    return write_collection(tmp_path / "in", {"Train": 6, "Test": 3})


@pytest.fixture
def lock(collection: Path, tmp_path: Path) -> Path:
    return compile_dataset([collection], tmp_path / "out", options=OPTIONS).folder


def test_the_same_bytes_come_of_the_same_inputs(
    lock: Path, collection: Path, tmp_path: Path
) -> None:
    moved = shutil.copytree(collection, tmp_path / "elsewhere")
    made = compile_from_lock(lock / "hilum.lock.json", [moved], tmp_path / "again")
    assert made.is_equal and made.warnings == ()
    assert contents(tmp_path / "again") == contents(lock)


def test_inputs_that_differ_are_refused_by_name(
    lock: Path, collection: Path, tmp_path: Path
) -> None:
    (collection / "Train/Normal/images/002.png").unlink()
    mask = collection / "Train/COVID-19/infection masks/000.png"
    mask.write_bytes(mask.read_bytes() + b" ")
    (collection / "new.csv").write_text("x")
    (collection / ".DS_Store").write_text("hidden files are no inputs")
    with pytest.raises(DatasetError) as refusal:
        compile_from_lock(lock, [collection], tmp_path / "again")
    for part in (
        "1 missing (Train/Normal/images/002.png)",
        "1 changed (Train/COVID-19/infection masks/000.png)",
        "1 new (new.csv)",
    ):
        assert part in str(refusal.value)
    assert not (tmp_path / "again").exists()


def test_an_output_within_an_input_is_refused(lock: Path, collection: Path) -> None:
    with pytest.raises(OutputError, match="within what it is made of"):
        compile_dataset([collection], collection / "out")
    with pytest.raises(OutputError, match="within what it is made of"):
        compile_from_lock(lock, [collection], collection / "out")
    assert not list(collection.glob("*out*"))


def test_the_order_of_the_folders_is_that_of_the_lock(collection: Path, tmp_path: Path) -> None:
    other = tmp_path / "sorted"
    (other / "covid").mkdir(parents=True)
    shutil.copy(collection / "Train/Non-COVID/images/001.png", other / "covid/x.png")
    first = compile_dataset([collection, other], tmp_path / "out").folder
    made = compile_from_lock(first, [other, collection], tmp_path / "again")
    assert made.is_equal
    with pytest.raises(DatasetError, match="no folder is plain-folder"):
        compile_from_lock(first, [collection], tmp_path / "less")


def test_other_versions_are_told_and_unknown_options_refused(
    lock: Path, collection: Path, tmp_path: Path
) -> None:
    path = lock / "hilum.lock.json"
    values = json.loads(path.read_text())
    values["packages"]["numpy"] = "0.1"
    path.write_text(json.dumps(values))
    (warning,) = compile_from_lock(path, [collection], tmp_path / "again").warnings
    assert "numpy" in warning and "0.1" in warning
    values["options"]["magic"] = True
    path.write_text(json.dumps(values))
    with pytest.raises(DatasetError, match=r"options\.magic"):
        compile_from_lock(path, [collection], tmp_path / "third")
    path.write_text('{"format": 1}')
    with pytest.raises(DatasetError, match="damaged"):
        compile_from_lock(path, [collection], tmp_path / "third")
