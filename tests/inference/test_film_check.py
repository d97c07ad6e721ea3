"""The fitted check: how it adds up, what it says, what a model file may hold of it."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import onnx
import pytest

from hilum.errors import ModelError
from hilum.inference import Predictor
from hilum.inference.film_check import FARTHEST, FilmCheck, Term
from hilum.inference.film_features import FEATURES
from hilum.inference.model import read_model
from hilum.inference.predictor import Status
from tests.fakes.model import describe, draw_pixels, write_model

NARROW, TWINS = "lung_width", "lung_likeness"


def check(limit: float = 3.0) -> FilmCheck:
    """A width of 0.4 ± 0.1, and a likeness of 0.5 ± 0.25 of which only too much is bad."""
    return FilmCheck({NARROW: Term(0.4, 0.1, 0.0, 1.0), TWINS: Term(0.5, 0.25, 1.0, 0.0)}, limit)


def test_a_usual_image_passes_and_an_unusual_one_is_told_why() -> None:
    assert check().refuse({NARROW: 0.4, TWINS: 0.5}) is None
    for features, said in (
        ({NARROW: 0.1, TWINS: 0.6}, FEATURES[NARROW].low),
        ({NARROW: 0.8, TWINS: 0.6}, FEATURES[NARROW].high),
        ({NARROW: 0.3, TWINS: 1.6}, FEATURES[TWINS].high),
    ):
        reason = check().refuse(features)
        assert reason == f"this does not look like a frontal chest radiograph: {said}"


def test_the_limit_itself_passes() -> None:
    features = {NARROW: 0.1, TWINS: 0.5}
    score = check().score(features)
    assert score == pytest.approx(3**2 - 1)
    assert check(limit=score).refuse(features) is None
    assert check(limit=score - 0.01).refuse(features) is not None


def test_nothing_counts_as_farther_than_the_farthest() -> None:
    term = Term(0.0, 1.0, 1.0, 1.0)
    assert term(1e9) == term(FARTHEST) and term(-1e9) == term(-FARTHEST)


def test_terms_that_make_no_sense_are_no_check() -> None:
    with pytest.raises(ValueError, match="not known"):
        FilmCheck({"number_of_ribs": Term(12, 1, 0, 1)}, 0)
    with pytest.raises(ValueError, match="no features"):
        FilmCheck({}, 0)
    with pytest.raises(ValueError, match="deviation"):
        FilmCheck({NARROW: Term(0.4, 0.0, 0, 1)}, 0)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["mean", "deviation", "linear", "square", "limit"])
def test_numbers_that_are_none_are_no_check(name: str, number: float) -> None:
    term, limit = Term(0.4, 0.1, 0.0, 1.0), 3.0
    if name == "limit":
        limit = number
    else:
        term = dataclasses.replace(term, **{name: number})
    with pytest.raises(ValueError, match="not finite"):
        FilmCheck({NARROW: term}, limit)


def test_it_survives_the_model_file_and_decides_there(tmp_path: Path) -> None:
    unlimited = dataclasses.replace(check(), limit=100.0)
    for limited, status in ((unlimited, Status.OK), (check(limit=-100.0), Status.REFUSED)):
        description = dataclasses.replace(describe(), film_check=limited)
        path = write_model(tmp_path / f"{status}.onnx", described=description)
        assert read_model(path).description.film_check == limited
        prediction = Predictor(path)(draw_pixels())
        assert prediction.status is status
        assert ("frontal chest radiograph" in prediction.reason) is (status is Status.REFUSED)


def test_a_model_file_from_before_has_none(model_file: Path, tmp_path: Path) -> None:
    path = rewritten(model_file, tmp_path, lambda values: values.pop("film_check"))
    assert read_model(path).description.film_check is None


@pytest.mark.parametrize(
    "damaged",
    [
        {"limit": 0.0},
        {"limit": 0.0, "terms": {}},
        {"limit": 0.0, "terms": {NARROW: {"mean": 0.4}}},
        {"terms": {NARROW: {"mean": 0.4, "deviation": 1, "linear": 1, "square": 1}}},
        {"limit": 0.0, "terms": {"ribs": {"mean": 0, "deviation": 1, "linear": 1, "square": 1}}},
        {
            "limit": math.nan,
            "terms": {NARROW: {"mean": 0, "deviation": 1, "linear": 1, "square": 1}},
        },
        ["no check"],
    ],
)
def test_a_damaged_check_is_a_damaged_model(
    damaged: object, model_file: Path, tmp_path: Path
) -> None:
    path = rewritten(model_file, tmp_path, lambda values: values.update(film_check=damaged))
    with pytest.raises(ModelError, match="description is damaged"):
        read_model(path)


def rewritten(model_file: Path, folder: Path, change: Any) -> Path:
    model = onnx.load_model(model_file)
    values = json.loads(model.metadata_props[0].value)
    change(values)
    model.metadata_props[0].value = json.dumps(values)
    path = folder / "changed.onnx"
    path.write_bytes(model.SerializeToString())
    return path
