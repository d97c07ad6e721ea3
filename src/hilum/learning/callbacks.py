"""What happens beside the training steps: averaged weights, and the history on disk."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback, WeightAveraging
from lightning.pytorch.plugins.io import TorchCheckpointIO
from torch import Tensor

from hilum.output import write_whole


class AveragedWeights(WeightAveraging):
    """An exponential moving average that begins short, so that early epochs are no noise."""

    def __init__(self, decay: float) -> None:
        def average(averaged: Tensor, current: Tensor, seen: Tensor | int) -> Tensor:
            # In tensors: to ask a GPU for the number would stop it once per layer.
            weight = (9 / (10 + torch.as_tensor(seen))).clamp(min=1 - decay)
            return averaged + (current - averaged) * weight

        super().__init__(avg_fn=average)


class History(Callback):
    """Writes each epoch's loss and scores to a CSV and tells about them."""

    def __init__(self, path: Path, tell: Callable[[str], None]) -> None:
        self._path = path
        self._tell = tell

    def on_train_epoch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Called after the validation of the epoch."""
        del pl_module
        metrics = trainer.callback_metrics  # the loss is there thrice: step, epoch and latest
        scores = {
            name: float(metrics["loss_epoch" if name == "loss" else name])
            for name in sorted(metrics)
            if name not in ("loss_step", "loss_epoch")
        }
        epoch = trainer.current_epoch + 1
        # An epoch that was cut off between this and its checkpoint is repeated, and replaced.
        rows = [row for row in read_history(self._path) if row["epoch"] < epoch]
        write_history([*rows, {"epoch": epoch, **scores}], self._path)
        figures = "  ".join(f"{name} {value:.4f}" for name, value in scores.items())
        self._tell(f"epoch {epoch}: {figures}")


def read_history(path: Path) -> list[dict[str, float]]:
    """The epochs written so far, by column name; a score that an epoch lacks is left out."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [
            {name: float(value) for name, value in row.items() if value}
            for row in csv.DictReader(file)
        ]


def write_history(rows: Sequence[Mapping[str, float]], path: Path) -> None:
    """Write ``rows`` to ``path``, the epoch first, then every score that any row has."""
    names = sorted({name for row in rows for name in row} - {"epoch"})
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, ["epoch", *names], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, "epoch": int(row["epoch"])} for row in rows)
    write_whole(path, table.getvalue().encode())


class WholeCheckpoints(TorchCheckpointIO):
    """Checkpoints that appear once they are complete.

    Lightning's own are moved over from TMPDIR; onto another disk that is a copy, of which a kill
    or a full disk leaves half.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None
    ) -> None:
        """Write ``checkpoint`` to ``path``, whose folder is made."""
        data = io.BytesIO()
        torch.save(checkpoint, data)
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        write_whole(Path(path), data.getvalue())
