"""Lightning's part of a training, and what it takes to make it stop and go on quietly."""

from __future__ import annotations

import logging
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

from hilum.learning.callbacks import AveragedWeights, History, WholeCheckpoints
from hilum.learning.module import Batch, TrainingModule
from hilum.learning.recipe import ScheduleRecipe

_FINISHED = "finished"
"""An empty file beside the checkpoints of a training that came to its end."""


def fit(
    module: TrainingModule,
    training: DataLoader[Batch],
    validation: DataLoader[Batch],
    run: Path,
    *,
    tell: Callable[[str], None],
    progress_bar: bool,
) -> None:
    """Train ``module`` to its end, from where the last call for this ``run`` stopped.

    Raises:
        KeyboardInterrupt: the user stopped it; the epochs so far are kept.
    """
    checkpoints = run / "checkpoints"
    if (checkpoints / _FINISHED).exists():
        return
    last = checkpoints / "last.ckpt"
    if last.exists():
        tell(f"going on from {last}")
    with _quiet():
        trainer = _trainer(module.recipe.schedule, run, tell, progress_bar=progress_bar)
        with _interruptible(trainer):
            trainer.fit(
                module,
                training,
                validation,
                ckpt_path=last if last.exists() else None,
                weights_only=False,  # our own file, with the state of the optimiser
            )
    (checkpoints / _FINISHED).touch()


def kept_checkpoint(run: Path, schedule: ScheduleRecipe) -> Path:
    """Where the epoch of a training in ``run`` lies that ``schedule`` wants exported."""
    return run / "checkpoints" / f"{schedule.keep}.ckpt"


def training_precision() -> str:
    """bf16 where the processor computes with it, else f32, in Lightning's words."""
    if torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "32-true"
    capabilities = torch.cpu.get_capabilities()
    has_bf16 = capabilities.get("avx512_bf16") or capabilities.get("amx_bf16")
    return "bf16-mixed" if has_bf16 else "32-true"


def _trainer(
    schedule: ScheduleRecipe, run: Path, tell: Callable[[str], None], *, progress_bar: bool
) -> lightning.Trainer:
    folder = run / "checkpoints"
    # Two of them, since save_last of the first would keep improved epochs only. Both at the
    # end of the epoch, after its line in the history is written; the last one last.
    best = ModelCheckpoint(
        folder,
        "best",
        monitor="score",
        mode="max",
        save_on_train_epoch_end=True,
        enable_version_counter=False,
    )
    last = ModelCheckpoint(
        folder, "last", save_on_train_epoch_end=True, enable_version_counter=False
    )
    callbacks: list[Callback] = [
        AveragedWeights(schedule.average_decay),
        EarlyStopping("score", mode="max", patience=schedule.patience),
        History(run / "history.csv", tell),
        best,
        last,
    ]
    if progress_bar:
        callbacks.append(RichProgressBar())
    return lightning.Trainer(
        accelerator="auto",
        devices=1,  # scores are not gathered from several
        precision=training_precision(),  # type: ignore[arg-type]
        max_epochs=schedule.epochs,
        callbacks=callbacks,
        plugins=WholeCheckpoints(),
        logger=False,
        default_root_dir=run,
        gradient_clip_val=1.0,
        enable_model_summary=False,
        enable_progress_bar=progress_bar,
        num_sanity_val_steps=0,
        log_every_n_steps=1,
    )


@contextmanager
def _interruptible(trainer: lightning.Trainer) -> Iterator[None]:
    """Let Ctrl-C reach the caller: Lightning would exit, and leave the signal ignored."""
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit:
        if not trainer.interrupted:
            raise
        signal.signal(signal.SIGINT, handler)
        raise KeyboardInterrupt from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back what Lightning says of itself and a user can do nothing about."""
    for name in ("lightning.pytorch.utilities.rank_zero", "lightning.pytorch.accelerators.cuda"):
        logging.getLogger(name).setLevel(logging.WARNING)
    with warnings.catch_warnings():
        # Lightning 2.6 builds a LeafSpec, which torch 2.9 and later deprecate.
        warnings.filterwarnings("ignore", r".*LeafSpec.*is deprecated", FutureWarning)
        # Nor is it empty where a training goes on: it holds what it goes on from.
        warnings.filterwarnings("ignore", r"Checkpoint directory .* exists and is not empty")
        # Batches come from memory-mapped arrays; loader processes would only copy them.
        warnings.filterwarnings("ignore", r"The '\w+' does not have many workers")
        yield
