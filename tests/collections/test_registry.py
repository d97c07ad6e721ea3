from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hilum.collections.registry import COLLECTIONS, recognise
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
