"""What the reporting check says of a model is for people to read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hilum.audit.reporting import UNANSWERED, _model_answers, in_prose
from hilum.inference.model import Model, Score, read_model
from tests.fakes.model import write_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return read_model(write_model(tmp_path_factory.mktemp("model") / "fake.onnx"))


def told(model: Model, **changed: object) -> dict[str, str]:
    return _model_answers(replace(model, description=replace(model.description, **changed)))  # type: ignore[arg-type]


def test_the_bundled_model_is_told_in_prose() -> None:
    answers = _model_answers(read_model())
    for item, text in answers.items():
        assert not set("{}[]") & set(text) and "': " not in text, item
    assert "encoder tu-regnetx_004" in answers["25"]
    assert "decoder channels 112, 96 and 80" in answers["25"]
    assert answers["24"].startswith("those that an earlier training ended with: recipe hilum_def")
    # Of each split of a collection the scores stand together.
    assert answers["32"].count("validation split of dataset c8c2da88ae41498b") == 1


def test_initial_parameters_and_training(model: Model) -> None:
    recipe = {"name": "own", "targets": ["infection"], "network": {"pretrained": "imagenet"}}
    answers = told(model, recipe={**recipe, "seed": 3}, started_from=None)
    assert answers["24"] == "pretrained weights: imagenet"
    assert answers["25"] == "network (pretrained imagenet); seed 3"
    answers = told(model, recipe={}, started_from=None)
    assert answers["24"] == answers["25"] == UNANSWERED
    started = {"recipe": {"name": "before"}, "dataset": "ab" * 32, "fold": {"number": 1}}
    assert told(model, started_from=started)["24"] == (
        "those that an earlier training ended with: recipe before, dataset abababababababab"
    )
    assert "recipe without a name" in told(model, started_from={"recipe": {}})["24"]


def test_scores_are_told_by_what_they_were_measured_on(model: Model) -> None:
    scores = (
        Score("left_lung Dice", 0.9, 0.8, 0.95, 40, "mean; films of one"),
        Score("accuracy", 0.7, 0.6, 0.8, 40, "films of one"),
        Score("accuracy", 0.5, 0.4, 0.6, 60, "films of another"),
    )
    assert told(model, scores=scores)["37"] == (
        "on films of one: left lung Dice 0.900 (0.800 – 0.950, n 40, mean), accuracy 0.700"
        " (0.600 – 0.800, n 40); on films of another: accuracy 0.500 (0.400 – 0.600, n 60)"
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, ""),
        ({"a_b": {}}, "a b (none)"),
        ({"a": []}, "a none"),
        ({"a": ["x"], "b": False}, "a x; b no"),
        ({"a": {"b": {"c": 1, "d": None}}}, "a (b (c 1, d not set))"),
    ],
)
def test_prose(value: object, words: str) -> None:
    assert in_prose(value) == words
