"""Exports in which anything may stand anywhere: sentences or problems, never another exception."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hilum.collections.inspect import inspect
from hilum.errors import CollectionError
from tests.fakes import v7
from tests.fakes.every import FAKES

JUNK: list[Any] = [
    *(None, True, 0, -1, 7, 10**30, 1e308, float("nan"), float("-inf"), "", "x", "\0", "\ud800"),
    *("../../x", "/etc/passwd", [], {}, [[]], [{}], {"a": []}, [None] * 7, "9" * 5000, [1.5] * 8),
]
ROUNDS = 40


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every list and object in ``value`` with one of its indices or keys."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(inner):
        yield value, key
        if isinstance(item, dict | list) and item:
            yield from _places(item if len(item) < 50 else item[:5])


def _spoilt(value: Any, rng: random.Random) -> Any:
    spoilt = copy.deepcopy(value)
    for _ in range(rng.choice([1, 1, 3])):
        places = list(_places(spoilt))
        holder, key = rng.choice(places)
        if rng.random() < 0.3:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(rng.choice(JUNK))
        if not spoilt:
            break
    return spoilt


def _check(folder: Path, others: tuple[Path, ...]) -> None:
    """Everything that happens to a folder that is inspected, written down as a user sees it."""
    try:
        found = inspect(folder, others=others, check_pixels=True)
    except CollectionError as error:
        assert error.path and error.remedy, str(error)
        return
    json.dumps(found.to_dict(), ensure_ascii=False).encode()


@pytest.mark.parametrize("name", ["coco", "label-studio", "v7-covid19-xray"])
@pytest.mark.parametrize("seed", [1, 2])
def test_spoilt_json(tmp_path: Path, name: str, seed: int) -> None:
    rng = random.Random(seed)
    fake = FAKES[name](tmp_path / "download", np.random.default_rng(0))
    assert fake.table is not None
    table = fake.table
    if name == "v7-covid19-xray":
        value: Any = v7.coco(np.random.default_rng(0))
        table.unlink()
        table = table.with_name("output.json")
    else:
        value = json.loads(table.read_text())
    for _ in range(ROUNDS):
        table.write_text(json.dumps(_spoilt(value, rng)))
        _check(fake.folder, fake.others)


@pytest.mark.parametrize("seed", [1, 2])
def test_spoilt_files_of_darwin(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    fake = FAKES["v7-covid19-xray"](tmp_path / "download", np.random.default_rng(0))
    assert fake.table is not None
    fake.table.unlink()
    folder = fake.table.with_name("covid-only")
    folder.mkdir()
    value = v7.darwin(v7.coco(np.random.default_rng(0)))
    for _ in range(ROUNDS // 2):
        for name, file in value.items():
            (folder / name).write_text(json.dumps(_spoilt(file, rng)))
        _check(fake.folder, fake.others)


@pytest.mark.parametrize("seed", [1, 2])
def test_spoilt_xml(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    fake = FAKES["cvat"](tmp_path / "download", np.random.default_rng(0))
    assert fake.table is not None
    text = fake.table.read_text()
    values = ["", "nan", "-1", "1e400", "9" * 5000, "x", "../x", "1,2;3", ",", ";", "&#0;", "&a;"]
    for _ in range(ROUNDS):
        pieces = text.split('"')
        for _ in range(rng.choice([1, 3])):
            pieces[rng.randrange(1, len(pieces) // 2) * 2 - 1] = rng.choice(values)
        fake.table.write_text('"'.join(pieces))
        _check(fake.folder, fake.others)
