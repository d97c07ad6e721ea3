"""One network in training: what a step does, what is measured after each epoch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import lightning
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset
from torch.utils.data import Sampler

from hilum.evaluation.overlap import dice_per_image, overlap_counts
from hilum.learning.arrays import TrainingArrays
from hilum.learning.augment import Augmentation
from hilum.learning.losses import total_loss
from hilum.learning.networks import build_network
from hilum.learning.recipe import Recipe
from hilum.learning.targets import UNKNOWN_FINDING, Targets, shrink, unmeasured

Batch = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]
"""Images uint8 N×1×H×W, label bits uint8 N×H×W, known bool N×T, findings int64 N, other opacity
bool N."""


class ArrayBatches(TorchDataset[Batch]):
    """Training arrays as torch reads them: a whole batch in one go."""

    def __init__(self, arrays: TrainingArrays) -> None:
        self._arrays = arrays

    def __len__(self) -> int:
        return len(self._arrays)

    def __getitems__(self, indices: list[int]) -> Batch:
        """The batch of these rows."""
        arrays = self._arrays
        return (
            torch.from_numpy(arrays.images[indices])[:, None],
            torch.from_numpy(arrays.labels[indices]),
            torch.from_numpy(arrays.known[indices]),
            torch.from_numpy(arrays.findings[indices]),
            torch.from_numpy(arrays.other_opacity[indices]),
        )


def keep_batch(batch: Any) -> Any:
    """Collate function for :class:`ArrayBatches`: a :data:`Batch` as it is, no list of rows."""
    return batch


def unpack_masks(labels: Tensor, targets: int) -> Tensor:
    """Label bits uint8 N×H×W → float N×T×H×W of 0 and 1."""
    bits = torch.arange(targets, device=labels.device, dtype=torch.uint8)[None, :, None, None]
    return ((labels[:, None] >> bits) & 1).float()


class ShuffledByEpoch(Sampler[int]):
    """Every row as often per epoch as it is to be seen, in an order that seed and epoch decide."""

    def __init__(self, repeats: NDArray[np.int64], seed: int) -> None:
        self._rows = np.repeat(np.arange(len(repeats)), repeats)
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning before each epoch, a resumed one too."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + self._epoch)
        order = torch.randperm(len(self._rows), generator=generator)
        return iter(self._rows[order.numpy()].tolist())


class TrainingModule(lightning.LightningModule):
    """The network of a recipe with its losses, optimiser and validation scores."""

    def __init__(
        self, recipe: Recipe, steps_per_epoch: int, *, class_weights: Tensor | None = None
    ) -> None:
        super().__init__()
        self.recipe = recipe
        self._class_weights = class_weights
        self.network = build_network(recipe).to(memory_format=torch.channels_last)
        self._augment, self._augment_calmly = (
            Augmentation(part, recipe.targets)
            for part in (recipe.augmentation, recipe.calm_augmentation)
        )
        self._steps_per_epoch = steps_per_epoch
        self._validated: list[tuple[NDArray[Any], ...]] = []

    def training_step(self, batch: Batch, _index: int) -> Tensor:
        """Augment, predict, return the loss."""
        images, labels, known, findings, other = batch
        schedule = self.recipe.schedule
        # Seeded by the step (dropout too), so that a resumed training draws what an unbroken
        # one would.
        generator = torch.manual_seed(self.recipe.seed * 1_000_003 + self.global_step)
        masks = unpack_masks(labels, len(self.recipe.targets))
        targets = Targets(masks, known, unmeasured(masks, other, self.recipe), findings)
        # Not in bf16, whose three digits would shake the sampling grid by half a pixel.
        with torch.autocast(images.device.type, enabled=False):
            is_calm = self.current_epoch >= schedule.epochs - schedule.calm_epochs
            augment = self._augment_calmly if is_calm else self._augment
            inputs, targets = augment(images.float(), targets, generator)
            if self.current_epoch < schedule.small_epochs:
                inputs, targets = shrink(inputs, targets, 0.75)
        inputs = inputs.to(memory_format=torch.channels_last)
        mask_logits, finding_logits = self.network(inputs)
        loss = total_loss(
            mask_logits, finding_logits, targets, self.recipe, class_weights=self._class_weights
        )
        self.log("loss", loss, prog_bar=True, on_step=True, on_epoch=True, batch_size=len(images))
        return loss

    def validation_step(self, batch: Batch, _index: int) -> None:
        """Collect overlaps and findings; scores are made of all batches together."""
        images, labels, known, findings, _ = batch
        mask_logits, finding_logits = self.network(images.float())
        truth = unpack_masks(labels, len(self.recipe.targets)).bool().cpu().numpy()
        predicted = (mask_logits > 0).cpu().numpy()
        counts = np.zeros((truth.shape[1], 3, len(truth)), np.int64)
        for t, one in enumerate(counts):
            one[:] = overlap_counts(predicted[:, t], truth[:, t])
        classes = (
            finding_logits.float().argmax(1)
            if finding_logits.shape[1]
            else torch.full_like(findings, UNKNOWN_FINDING)
        )
        self._validated.append(
            (
                counts,
                known.cpu().numpy().T,
                classes.cpu().numpy(),
                findings.cpu().numpy(),
            )
        )

    def on_validation_epoch_end(self) -> None:
        """Log each score, and ``score``, their mean, by which the best epoch is chosen."""
        counts, known, classes, findings = (
            np.concatenate(parts, axis=-1) for parts in zip(*self._validated, strict=True)
        )
        self._validated.clear()
        scores: dict[str, float] = {}
        for target, (both, predicted, truth), is_known in zip(
            self.recipe.targets, counts, known, strict=True
        ):
            counted = is_known & (truth > 0)
            if counted.any():
                dice = dice_per_image(both[counted], predicted[counted], truth[counted])
                scores[f"{target}_dice"] = float(dice.mean())
        recalls = [
            float((classes[findings == index] == index).mean())
            for index in range(len(self.recipe.findings))
            if (findings == index).any()
        ]
        if recalls:
            scores["finding_balanced_accuracy"] = float(np.mean(recalls))
        self.log_dict(scores)
        self.log("score", float(np.mean(list(scores.values()))), prog_bar=True)

    def configure_optimizers(self) -> Any:
        """AdamW; linear warm-up, then a cosine to zero."""
        schedule = self.recipe.schedule
        optimiser = torch.optim.AdamW(
            self.network.parameters(),
            lr=schedule.learning_rate,
            weight_decay=schedule.weight_decay,
        )
        warmup = max(1, round(schedule.warmup_epochs * self._steps_per_epoch))
        total = max(warmup + 1, schedule.epochs * self._steps_per_epoch)
        again = total  # the step from which the calm epochs begin anew
        if schedule.calm_learning_rate is not None:
            again = max(warmup + 1, total - schedule.calm_epochs * self._steps_per_epoch)
        calm_pace = (schedule.calm_learning_rate or 0.0) / schedule.learning_rate

        def pace(step: int) -> float:
            if step < warmup:
                return (step + 1) / warmup
            if step < again:
                return _cosine(step - warmup, again - warmup)
            return calm_pace * _cosine(step - again, total - again)

        scheduler = torch.optim.lr_scheduler.LambdaLR(optimiser, pace)
        return {
            "optimizer": optimiser,
            "lr_scheduler": {"scheduler": scheduler, "interval": "step"},
        }


def _cosine(step: int, steps: int) -> float:
    """From 1 at step 0 down to 0 at the end."""
    return 0.5 + 0.5 * math.cos(math.pi * min(1.0, step / max(steps, 1)))
