"""A model for each fold: each image is judged by the one that did not see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.held_out import hold_out
from hilum.dataset.read import Dataset, open_dataset
from hilum.dataset.split import SplitOptions
from hilum.errors import ModelError
from hilum.evaluation.evaluate import evaluate
from hilum.evaluation.folds import evaluate_folds
from hilum.evaluation.notes import notes_on
from hilum.evaluation.protocols.protocol import compare_with
from hilum.evaluation.protocols.registry import PROTOCOLS
from hilum.evaluation.protocols.setting import setting_of
from hilum.inference.model import Model, ModelDescription, read_model
from hilum.inference.predictor import Predictor
from hilum.radiograph import Finding, Split
from tests.fakes.compiled import write_collection
from tests.fakes.model import describe, write_model

FOLDS = 3
ALWAYS = (Finding.COVID, Finding.NORMAL, Finding.PNEUMONIA)
"""What the model of each fold says of every image."""


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("folded")
    collection = write_collection(folder / "collection", {"Train": 24, "Val": 9}, size=(64, 64))
    options = CompileOptions(split=SplitOptions(folds=FOLDS))
    compile_dataset([collection], folder / "dataset", options=options)
    return open_dataset(folder / "dataset")


@pytest.fixture(scope="module")
def models(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> list[Model]:
    folder = tmp_path_factory.mktemp("models")
    return [
        read_model(
            write_model(
                folder / f"{fold}.onnx",
                always=always,
                described=replace(describe(), fold=fold, dataset_sha256=dataset.content_sha256),
            )
        )
        for fold, always in enumerate(ALWAYS)
    ]


def test_each_fold_is_judged_by_its_own_model(dataset: Dataset, models: list[Model]) -> None:
    seen: list[None] = []
    found = evaluate_folds(
        models[::-1], dataset, Predictor, by=(), on_case=lambda: seen.append(None)
    )
    assert len(found.cases) == len(seen) == 33 and found.split == "held-out"
    assert all(case.predicted == ALWAYS[case.fold or 0] for case in found.cases if not case.refused)
    assert found.model_sha256 == ", ".join(model.sha256 for model in models)
    assert "Cross-validation: of 3 models" in found.notes[0] and "another" not in str(found.notes)
    by_stratum = {f.stratum: f for f in found.figures if f.name == "accuracy"}
    assert by_stratum.keys() == {"all", "fold=0", "fold=1", "fold=2"}
    for fold, model in enumerate(models):
        alone = evaluate(Predictor(model), hold_out(dataset, fold), Split.TEST, by=())
        accuracy = next(f for f in alone.figures if f.name == "accuracy")
        pooled = by_stratum[f"fold={fold}"]
        assert (pooled.value, pooled.n) == (accuracy.value, accuracy.n)
    assert by_stratum["all"].n == sum(by_stratum[f"fold={fold}"].n for fold in range(FOLDS))
    definitions = {f.definition for f in found.figures if f.name == "sensitivity"}
    assert any("chosen for the model of its fold" in one for one in definitions)


@pytest.mark.parametrize("name", ["rahman-2021", "chowdhury-2020"])
def test_published_five_fold_figures_stand_beside_ours(
    name: str, dataset: Dataset, models: list[Model]
) -> None:
    found = evaluate_folds(models, dataset, Predictor, by=())
    comparison = compare_with(PROTOCOLS[name], setting_of(found, models[0].description, dataset))
    (accuracy,) = (
        line
        for line in comparison.lines
        if line.theirs.name in ("accuracy, whole films", "accuracy, 3 classes")
    )
    assert accuracy.ours.n == 33 and len(accuracy.by_fold) == FOLDS
    counts = [sum(case.fold == fold for case in found.cases) for fold in range(FOLDS)]
    weighted = sum(map(float.__mul__, accuracy.by_fold, map(float, counts))) / 33
    assert accuracy.ours.value == pytest.approx(weighted)
    told = " ".join(comparison.differs)
    assert "3 folds here, 5 there." in told and "by the model of its fold" in told


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda one: replace(one, fold=None), "no fold was held out from this model"),
        (lambda one: replace(one, fold=1), "got models of folds 1, 1, 2; expected 0, 1, 2"),
        (lambda one: replace(one, dataset_sha256="0" * 64), "trained on another dataset"),
        (lambda one: replace(one, recipe={"name": "other"}), "of different recipes"),
    ],
)
def test_models_that_are_not_those_of_the_folds_are_refused(
    dataset: Dataset,
    models: list[Model],
    tmp_path: Path,
    spoil: Callable[[ModelDescription], ModelDescription],
    said: str,
) -> None:
    spoilt = replace(models[0], description=spoil(models[0].description))
    with pytest.raises(ModelError, match=said):
        evaluate_folds([spoilt, *models[1:]], dataset, Predictor)


def test_of_its_own_training_images_it_is_said_that_it_knew_them(
    dataset: Dataset, models: list[Model]
) -> None:
    for split in (Split.TRAIN, Split.VALIDATION):
        (note,) = notes_on((), models[1].description, dataset, split, {})
        assert "learned from these images" in note and "except those of fold 1" in note
    assert not notes_on((), models[1].description, hold_out(dataset, 1), Split.TEST, {})


def test_a_missing_fold_is_named(dataset: Dataset, models: list[Model]) -> None:
    with pytest.raises(ModelError, match="got models of folds 0, 2"):
        evaluate_folds([models[0], models[2]], dataset, Predictor)
