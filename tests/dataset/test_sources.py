"""What a dataset holds says nothing of where its inputs lay."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from hilum.collections.archives import open_sources
from hilum.collections.registry import COLLECTIONS
from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.from_lock import compile_from_lock
from hilum.dataset.read import open_dataset
from hilum.dataset.select import SelectionOptions
from hilum.dataset.sources import read_sources
from hilum.radiograph import Split
from tests.collections.zips import zip_folder
from tests.dataset.test_compile import contents
from tests.fakes import ieee8023, radiography
from tests.fakes.compiled import write_collection
from tests.fakes.every import FAKES

PLACES = ("Zanzibar/Dr. Quokka", "Xanadu/Wombat & Sons/2026")
"""Words that no file of a dataset has for other reasons."""


def all_text(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_two_folders_of_one_collection_give_the_same_wherever_they_lie(tmp_path: Path) -> None:
    inputs = ["a/ieee8023", "b/ieee8023", "newer", "2020", "2021"]
    draws = [ieee8023.draw, ieee8023.draw, ieee8023.draw, radiography.draw_first, radiography.draw]
    for seed, (name, draw) in enumerate(zip(inputs, draws, strict=True)):
        draw(tmp_path / name, np.random.default_rng(seed))

    made = []
    for number, place in enumerate(PLACES):
        # Each of them somewhere else: what they have in common tells nothing, either.
        folders = [tmp_path / place / str(n * number) / name for n, name in enumerate(inputs)]
        for name, folder in zip(inputs, folders, strict=True):
            shutil.copytree(tmp_path / name, folder)
        made.append(compile_dataset(folders, tmp_path / f"out{number}").folder)

    assert contents(made[0]) == contents(made[1])
    told = json.loads((made[0] / "hilum.lock.json").read_text())["inputs"]
    names = [one["folder"] for one in told]
    assert names[2:] == ["newer", "2020", "2021"]
    assert all(re.fullmatch("ieee8023-[0-9a-f]{8}", name) for name in names[:2])
    for word in ("Zanzibar", "Quokka", "Xanadu", "Wombat", str(tmp_path), tmp_path.name):
        assert word.encode() not in all_text(made[0]) + all_text(made[1])


def test_no_place_is_told_of_any_collection(tmp_path: Path) -> None:
    place = tmp_path / PLACES[0]
    fakes = [draw(place / name, np.random.default_rng(1)) for name, draw in FAKES.items()]
    given = {folder: None for fake in fakes for folder in (fake.folder, *fake.others)}
    folders = [one for one in given if any(c.find_root(one) is not None for c in COLLECTIONS)]

    def interrupt() -> None:
        if left and not left.pop():
            raise KeyboardInterrupt

    options = CompileOptions(selection=SelectionOptions(unlabelled=True, views="all"))
    left = list(range(60))
    with pytest.raises(KeyboardInterrupt):
        compile_dataset(folders, tmp_path / "out", progress=lambda *_: interrupt)
    left_behind = all_text(tmp_path / ".out.unfinished")
    made = compile_dataset(folders, tmp_path / "out", options=options).folder
    rows = [open_dataset(made).labels(split) for split in Split]  # which lie compressed in files
    told = left_behind + all_text(made) + json.dumps(rows).encode()
    for word in ("Zanzibar", "Quokka", str(tmp_path), tmp_path.name):
        assert word.encode() not in told


def test_folders_that_are_equal_in_all_are_told_apart_in_any_order(tmp_path: Path) -> None:
    first = write_collection(tmp_path / "1/in", {"Train": 3})
    others = [shutil.copytree(first, tmp_path / f"{number}/in") for number in (2, 3)]
    with open_sources([first, *others]) as sources:
        folders = [reading.folder for reading in read_sources(sources)]
    assert folders == [folders[0], f"{folders[0]}-2", f"{folders[0]}-3"]
    assert folders[0].startswith("in-") and "-2" not in folders[0]


def test_an_archive_is_named_like_itself(tmp_path: Path) -> None:
    root = write_collection(tmp_path / "in", {"Train": 3})
    inside = zip_folder(root, tmp_path / "one.zip", below="qu-ex")
    at_top = zip_folder(root, tmp_path / "two.zip")
    with open_sources([root, inside, at_top]) as sources:
        assert [reading.folder for reading in read_sources(sources)] == ["in", "one", "two"]


def test_a_lock_makes_the_same_of_folders_that_were_renamed(tmp_path: Path) -> None:
    first = write_collection(tmp_path / "first", {"Train": 6}, seed=1)
    second = write_collection(tmp_path / "second", {"Train": 6}, seed=2)
    made = compile_dataset([first, second], tmp_path / "a").folder
    first.rename(tmp_path / "third")
    again = compile_from_lock(made, [second, tmp_path / "third"], tmp_path / "b")
    assert again.is_equal and contents(tmp_path / "b") == contents(made)
