"""The folder of an audit is gone on with by the same audit, and by nothing else."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from hilum.audit.folder import NOTE_NAME, Subject, note_subject, refuse_other_use
from hilum.errors import OutputError

SUBJECT = Subject("chests", "1" * 64, "net", "2" * 64, "3" * 64)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = tmp_path / "dataset"
    (folder / "data").mkdir(parents=True)
    return folder


def test_a_new_or_empty_folder_is_taken(dataset: Path, tmp_path: Path) -> None:
    refuse_other_use(tmp_path / "new" / "audit", SUBJECT, dataset)
    (tmp_path / "empty").mkdir()
    refuse_other_use(tmp_path / "empty", SUBJECT, dataset)
    refuse_other_use(tmp_path / "dataset audit", SUBJECT, dataset)


def test_the_same_audit_goes_on_whatever_it_is_called(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "audit").mkdir()
    note_subject(tmp_path / "audit", SUBJECT)
    refuse_other_use(tmp_path / "audit", SUBJECT, dataset)
    renamed = replace(SUBJECT, dataset="moved", model="renamed", model_sha256="4" * 64)
    refuse_other_use(tmp_path / "audit", renamed, dataset)


@pytest.mark.parametrize(
    "asked",
    [
        replace(SUBJECT, dataset="others", dataset_sha256="5" * 64),
        replace(SUBJECT, model_sha256="5" * 64, answers_sha256="5" * 64),
        Subject("chests", "1" * 64),
    ],
)
def test_another_audit_is_named_and_refused(asked: Subject, dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "audit").mkdir()
    note_subject(tmp_path / "audit", SUBJECT)
    with pytest.raises(OutputError) as refused:
        refuse_other_use(tmp_path / "audit", asked, dataset)
    told = str(refused.value)
    assert "another audit lies here" in told
    found = f"got dataset chests (SHA-256 {'1' * 16}), model net (SHA-256 {'2' * 16})"
    assert found in told and f"expected {asked}." in told and "Name a new folder" in told


def test_of_two_runs_at_once_the_second_does_not_take_the_folder(tmp_path: Path) -> None:
    note_subject(tmp_path, SUBJECT)
    before = (tmp_path / NOTE_NAME).read_bytes()
    note_subject(tmp_path, SUBJECT)
    with pytest.raises(OutputError, match="another audit lies here"):
        note_subject(tmp_path, replace(SUBJECT, dataset_sha256="5" * 64))
    assert (tmp_path / NOTE_NAME).read_bytes() == before


@pytest.mark.parametrize("place", [".", "data", "audit", "data/../audit"])
def test_nothing_is_written_into_the_dataset(place: str, dataset: Path) -> None:
    with pytest.raises(OutputError, match="the output lies in the dataset"):
        refuse_other_use(dataset / place, SUBJECT, dataset)


def test_a_link_into_the_dataset_is_seen_through(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(dataset)
    with pytest.raises(OutputError, match="the output lies in the dataset"):
        refuse_other_use(tmp_path / "link" / "audit", SUBJECT, dataset)


def test_a_folder_of_other_things_is_refused(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="the output folder is not empty, and holds no audit"):
        refuse_other_use(tmp_path, SUBJECT, dataset)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="the output is a file"):
        refuse_other_use(tmp_path / "file", SUBJECT, dataset)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"dataset": "chests"}', json.dumps({**asdict(SUBJECT), "more": 1}), "\xff"]
)
def test_a_damaged_note_is_no_leave_to_write(text: str, dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / NOTE_NAME).write_text(text, encoding="latin-1")
    with pytest.raises(OutputError, match="the note on what was audited here is damaged"):
        refuse_other_use(tmp_path / "audit", SUBJECT, dataset)
