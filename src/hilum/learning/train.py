"""Recipe + dataset → trained weights in a run folder; picks up where a killed run stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import ValidationError
from torch.utils.data import DataLoader

from hilum.dataset.held_out import refuse_emptied, told_split
from hilum.dataset.read import Dataset
from hilum.errors import DatasetError, OutputError, RecipeError
from hilum.learning.arrays import TrainingArrays, load_arrays
from hilum.learning.fit import fit, kept_checkpoint
from hilum.learning.module import ArrayBatches, Batch, ShuffledByEpoch, TrainingModule, keep_batch
from hilum.learning.recipe import Recipe
from hilum.learning.start import RUN_FILE, Start, read_start
from hilum.learning.targets import UNKNOWN_FINDING
from hilum.output import held, write_whole
from hilum.radiograph import Split


@dataclass(frozen=True)
class TrainedRun:
    """A finished training."""

    module: TrainingModule
    """With the averaged weights of the epoch that is kept, on the CPU, in evaluation mode."""
    folder: Path
    history: Path
    validation: TrainingArrays
    start: Start | None = None


def train(
    recipe: Recipe,
    dataset: Dataset,
    run: Path,
    *,
    start_from: Path | None = None,
    tell: Callable[[str], None] = print,
    progress_bar: bool = False,
) -> TrainedRun:
    """Train ``recipe`` on the train split, choosing the best epoch on the validation split.

    Everything is kept in the folder ``run``: decoded arrays, checkpoints, ``history.csv``.
    Called again after a kill with the same recipe and data, it goes on with the next epoch.
    ``start_from``, the run folder of an earlier training of the same network, gives the weights
    to begin with.

    Raises:
        DatasetError: a split has nothing to learn from or to measure by.
        OutputError: ``run`` cannot be written, or another training writes there.
        RecipeError: ``run`` holds another recipe's or dataset's training, or ``start_from``
            holds none or another network's.
        KeyboardInterrupt: the user stopped it; the epochs so far are kept.
    """
    refuse_emptied(dataset)
    start = None if start_from is None else read_start(start_from)
    if start is None and recipe.schedule.start_weight:
        raise RecipeError(
            "the recipe mixes in the weights it begins with, and is given none",
            got=f"start_weight {recipe.schedule.start_weight:g} in recipe {recipe.name}",
            remedy="name an earlier training with --start-from",
        )
    purpose = _purpose(recipe, dataset, start)
    _make_folder(run)
    with held(run, lock=run / ".lock"):
        _refuse_other_purpose(run, purpose)
        arrays, validation = (
            load_arrays(dataset, split, recipe, run / "arrays")
            for split in (Split.TRAIN, Split.VALIDATION)
        )
        _refuse_unlearnable(arrays, recipe, dataset)
        _refuse_unmeasurable(validation, dataset)
        batches = training_batches(arrays, recipe)
        module = TrainingModule(
            recipe, steps_per_epoch=len(batches), class_weights=class_weights(arrays, recipe)
        )
        if start is not None:
            start.load_into(module)
        _claim(run, purpose)
        tell(f"{recipe.name}: {len(arrays)} radiographs to learn from, {len(validation)} to check")
        fit(
            module,
            batches,
            _validation_batches(validation, recipe),
            run,
            tell=tell,
            progress_bar=progress_bar,
        )
        checkpoint = kept_checkpoint(run, recipe.schedule)
        kept = torch.load(checkpoint, map_location="cpu", weights_only=True)
    module.load_state_dict(kept["state_dict"])
    if start is not None and recipe.schedule.start_weight:
        start.mix_into(module, recipe.schedule.start_weight)
    return TrainedRun(module.cpu().eval(), run, run / "history.csv", validation, start)


def training_batches(arrays: TrainingArrays, recipe: Recipe) -> DataLoader[Batch]:
    """Batches of one epoch in random order; a last one that is not full is left out."""
    size = recipe.schedule.batch_size
    order = ShuffledByEpoch(arrays.repeats, recipe.seed)
    return DataLoader(
        ArrayBatches(arrays),
        batch_size=size,
        sampler=order,
        drop_last=len(order) > size,
        collate_fn=keep_batch,
    )


def class_weights(arrays: TrainingArrays, recipe: Recipe) -> torch.Tensor | None:
    """What an image of each class weighs in the loss, 1 on average; None where all weigh 1."""
    if recipe.loss.class_weights == "none":
        return None
    known = arrays.findings != UNKNOWN_FINDING
    shown = np.bincount(
        arrays.findings[known], arrays.repeats[known], minlength=len(recipe.findings)
    )
    return torch.tensor(shown.sum() / (len(shown) * shown), dtype=torch.float32)


def _validation_batches(arrays: TrainingArrays, recipe: Recipe) -> DataLoader[Batch]:
    return DataLoader(
        ArrayBatches(arrays), batch_size=recipe.schedule.batch_size, collate_fn=keep_batch
    )


def _purpose(recipe: Recipe, dataset: Dataset, start: Start | None) -> dict[str, Any]:
    purpose: dict[str, Any] = {
        "recipe": recipe.model_dump(mode="json"),
        "dataset": dataset.content_sha256,
    }
    if dataset.fold is not None:
        purpose["fold"] = dataset.fold
    return purpose if start is None else {**purpose, "started_from": start.purpose}


def _make_folder(run: Path) -> None:
    try:
        run.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            "the run folder cannot be written",
            path=run,
            got=error.strerror or type(error).__name__,
            remedy="choose a folder you may write to",
        ) from None


def _refuse_other_purpose(run: Path, purpose: dict[str, Any]) -> None:
    path = run / RUN_FILE
    if path.exists() and _in_full(json.loads(path.read_text(encoding="utf-8"))) != purpose:
        raise RecipeError(
            "another training was begun here",
            path=run,
            expected=f"recipe {purpose['recipe']['name']}, this dataset and the same start",
            remedy="remove the folder to start anew, or give another output",
        )


def _in_full(purpose: dict[str, Any]) -> dict[str, Any]:
    """``purpose`` with fields that its recipe lacks, being of an earlier version of hilum."""
    try:
        recipe = Recipe.model_validate(purpose["recipe"])
    except ValidationError:  # of another version, which meant something else
        return purpose
    return {**purpose, "recipe": recipe.model_dump(mode="json")}


def _claim(run: Path, purpose: dict[str, Any]) -> None:
    """Write down what ``run`` is for, once it is sure that it can be trained."""
    write_whole(run / RUN_FILE, json.dumps(purpose, indent=1).encode())


def _refuse_unlearnable(arrays: TrainingArrays, recipe: Recipe, dataset: Dataset) -> None:
    """A target without any mask, or a class without an image, would be noise in the model."""
    missing = [
        t for t, known in zip(recipe.targets, arrays.known.T, strict=True) if not known.any()
    ]
    if missing:
        raise DatasetError(
            f"{told_split(dataset, Split.TRAIN)} has not one mask of a target",
            path=dataset.folder,
            got=f"none of {', '.join(missing)}",
            expected=f"masks of {', '.join(recipe.targets)} (lungs: {recipe.lung_convention})",
            remedy="compile a collection that has them, or leave the target out of the recipe",
        )
    absent = [f for index, f in enumerate(recipe.findings) if index not in arrays.findings]
    if absent:
        raise DatasetError(
            f"{told_split(dataset, Split.TRAIN)} has not one radiograph of a class",
            path=dataset.folder,
            got=f"none of {', '.join(absent)}",
            expected=f"radiographs of {', '.join(recipe.findings)}",
            remedy="compile a collection that has them, or choose a recipe with other classes",
        )


def _refuse_unmeasurable(validation: TrainingArrays, dataset: Dataset) -> None:
    """Without a mask that is not empty, or a finding, no epoch is better than another."""
    if (validation.findings != UNKNOWN_FINDING).any() or any(
        labels.any() for labels in validation.labels
    ):
        return
    raise DatasetError(
        f"{told_split(dataset, Split.VALIDATION)} has nothing to measure a network by",
        path=dataset.folder,
        got="only masks that are empty",
        expected="some mask with something inside, or a finding",
        remedy="compile more collections, or draw the splits anew",
    )
