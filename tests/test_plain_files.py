from __future__ import annotations

import os
from pathlib import Path

import pytest

from hilum.plain_files import open_plain, read_plain


def test_a_file_is_read_through_a_link_too(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"bytes")
    (tmp_path / "link").symlink_to("file")
    assert read_plain(tmp_path / "file") == read_plain(tmp_path / "link") == b"bytes"


def test_what_never_answers_or_ends_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    for path in (tmp_path / "pipe", tmp_path / "link", Path("/dev/zero")):
        with pytest.raises(OSError, match="a pipe, socket or device") as caught:
            open_plain(path)
        assert caught.value.filename == str(path)


def test_absent_files_and_folders_are_told_as_usual(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_plain(tmp_path / "absent")
    with pytest.raises(IsADirectoryError):
        open_plain(tmp_path)
