"""A dataset compiled from zip archives is that of their folders, and knows no temporary path."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hilum.collections.archives import PREFIX
from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.read import open_dataset
from hilum.errors import CollectionError, DatasetError
from hilum.radiograph import Split
from tests.collections.zips import add_link, write_zip, zip_folder
from tests.dataset.test_compile import contents, read_issues
from tests.fakes.compiled import write_collection


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    root = write_collection(tmp_path / "qu-ex", {"Train": 6, "Val": 3, "Test": 3})
    (root / "Train/Normal/images/002.png").write_bytes(b"no image")
    (root / "Train/Normal/infection masks/005.png").write_bytes(b"damaged")
    return root


def test_an_archive_gives_what_its_folder_gives(collection: Path, tmp_path: Path) -> None:
    archive = zip_folder(collection, tmp_path / "in/archive.zip", below="deeper/down")
    unpacked = contents(compile_dataset([collection], tmp_path / "one").folder)
    packed = contents(compile_dataset([archive], tmp_path / "two").folder)
    lock, packed_lock = (json.loads(c.pop("hilum.lock.json")) for c in (unpacked, packed))
    assert unpacked == packed
    assert packed_lock["inputs"][0].pop("archive") == "archive.zip"
    assert packed_lock == lock


def test_a_repeat_gives_identical_bytes_without_a_temporary_path(
    collection: Path, tmp_path: Path
) -> None:
    archive = zip_folder(collection, tmp_path / "in/archive.zip")
    add_link(archive, "Train/Normal/images/link.png", "/etc/passwd")
    first = contents(compile_dataset([archive], tmp_path / "one").folder)
    options = CompileOptions(workers=2)
    again = contents(compile_dataset([archive], tmp_path / "two", options=options).folder)
    assert first == again
    assert not any(PREFIX.encode() in content for content in first.values())
    issues = {issue["source_path"]: issue["kind"] for issue in read_issues(tmp_path / "one")}
    assert issues["Train/Normal/images/link.png"] == "unsafe path"


def test_parts_of_one_collection_are_told_apart_by_their_archives(tmp_path: Path) -> None:
    parts = []
    for number in (1, 2):
        root = write_collection(tmp_path / f"drawn/{number}", {"Train": 3}, seed=number)
        parts.append(zip_folder(root, tmp_path / f"in/part{number}.zip", below="data"))
    folder = compile_dataset(parts, tmp_path / "out").folder
    paths = {row["source_path"] for row in open_dataset(folder).labels(Split.TRAIN)}
    assert len(paths) == 6
    assert {path.split("/")[0] for path in paths} == {"part1", "part2"}


def test_an_archive_given_twice_is_told(collection: Path, tmp_path: Path) -> None:
    archive = zip_folder(collection, tmp_path / "a.zip")
    with pytest.raises(DatasetError, match="given twice") as raised:
        compile_dataset([archive, archive], tmp_path / "out")
    assert raised.value.path == f"{archive}, {archive}"


def test_an_archive_of_something_else_is_named(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", {"notes.txt": b"1"})
    with pytest.raises(CollectionError, match="no collection hilum knows") as raised:
        compile_dataset([archive], tmp_path / "out")
    assert raised.value.path == str(archive)
    assert not (tmp_path / "out").exists()
