from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from hilum.collections.registry import COLLECTIONS, read_folder, recognise
from hilum.errors import CollectionError
from tests.fakes.every import FAKES


def test_an_absent_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="there is no such folder"):
        recognise(tmp_path / "none")


def test_an_empty_folder_is_no_collection(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="one folder per class"):
        recognise(tmp_path)


def test_the_plain_folder_is_asked_last() -> None:
    assert COLLECTIONS[-1].facts.name == "plain-folder"


def test_several_collections_in_one_folder_are_not_guessed(tmp_path: Path) -> None:
    for name in ("hannover", "kermany"):
        FAKES[name](tmp_path / name, np.random.default_rng(0))
    with pytest.raises(CollectionError, match=r"kermany in kermany.*hannover in hannover"):
        recognise(tmp_path)


def test_a_name_that_is_no_utf8_can_be_written_down(tmp_path: Path) -> None:
    folder = tmp_path / "normal"
    folder.mkdir()
    image = cv2.imencode(".png", np.zeros((8, 8), np.uint8))[1].tobytes()
    (folder / os.fsdecode(b"bad\xff.png")).write_bytes(image)
    reading = read_folder(tmp_path)
    assert [r.source_path for r in reading.radiographs] == ["normal/bad\\udcff.png"]
    assert reading.radiographs[0].path.read_bytes() == image


@pytest.mark.skipif(os.geteuid() == 0, reason="root may enter every folder")
def test_a_folder_that_may_not_be_entered_is_said(tmp_path: Path) -> None:
    (tmp_path / "normal").mkdir()
    (tmp_path / "normal").chmod(0)
    try:
        with pytest.raises(CollectionError):
            read_folder(tmp_path)
    finally:
        (tmp_path / "normal").chmod(0o700)
