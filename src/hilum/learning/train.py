"""Recipe + dataset → trained weights in a run folder; picks up where a killed run stopped."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import lightning
import torch
from lightning.pytorch.callbacks import (
    Callback,
    EarlyStopping,
    ModelCheckpoint,
    RichProgressBar,
)
from torch.utils.data import DataLoader

from hilum.dataset.read import Dataset
from hilum.errors import RecipeError
from hilum.learning.arrays import TrainingArrays, load_arrays
from hilum.learning.callbacks import AveragedWeights, History
from hilum.learning.module import ArrayBatches, Batch, TrainingModule, keep_batch
from hilum.learning.recipe import Recipe
from hilum.radiograph import Split


@dataclass(frozen=True)
class TrainedRun:
    """A finished training."""

    module: TrainingModule
    """With the averaged weights of the best epoch, on the CPU, in evaluation mode."""
    folder: Path
    history: Path
    validation: TrainingArrays


def train(
    recipe: Recipe,
    dataset: Dataset,
    run: Path,
    *,
    tell: Callable[[str], None] = print,
    progress_bar: bool = False,
) -> TrainedRun:
    """Train ``recipe`` on the train split, choosing the best epoch on the validation split.

    Everything is kept in the folder ``run``: decoded arrays, checkpoints, ``history.csv``.
    Called again after a kill with the same recipe and data, it goes on with the next epoch.

    Raises:
        DatasetError: a split has nothing to learn from.
        RecipeError: ``run`` holds another recipe's or dataset's training.
    """
    _claim(run, recipe, dataset)
    arrays, validation = (
        load_arrays(dataset, split, recipe, run / "arrays")
        for split in (Split.TRAIN, Split.VALIDATION)
    )
    tell(f"{recipe.name}: {len(arrays)} radiographs to learn from, {len(validation)} to validate")

    lightning.seed_everything(recipe.seed, verbose=False)
    loader = _loader(arrays, recipe, shuffle=True)
    module = TrainingModule(recipe, steps_per_epoch=len(loader))
    best = ModelCheckpoint(
        run, "best", monitor="score", mode="max", save_last=True, enable_version_counter=False
    )
    callbacks: list[Callback] = [
        AveragedWeights(recipe.schedule.average_decay),
        best,
        EarlyStopping("score", mode="max", patience=recipe.schedule.patience),
        History(run / "history.csv", tell),
    ]
    if progress_bar:
        callbacks.append(RichProgressBar())
    trainer = _trainer(recipe, run, callbacks, progress_bar=progress_bar)
    last = run / "last.ckpt"
    if last.exists():
        tell(f"going on from {last}")
    trainer.fit(
        module,
        loader,
        _loader(validation, recipe, shuffle=False),
        ckpt_path=last if last.exists() else None,
        weights_only=False,
    )
    weights = torch.load(run / "best.ckpt", map_location="cpu", weights_only=True)
    module.load_state_dict(weights["state_dict"])
    return TrainedRun(module.cpu().eval(), run, run / "history.csv", validation)


def training_precision() -> str:
    """bf16 where the processor computes with it, else f32, in Lightning's words."""
    if torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "32-true"
    capabilities = torch.cpu.get_capabilities()
    has_bf16 = capabilities.get("avx512_bf16") or capabilities.get("amx_bf16")
    return "bf16-mixed" if has_bf16 else "32-true"


def _claim(run: Path, recipe: Recipe, dataset: Dataset) -> None:
    """Write down what ``run`` is for, or refuse where it is for something else."""
    about = {"recipe": recipe.model_dump(mode="json"), "dataset": dataset.content_sha256}
    path = run / "run.json"
    if path.exists():
        if json.loads(path.read_text(encoding="utf-8")) != about:
            raise RecipeError(
                "another training was begun here",
                path=run,
                expected=f"recipe {recipe.name} and this dataset, unchanged",
                remedy="remove the folder to start anew, or give another output",
            )
        return
    run.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(about, indent=1), encoding="utf-8")


def _loader(arrays: TrainingArrays, recipe: Recipe, *, shuffle: bool) -> DataLoader[Batch]:
    return DataLoader(
        ArrayBatches(arrays),
        batch_size=recipe.schedule.batch_size,
        shuffle=shuffle,
        drop_last=shuffle and len(arrays) > recipe.schedule.batch_size,
        collate_fn=keep_batch,
        generator=torch.Generator().manual_seed(recipe.seed),
    )


def _trainer(
    recipe: Recipe, run: Path, callbacks: list[Callback], *, progress_bar: bool
) -> lightning.Trainer:
    for name in ("lightning.pytorch.utilities.rank_zero", "lightning.pytorch.accelerators.cuda"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return lightning.Trainer(
        accelerator="auto",
        devices="auto" if torch.cuda.is_available() else 1,
        precision=training_precision(),  # type: ignore[arg-type]
        max_epochs=recipe.schedule.epochs,
        callbacks=callbacks,
        logger=False,
        default_root_dir=run,
        gradient_clip_val=1.0,
        enable_model_summary=False,
        enable_progress_bar=progress_bar,
        num_sanity_val_steps=0,
        log_every_n_steps=1,
    )
