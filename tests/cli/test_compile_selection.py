"""The options of ``hilum compile`` that choose, divide and balance, as a user gives them."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hilum.cli.app import app
from hilum.dataset.compile import compile_dataset
from tests.fakes.compiled import write_collection


def test_the_folder_is_named_after_the_task_and_the_lock_has_every_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_collection(tmp_path / "qu-ex", {"Train": 9, "Val": 3})
    monkeypatch.chdir(tmp_path)
    words = ["--classes", "covid,pneumonia,normal", "--balance", "equal", "--folds", "2"]
    before = datetime.date.today()
    result = CliRunner().invoke(app, ["compile", str(root), *words])
    assert result.exit_code == 0, result.output
    days = {before, datetime.date.today()}
    (folder,) = tmp_path.glob("covid-*")
    assert folder.name in {f"covid-pneumonia-normal-{day.isoformat()}" for day in days}
    options = json.loads((folder / "hilum.lock.json").read_text())["options"]
    assert options["selection"]["classes"] == ["covid", "pneumonia", "normal"]
    assert options["balance"] == {"how": "equal", "on": "train"}
    assert options["split"]["folds"] == 2

    again = ["compile", str(root), "--from-lock", str(folder / "hilum.lock.json")]
    made = CliRunner().invoke(app, [*again, "-o", str(tmp_path / "again")])
    assert made.exit_code == 0, made.output
    refused = CliRunner().invoke(app, [*again, "-o", str(tmp_path / "x"), "--folds", "3"])
    assert refused.exit_code == 2


def test_a_compile_without_a_folder_goes_on_after_midnight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_collection(tmp_path / "qu-ex", {"Train": 9, "Val": 3, "Test": 3})
    monkeypatch.chdir(tmp_path)

    def interrupt() -> None:
        raise KeyboardInterrupt

    begun = Path("covid-pneumonia-normal-2020-02-29")
    with pytest.raises(KeyboardInterrupt):
        compile_dataset([root], begun, progress=lambda *_: interrupt)
    words = ["compile", "qu-ex", "--classes", "covid,pneumonia,normal"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert begun.is_dir() and f"written to {begun}" in result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == [begun.name, "qu-ex"]


def test_help_shows_the_vocabularies() -> None:
    result = CliRunner().invoke(app, ["compile", "--help"])
    assert "covid,lung_opacity,normal" in result.output
    assert "Which radiographs" in result.output
