from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from hilum.collections import json_files
from hilum.collections.json_files import read_json
from hilum.errors import CollectionError


def _archive(folder: Path, text: str, member: str = "output.json") -> Path:
    path = folder / "coco.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, text)
    return path


def test_reads_a_file_and_a_member_of_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "output.json"
    path.write_text('{"images": []}')
    assert read_json(path) == {"images": []}
    assert read_json(_archive(tmp_path, "[1]"), member="output.json") == [1]


@pytest.mark.parametrize("text", ["", "{", "\ufffd", "[" * 100_000, "\x00"])
def test_no_json_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CollectionError, match="this is no JSON"):
        read_json(_archive(tmp_path, text), member="output.json")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "output.json"
    path.write_bytes(b"\xff\xfe\xfa\xfb\xfc")
    with pytest.raises(CollectionError, match="this is no JSON"):
        read_json(path)


def test_a_decompression_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_files, "MAX_BYTES", 1000)
    path = _archive(tmp_path, "[" + " " * 10_000 + "]")
    with pytest.raises(CollectionError, match="more than 1,000 bytes unpacked"):
        read_json(path, member="output.json")


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    path = _archive(tmp_path, "[1, 2, 3]" * 100)
    with pytest.raises(CollectionError, match=r"the archive holds no other\.json"):
        read_json(path, member="other.json")
    data = bytearray(path.read_bytes())
    data[50:60] = b"\xff" * 10
    path.write_bytes(data)
    with pytest.raises(CollectionError, match="the zip archive is damaged"):
        read_json(path, member="output.json")
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(CollectionError, match="the zip archive is damaged"):
        read_json(path, member="output.json")


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="No such file"):
        read_json(tmp_path / "none.json")
