"""A training learns, keeps its history, stops, is killed and goes on."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.held_out import hold_out
from hilum.dataset.read import Dataset, open_dataset
from hilum.dataset.split import SplitOptions
from hilum.errors import DatasetError, OutputError, RecipeError
from hilum.evaluation.evaluate import evaluate
from hilum.evaluation.folds import evaluate_folds
from hilum.evaluation.scored import model_scores
from hilum.imaging.enhance import Enhancement
from hilum.imaging.vary import FilmVariant
from hilum.inference.predictor import Predictor
from hilum.learning.arrays import load_arrays
from hilum.learning.finish import finish
from hilum.learning.train import TrainedRun, class_weights, train
from hilum.output import held
from hilum.radiograph import Split
from tests.fakes.compiled import compile_chests, write_collection
from tests.learning.recipes import schedule, tiny_recipe


@pytest.fixture(scope="module")
def chests(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("chests")
    return compile_chests(folder, {"Train": 9, "Val": 3}, size=(64, 64))


def read_columns(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def weights(run: TrainedRun) -> dict[str, torch.Tensor]:
    return run.module.state_dict()


def test_a_small_network_learns_to_outline_lungs(tmp_path: Path) -> None:
    dataset = compile_chests(tmp_path, {"Train": 24, "Val": 6}, size=(64, 64))
    recipe = tiny_recipe(schedule=schedule(epochs=8))
    run = train(recipe, dataset, tmp_path / "run", tell=lambda _: None)
    best = max(float(epoch["lungs_dice"]) for epoch in read_columns(run.history))
    assert best > 0.8


def stop_after(epoch: int, how: Callable[[], None]) -> Callable[[str], None]:
    """A ``tell`` that stops the training once that epoch is told of."""

    def tell(text: str) -> None:
        if text.startswith(f"epoch {epoch}:"):
            how()

    return tell


def interrupt() -> None:
    raise KeyboardInterrupt


def test_ctrl_c_reaches_the_caller_and_keeps_what_was_learned(
    chests: Dataset, tmp_path: Path
) -> None:
    handler = signal.getsignal(signal.SIGINT)
    recipe, run = tiny_recipe(), tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train(recipe, chests, run, tell=stop_after(2, interrupt))
    assert signal.getsignal(signal.SIGINT) is handler
    assert (run / "checkpoints" / "last.ckpt").exists()

    told: list[str] = []
    finished = train(recipe, chests, run, tell=told.append)
    assert any(text.startswith("going on from") for text in told)
    assert [row["epoch"] for row in read_columns(finished.history)] == ["1", "2"]


@pytest.mark.parametrize(
    "changes",
    [
        {
            "augmentation": {"mirror": 0.5, "rotation_degrees": 10, "noise": 0.05},
            "schedule": schedule(epochs=3),
        },
        {  # stopped where the size of the images changes
            "image_size": 128,
            "targets": ["right_lung", "left_lung", "infection"],
            "network": {
                "architecture": "subpixel_unet",
                "encoder": "tu-regnetx_002",
                "drop_path": 0.2,
            },
            "augmentation": {"join_halves": 0.5, "veil": 0.5, "jpeg": 0.5, "local_contrast": 0.5},
            "loss": {"other_opacity": "unmeasured"},
            "collections": {"covid-qu-ex": {"repeats": 2}},
            "calm_augmentation": {"noise": 0.1},
            "schedule": schedule(epochs=3, small_epochs=2, calm_epochs=1),
        },
    ],
    ids=["plain", "subpixel"],
)
def test_a_resumed_training_is_the_unbroken_one(
    changes: dict[str, Any], chests: Dataset, tmp_path: Path
) -> None:
    recipe = tiny_recipe(**changes)
    unbroken = train(recipe, chests, tmp_path / "unbroken", tell=lambda _: None)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, chests, tmp_path / "broken", tell=stop_after(2, interrupt))
    resumed = train(recipe, chests, tmp_path / "broken", tell=lambda _: None)

    assert read_columns(resumed.history) == read_columns(unbroken.history)
    last = [
        torch.load(run.folder / "checkpoints/last.ckpt", weights_only=True)["state_dict"]
        for run in (unbroken, resumed)
    ]
    for name, weight in last[0].items():
        torch.testing.assert_close(last[1][name], weight, rtol=0, atol=0)


_KILLED = """
import os, signal, sys
from pathlib import Path
import torch
from hilum.dataset.read import open_dataset
from hilum.learning.train import train
from hilum.learning.recipe import Recipe
torch.set_num_threads(1)
def tell(text):
    if text.startswith("epoch 2:"):
        os.kill(os.getpid(), signal.SIGKILL)
recipe = Recipe.model_validate_json(sys.argv[1])
train(recipe, open_dataset(Path(sys.argv[2])), Path(sys.argv[3]), tell=tell)
"""


def test_a_killed_training_goes_on_with_the_next_epoch(chests: Dataset, tmp_path: Path) -> None:
    recipe, run = tiny_recipe(), tmp_path / "run"
    arguments = [recipe.model_dump_json(), os.fspath(chests.folder), os.fspath(run)]
    killed = subprocess.run(
        [sys.executable, "-W", "error", "-c", _KILLED, *arguments],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (killed.returncode, killed.stderr) == (-signal.SIGKILL, "")
    # Killed after the second epoch was written down, before its checkpoint was.
    assert len(read_columns(run / "history.csv")) == 2

    told: list[str] = []
    finished = train(recipe, chests, run, tell=told.append)
    assert [text.split(":")[0] for text in told[2:]] == ["epoch 2"]
    assert [row["epoch"] for row in read_columns(finished.history)] == ["1", "2"]


def test_a_finished_training_is_not_repeated(chests: Dataset, tmp_path: Path) -> None:
    recipe = tiny_recipe(schedule=schedule(epochs=1))
    first = train(recipe, chests, tmp_path / "run", tell=lambda _: None)
    history = first.history.read_bytes()
    told: list[str] = []
    again = train(recipe, chests, tmp_path / "run", tell=told.append)
    assert len(told) == 1
    assert again.history.read_bytes() == history
    for name, weight in weights(first).items():
        torch.testing.assert_close(weights(again)[name], weight, rtol=0, atol=0)


def test_a_model_learns_nothing_of_the_fold_that_is_held_out(tmp_path: Path) -> None:
    collection = write_collection(tmp_path / "chests", {"Train": 18, "Val": 9}, size=(64, 64))
    options = CompileOptions(split=SplitOptions(folds=3))
    compile_dataset([collection], tmp_path / "dataset", options=options)
    dataset = open_dataset(tmp_path / "dataset")
    recipe, models = tiny_recipe(schedule=schedule(epochs=1)), []
    for fold in range(3):
        held = hold_out(dataset, fold)
        run = train(recipe, held, tmp_path / str(fold), tell=lambda _: None)
        groups = {str(row["group_id"]) for row in held.labels(Split.TEST)}
        assert groups and groups.isdisjoint(run.validation.groups)
        output = tmp_path / f"{fold}.onnx"
        models.append(finish(run, recipe, held, output, tell=lambda _: None))
        assert models[-1].description.fold == fold
    with pytest.raises(RecipeError, match="another training was begun here"):
        train(recipe, dataset, tmp_path / "0", tell=lambda _: None)
    judged = evaluate_folds(models, dataset, Predictor, by=())
    assert len(judged.cases) == 27 and {case.fold for case in judged.cases} == {0, 1, 2}


def test_the_last_epoch_is_kept_where_the_recipe_says_so(chests: Dataset, tmp_path: Path) -> None:
    kept = {
        keep: train(
            tiny_recipe(schedule=schedule(epochs=3, keep=keep)),
            chests,
            tmp_path / keep,
            tell=lambda _: None,
        )
        for keep in ("best", "last")
    }
    for keep, run in kept.items():
        path = run.folder / f"checkpoints/{keep}.ckpt"
        expected = torch.load(path, weights_only=True)["state_dict"]
        for name, weight in weights(run).items():
            torch.testing.assert_close(weight, expected[name], rtol=0, atol=0)


def test_a_training_goes_on_from_the_weights_of_an_earlier_one(
    chests: Dataset, tmp_path: Path
) -> None:
    still = schedule(epochs=1, learning_rate=1e-12, keep="last")  # so slow that nothing moves
    earlier = train(
        tiny_recipe(schedule=schedule(epochs=3)), chests, tmp_path / "earlier", tell=lambda _: None
    )
    run = train(
        tiny_recipe(schedule=still, seed=7),
        chests,
        tmp_path / "later",
        start_from=earlier.folder,
        tell=lambda _: None,
    )
    for name, weight in earlier.module.network.named_parameters():
        torch.testing.assert_close(run.module.network.get_parameter(name), weight)

    model = finish(
        run, tiny_recipe(schedule=still, seed=7), chests, tmp_path / "later.onnx", tell=lambda _: 0
    )
    told = model.description.started_from
    assert told is not None
    assert told["recipe"]["schedule"]["epochs"] == 3
    assert told["dataset"] == chests.content_sha256
    assert len(told["checkpoint_sha256"]) == 64
    with pytest.raises(RecipeError, match="another training was begun here"):
        train(tiny_recipe(schedule=still, seed=7), chests, tmp_path / "later")


def test_weights_half_way_between_the_start_and_what_became_of_it(
    chests: Dataset, tmp_path: Path
) -> None:
    earlier = train(
        tiny_recipe(schedule=schedule(epochs=1)), chests, tmp_path / "a", tell=lambda _: None
    )
    mixed = tiny_recipe(schedule=schedule(epochs=1, start_weight=0.5, keep="last"))
    with pytest.raises(RecipeError, match=r"is given none; got start_weight 0\.5"):
        train(mixed, chests, tmp_path / "b")
    run = train(mixed, chests, tmp_path / "b", start_from=earlier.folder, tell=lambda _: None)
    kept = torch.load(run.folder / "checkpoints/last.ckpt", weights_only=True)["state_dict"]
    start = earlier.module.state_dict()
    for name, weight in run.module.state_dict().items():
        if weight.is_floating_point():
            torch.testing.assert_close(weight, (kept[name] + start[name]) / 2)


def test_a_start_that_does_not_fit_is_said(chests: Dataset, tmp_path: Path) -> None:
    recipe = tiny_recipe(schedule=schedule(epochs=1))
    with pytest.raises(RecipeError, match="no folder of a training"):
        train(recipe, chests, tmp_path / "run", start_from=tmp_path)
    earlier = train(recipe, chests, tmp_path / "earlier", tell=lambda _: None)
    other = tiny_recipe(targets=["right_lung", "left_lung"])
    with pytest.raises(RecipeError, match="of another network"):
        train(other, chests, tmp_path / "run", start_from=earlier.folder)
    (earlier.folder / "checkpoints/best.ckpt").write_bytes(b"broken")
    with pytest.raises(RecipeError, match="checkpoint cannot be read"):
        train(recipe, chests, tmp_path / "run", start_from=earlier.folder)


def test_it_stops_early_when_nothing_improves(chests: Dataset, tmp_path: Path) -> None:
    # So slow a pace that the weights stay what they are.
    patient = schedule(epochs=9, patience=2, learning_rate=1e-12)
    recipe = tiny_recipe(network={"architecture": "plain_unet"}, schedule=patient)
    run = train(recipe, chests, tmp_path / "run", tell=lambda _: None)
    assert len(read_columns(run.history)) < 9
    told: list[str] = []
    train(recipe, chests, tmp_path / "run", tell=told.append)
    assert len(told) == 1


def test_a_run_folder_is_for_one_recipe_and_one_dataset(chests: Dataset, tmp_path: Path) -> None:
    recipe = tiny_recipe(schedule=schedule(epochs=1))
    train(recipe, chests, tmp_path / "run", tell=lambda _: None)
    with pytest.raises(RecipeError, match="another training was begun here"):
        train(tiny_recipe(seed=5), chests, tmp_path / "run")
    other = Dataset(chests.folder, "0" * 64)
    with pytest.raises(RecipeError, match="another training was begun here"):
        train(recipe, other, tmp_path / "run")


def test_two_trainings_at_once_into_one_folder_are_refused(chests: Dataset, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with (
        held(tmp_path / "run", lock=tmp_path / "run/.lock"),
        pytest.raises(OutputError, match="another run is writing this output"),
    ):
        train(tiny_recipe(), chests, tmp_path / "run")


def test_a_run_folder_that_cannot_be_written_is_said(chests: Dataset, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        train(tiny_recipe(), chests, tmp_path / "file" / "run")


def test_a_split_with_nothing_to_learn_from_is_said(tmp_path: Path) -> None:
    dataset = compile_chests(tmp_path, {"Train": 3}, size=(64, 64))
    with pytest.raises(DatasetError, match="the validation split has nothing this recipe can use"):
        train(tiny_recipe(), dataset, tmp_path / "run")


def test_a_fold_without_which_nothing_is_left_is_said_before_any_training(tmp_path: Path) -> None:
    collection = write_collection(tmp_path / "chests", {"Train": 9, "Val": 1}, size=(64, 64))
    options = CompileOptions(split=SplitOptions(folds=3))
    compile_dataset([collection], tmp_path / "dataset", options=options)
    dataset = open_dataset(tmp_path / "dataset")
    (fold,) = {int(row["fold"]) for row in dataset.labels(Split.VALIDATION)}
    with pytest.raises(DatasetError, match="nothing is left to check by"):
        train(tiny_recipe(), hold_out(dataset, fold), tmp_path / "run")
    assert not (tmp_path / "run").exists()
    other, recipe = (fold + 1) % 3, tiny_recipe(targets=["lungs", "airways"])
    with pytest.raises(DatasetError, match=f"the train split without fold {other}, which is held"):
        train(recipe, hold_out(dataset, other), tmp_path / "run")


def test_a_validation_split_of_empty_masks_is_said_before_any_training(tmp_path: Path) -> None:
    collection = tmp_path / "first" / "collection"
    compile_chests(tmp_path / "first", {"Train": 3, "Val": 3}, size=(64, 64))
    shutil.rmtree(collection / "Val/COVID-19")
    for masks in collection.glob("Val/*/lung masks"):
        shutil.rmtree(masks)
    compile_dataset([collection], tmp_path / "dataset")
    with pytest.raises(DatasetError, match="nothing to measure a network by"):
        train(
            tiny_recipe(targets=["lungs", "infection"]),
            open_dataset(tmp_path / "dataset"),
            tmp_path / "run",
        )


def test_a_target_without_any_mask_is_said_before_any_training(
    chests: Dataset, tmp_path: Path
) -> None:
    recipe = tiny_recipe(targets=["lungs", "airways"])
    with pytest.raises(DatasetError, match="none of airways"):
        train(recipe, chests, tmp_path / "run")
    recipe = tiny_recipe(schedule={**recipe.schedule.model_dump(), "epochs": 1})
    train(recipe, chests, tmp_path / "run", tell=lambda _: None)  # the folder is still free


CLASSIFIER: dict[str, Any] = {
    "targets": [],
    "findings": ["covid", "normal"],
    "loss": {"finding": 1, "class_weights": "balanced"},
    "network": {"architecture": "classifier", "encoder": "resnet18"},
}


def test_a_class_without_any_radiograph_is_said_before_any_training(
    chests: Dataset, tmp_path: Path
) -> None:
    recipe = tiny_recipe(**{**CLASSIFIER, "findings": ["covid", "normal", "tuberculosis"]})
    with pytest.raises(DatasetError, match="not one radiograph of a class; got none of tubercul"):
        train(recipe, chests, tmp_path / "run")


def test_rare_classes_weigh_more_and_all_images_one_on_average(tmp_path: Path) -> None:
    collection = tmp_path / "collection"
    compile_chests(tmp_path, {"Train": 9}, size=(64, 64))
    for number in (3, 6):  # one of three COVID-19 films stays
        for folder in ("images", "lung masks", "infection masks"):
            (collection / f"Train/COVID-19/{folder}/{number:03}.png").unlink()
    compile_dataset([collection], tmp_path / "fewer")
    recipe = tiny_recipe(**CLASSIFIER)
    arrays = load_arrays(open_dataset(tmp_path / "fewer"), Split.TRAIN, recipe, tmp_path / "arrays")
    weights = class_weights(arrays, recipe)
    assert weights is not None
    torch.testing.assert_close(weights, torch.tensor([4 / 2, 4 / 6]))
    assert class_weights(arrays, tiny_recipe(**{**CLASSIFIER, "loss": {"finding": 1}})) is None


def test_a_training_of_an_earlier_version_goes_on(chests: Dataset, tmp_path: Path) -> None:
    recipe = tiny_recipe(schedule=schedule(epochs=1))
    train(recipe, chests, tmp_path / "run", tell=lambda _: None)
    path = tmp_path / "run/run.json"
    purpose = json.loads(path.read_text(encoding="utf-8"))
    del purpose["recipe"]["network"]["pretrained"]  # which it did not know yet
    path.write_text(json.dumps(purpose), encoding="utf-8")
    train(recipe, chests, tmp_path / "run", tell=lambda _: None)


def test_a_model_of_enhanced_films_says_so_and_enhances(tmp_path: Path) -> None:
    collection = write_collection(tmp_path / "in", {"Train": 9, "Val": 3}, size=(64, 64))
    options = CompileOptions(enhance=Enhancement.COMPLEMENT)
    enhanced, plain = (
        open_dataset(compile_dataset([collection], tmp_path / name, options=one).folder)
        for name, one in (("enhanced", options), ("plain", CompileOptions()))
    )
    recipe = tiny_recipe(schedule=schedule(epochs=1))
    run = train(recipe, enhanced, tmp_path / "run", tell=lambda _: None)
    model = finish(run, recipe, enhanced, tmp_path / "model.onnx", tell=lambda _: None)
    assert model.description.variant == FilmVariant(Enhancement.COMPLEMENT)
    predictor = Predictor(model)
    on_enhanced, on_plain = (
        [
            (score.name, score.value)
            for score in model_scores(evaluate(predictor, one, Split.VALIDATION))
        ]
        for one in (enhanced, plain)
    )
    assert on_enhanced == on_plain
    assert [(score.name, score.value) for score in model.description.scores] == on_plain
    for row, changed in zip(
        plain.rows(Split.VALIDATION), enhanced.rows(Split.VALIDATION), strict=True
    ):
        one = predictor.look(row.pixels(), width=64, height=64)
        other = predictor.look(changed.pixels(), width=64, height=64, is_varied=True)
        assert not isinstance(one, str) and not isinstance(other, str)
        np.testing.assert_array_equal(one.pixels, 255 - row.pixels())
        np.testing.assert_array_equal(one.masks, other.masks)
