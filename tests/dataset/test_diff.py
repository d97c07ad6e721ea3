"""What came, went and changed between two datasets, and why."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.diff import diff_datasets
from hilum.dataset.split import SplitOptions
from hilum.errors import DatasetError
from tests.fakes.compiled import write_collection


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    return write_collection(tmp_path / "in", {"Train": 9, "Test": 3})


@pytest.fixture
def first(collection: Path, tmp_path: Path) -> Path:
    return compile_dataset([collection], tmp_path / "a").folder


def test_a_repeat_does_not_differ(first: Path, collection: Path, tmp_path: Path) -> None:
    second = compile_dataset([collection], tmp_path / "b").folder
    found = diff_datasets(first, second)
    assert found.is_equal and not (found.options or found.inputs or found.packages)


def test_rows_come_go_and_change_with_their_reasons(
    first: Path, collection: Path, tmp_path: Path
) -> None:
    normal, covid = collection / "Train/Normal", collection / "Train/COVID-19"
    (normal / "images/002.png").unlink()
    (normal / "images/005.png").write_bytes(b"damaged")
    (covid / "infection masks/000.png").unlink()
    moved = "Train/Non-COVID/images/001.png"
    shutil.move(collection / moved, covid / "images/new.png")
    second = compile_dataset([collection], tmp_path / "b").folder
    found = diff_datasets(first, second)
    why = {row.source_path: row.reason for row in found.went}
    assert why["Train/Normal/images/002.png"].startswith(("missing", "the file is not"))
    assert why["Train/Normal/images/005.png"].startswith("unreadable image")
    assert len(why) == 2 and not found.came
    columns = {change.source_path: change.columns for change in found.changed}
    a, b = columns["Train/COVID-19/images/000.png"]["infection"]
    assert a is not None and b is None
    assert columns["Train/COVID-19/images/new.png"]["finding"] == ("pneumonia", "covid")
    assert "missing" in found.inputs["covid-qu-ex"]
    assert json.loads(json.dumps(found.to_dict()))["equal"] is False

    back = diff_datasets(second, first)
    assert {row.source_path for row in back.came} == set(why)


def test_options_are_named(first: Path, collection: Path, tmp_path: Path) -> None:
    options = CompileOptions(split=SplitOptions(keep_official=False, seed=5))
    second = compile_dataset([collection], tmp_path / "b", options=options).folder
    found = diff_datasets(first, second)
    assert found.options["options.split.seed"] == (0, 5)
    assert set(found.changed_columns) == {"split"}


def test_issues_alone_make_a_difference(first: Path, collection: Path, tmp_path: Path) -> None:
    (collection / "Train/stray.png").write_bytes(b"damaged")
    for name in ("x", "y"):
        (collection / f"Test/{name}.zip").write_bytes(b"PK")
    found = diff_datasets(first, compile_dataset([collection], tmp_path / "b").folder)
    assert found.same_rows and not found.is_equal
    assert found.issues == {"packed files": (0, 2), "unexpected image": (0, 1)}
    told = json.loads(json.dumps(found.to_dict()))
    assert (told["equal"], told["same_rows"], told["issues"]["packed files"]) == (
        False,
        True,
        [0, 2],
    )


def test_what_is_no_dataset_is_refused(first: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError):
        diff_datasets(first, tmp_path)
    (first / "issues.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DatasetError, match="issues"):
        diff_datasets(first, first)
