"""Options go into a lock and come back the same."""

from __future__ import annotations

import dataclasses
import enum
import json
from pathlib import Path
from typing import Literal

import pytest

from hilum.dataset.compile import CompileOptions
from hilum.dataset.lock_options import options_from_values, options_to_values
from hilum.dataset.split import SplitOptions
from hilum.errors import DatasetError

LOCK = Path("hilum.lock.json")


class Colour(enum.StrEnum):
    RED = "red"


@dataclasses.dataclass(frozen=True)
class Inner:
    shares: tuple[float, float] = (0.5, 0.5)
    names: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Options:
    inner: Inner = dataclasses.field(default_factory=Inner)
    colour: Colour | None = None
    folds: int | None = None
    classes: tuple[str, ...] = ()
    balance: Literal["equal", "none"] = "none"
    salt: str | None = None


FULL = Options(Inner((0.25, 1), ("b", "a")), Colour.RED, 5, ("x",), "equal", "secret")


@pytest.mark.parametrize("options", [Options(), FULL])
def test_options_survive_json_without_the_salt(options: Options) -> None:
    text = json.dumps(options_to_values(options))
    assert "salt" not in text and "secret" not in text
    read = options_from_values(Options, json.loads(text), path=LOCK)
    assert read == dataclasses.replace(options, salt=None)


def test_the_options_of_a_compile_survive() -> None:
    options = CompileOptions(SplitOptions(False, (0.5, 0.25, 0.25), 7), workers=3, salt="x" * 12)
    values = json.loads(json.dumps(options_to_values(options)))
    assert options_from_values(CompileOptions, values, path=LOCK).split == options.split


@pytest.mark.parametrize(
    "values",
    [
        [],
        {"unheard_of": 1},
        {"inner": {"also": 1}},
        {"salt": "given"},
        {"folds": "five"},
        {"folds": True},
        {"colour": "blue"},
        {"colour": ["red"]},
        {"balance": "perhaps"},
        {"inner": {"shares": [1]}},
        {"classes": "x"},
    ],
)
def test_what_cannot_be_followed_is_refused_in_words(values: object) -> None:
    with pytest.raises(DatasetError) as refusal:
        options_from_values(Options, values, path=LOCK)
    assert "lock" in str(refusal.value)
