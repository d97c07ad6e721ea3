"""An error is one sentence with cause, place, findings and remedy, in any process."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from hilum import errors
from hilum.errors import HilumError, ImageError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type)]


def test_a_full_sentence() -> None:
    error = ImageError(
        "the image is too large",
        path=Path("a") / "b.png",
        got="9×9",
        expected="at most 8×8",
        remedy="reduce it first",
    )
    text = "the image is too large; got 9×9; expected at most 8×8. Reduce it first."
    assert str(error) == f"{Path('a/b.png')}: {text}"
    assert error.reason == text
    assert error.path == str(Path("a/b.png"))


def test_parts_that_are_not_given_leave_no_trace() -> None:
    assert str(HilumError("it broke")) == "it broke."
    assert str(HilumError("it broke", got="")) == "it broke; got ."
    assert str(HilumError("it broke", remedy="mend it")) == "it broke. Mend it."


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_a_hilum_error_and_survives_another_process(kind: type[HilumError]) -> None:
    error = kind("broken", path="x", got="y", expected="z", remedy="mend it")
    assert isinstance(error, HilumError)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)
    assert kind.__doc__
