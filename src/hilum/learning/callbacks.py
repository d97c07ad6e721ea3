"""What happens beside the training steps: averaged weights, and the history on disk."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import lightning
from lightning.pytorch.callbacks import Callback, WeightAveraging
from torch import Tensor


class AveragedWeights(WeightAveraging):
    """An exponential moving average that begins short, so that early epochs are no noise."""

    def __init__(self, decay: float) -> None:
        def average(averaged: Tensor, current: Tensor, seen: Tensor | int) -> Tensor:
            weight = max(1 - decay, 9 / (10 + int(seen)))
            return averaged + (current - averaged) * weight

        super().__init__(avg_fn=average)


class History(Callback):
    """Appends each epoch's loss and scores to a CSV and tells about them."""

    def __init__(self, path: Path, tell: Callable[[str], None]) -> None:
        self._path = path
        self._tell = tell

    def on_train_epoch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Called after the validation of the epoch."""
        del pl_module
        scores = {
            name.removesuffix("_epoch"): float(value)
            for name, value in trainer.callback_metrics.items()
            if name != "loss_step"
        }
        scores.pop("loss", None)
        scores["loss"] = float(trainer.callback_metrics["loss_epoch"])
        row = {"epoch": trainer.current_epoch + 1, **dict(sorted(scores.items()))}
        is_new = not self._path.exists()
        with self._path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(row), lineterminator="\n")
            if is_new:
                writer.writeheader()
            writer.writerow(row)
        figures = "  ".join(f"{name} {value:.4f}" for name, value in sorted(scores.items()))
        self._tell(f"epoch {row['epoch']}: {figures}")
