"""A mistyped name is refused before anything is read, or right after tables and names were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hilum.collections import registry, unpack
from hilum.dataset import compile as compiling
from hilum.dataset.balance import BalanceOptions
from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.select import SelectionOptions
from hilum.dataset.split import SplitOptions
from hilum.errors import DatasetError, HilumError
from hilum.radiograph import Finding
from tests.collections.zips import zip_folder
from tests.fakes import hannover, ieee8023, kermany, radiography

DRAWN = {"hannover": hannover, "ieee8023": ieee8023, "kermany": kermany, "radiography": radiography}


def never(*_: Any, **__: Any) -> Any:
    raise AssertionError("something was read")


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, Path]:
    """Two collections whose names are all known, and one that brings its own."""
    rng = np.random.default_rng(0)
    return {name: fake.draw(tmp_path / "in" / name, rng).folder for name, fake in DRAWN.items()}


@pytest.fixture
def no_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "prepare", never)
    monkeypatch.setattr(compiling, "add_dicom_facts", never)


@pytest.fixture
def no_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "read_sources", never)
    monkeypatch.setattr(registry, "read_folder", never)
    monkeypatch.setattr(unpack, "unpack", never)


def chosen(wish: dict[str, tuple[str, ...]]) -> CompileOptions:
    if "holdout" in wish:
        return CompileOptions(split=SplitOptions(holdout=wish["holdout"]))
    return CompileOptions(selection=SelectionOptions(licences=wish["licences"]))


@pytest.mark.usefixtures("no_tables")
@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"holdout": ("hannovre",)}, "got hannovre; expected hannover, kermany, radiography"),
        (
            {"holdout": ("kermany", "Medical School")},
            "got medical school; expected hannover, kermany",
        ),
        ({"holdout": ("covid-qu-ex",)}, "got covid-qu-ex; expected hannover, kermany"),
        (
            {"licences": ("open", "CC-YB")},
            "licence; got CC-YB; expected open, commercial, CC-BY-3.0, CC-BY",
        ),
    ],
)
def test_names_that_no_input_can_have_are_refused_before_reading(
    inputs: dict[str, Path], tmp_path: Path, wish: dict[str, tuple[str, ...]], told: str
) -> None:
    folders = [inputs[name] for name in ("hannover", "kermany", "radiography")]
    with pytest.raises(DatasetError, match=told):
        compile_dataset(folders, tmp_path / "out", options=chosen(wish))


@pytest.mark.usefixtures("no_tables")
def test_a_folder_that_is_not_there_is_told_before_an_archive_is_unpacked(
    inputs: dict[str, Path], tmp_path: Path
) -> None:
    archive = zip_folder(inputs["kermany"], tmp_path / "kermany.zip")
    with pytest.raises(HilumError, match="hanover: there is no such folder"):
        compile_dataset([archive, tmp_path / "in/hanover"], tmp_path / "out")


@pytest.mark.usefixtures("no_pixels")
@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"holdout": ("ieee",)}, r"got ieee; expected .*Cho Ray Hospital \(1\).*ieee8023 \(\d\)"),
        ({"licences": ("CC-YB",)}, "no such licence; got CC-YB; expected .*CC-BY-3.0"),
        ({"licences": ("CC-BY-ND",)}, r"no image is under these.*expected .*CC-BY-3.0 \(\d\)"),
    ],
)
@pytest.mark.parametrize("archived", [False, True])
def test_names_of_tables_are_known_before_an_image_is_read(
    inputs: dict[str, Path],
    tmp_path: Path,
    wish: dict[str, tuple[str, ...]],
    told: str,
    archived: bool,
) -> None:
    own = inputs["ieee8023"]
    own = zip_folder(own, tmp_path / "ieee.zip") if archived else own
    with pytest.raises(DatasetError, match=told):
        compile_dataset([own, inputs["hannover"]], tmp_path / "out", options=chosen(wish))
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("no_pixels")
def test_a_class_that_no_input_has_is_told_before_an_image_is_read(
    inputs: dict[str, Path], tmp_path: Path
) -> None:
    classes = (Finding.NORMAL, Finding.TUBERCULOSIS)
    options = CompileOptions(selection=SelectionOptions(classes))
    with pytest.raises(DatasetError, match="a class has no radiograph; got 4 × normal, 0 × tuberc"):
        compile_dataset([inputs["kermany"]], tmp_path / "out", options=options)


def test_balance_without_classes_is_refused_at_once() -> None:
    with pytest.raises(DatasetError, match="balance needs classes"):
        CompileOptions(balance=BalanceOptions("equal"))


def test_names_that_occur_and_licences_that_are_merely_allowed_pass(
    inputs: dict[str, Path], tmp_path: Path
) -> None:
    selection = SelectionOptions(licences=("open", "cc by-nc-sa", "MIT"))
    options = CompileOptions(SplitOptions(holdout=("Cho Ray Hospital",)), selection=selection)
    made = compile_dataset(
        [inputs["ieee8023"], inputs["hannover"]], tmp_path / "o", options=options
    )
    assert made.rows_by_split["test"]
