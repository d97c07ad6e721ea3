"""A compile that names no folder finds the one it had begun, on whatever day."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.select import SelectionOptions
from hilum.dataset.task_folder import MARK, task_folder
from hilum.dataset.variant import Variant
from hilum.imaging.enhance import Enhancement
from hilum.radiograph import Finding
from tests.fakes.compiled import write_collection

CLASSES = (Finding.COVID, Finding.NORMAL)
BEGUN = Path("covid-normal-2020-02-29")


@pytest.fixture
def stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The collection of a compile that was begun on a day long ago, and stopped."""
    monkeypatch.chdir(tmp_path)
    collection = write_collection(tmp_path / "in", {"Train": 6})

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compile_dataset([collection], BEGUN, progress=lambda *_: interrupt)
    return collection


def today() -> Path:
    return Path(f"covid-normal-{datetime.date.today().isoformat()}")


def test_the_same_task_and_inputs_go_on(stopped: Path) -> None:
    assert task_folder(CLASSES, [Path("in")], Variant()) == BEGUN
    options = CompileOptions(selection=SelectionOptions(CLASSES))
    made = compile_dataset([stopped], BEGUN, options=options).folder
    assert not (made / MARK).exists()
    assert task_folder(CLASSES, [stopped], Variant()) == today()


def test_another_task_input_or_variant_begins_anew(stopped: Path) -> None:
    other = task_folder((*CLASSES, Finding.PNEUMONIA), [stopped], Variant())
    assert other.name.startswith("covid-normal-pneumonia-2")
    assert task_folder(CLASSES, [stopped, stopped.parent], Variant()) == today()
    assert task_folder(CLASSES, [stopped], Variant(Enhancement.HE)) == today()


def test_a_folder_without_a_mark_is_left_alone(stopped: Path) -> None:
    Path(f".{BEGUN}.unfinished", MARK).write_bytes(b"\xff")
    assert task_folder(CLASSES, [stopped], Variant()) == today()
    Path(f".{BEGUN}.unfinished", MARK).unlink()
    assert task_folder(CLASSES, [stopped], Variant()) == today()
