"""Losses that skip what is unknown."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from hilum.learning.recipe import LossRecipe

UNKNOWN_FINDING = -1


@dataclass(frozen=True)
class Targets:
    """What a batch of N images should give.

    ``masks``: float N×T×H×W of 0 and 1; ``known``: bool N×T, whether a mask counts;
    ``findings``: int64 N, the index of the class or :data:`UNKNOWN_FINDING`.
    """

    masks: Tensor
    known: Tensor
    findings: Tensor


def total_loss(
    mask_logits: Tensor, finding_logits: Tensor, targets: Targets, recipe: LossRecipe
) -> Tensor:
    """The weighted sum a recipe asks for, of logits N×T×H×W and N×C; a scalar."""
    loss = recipe.masks * mask_loss(mask_logits, targets, dice_weight=recipe.dice)
    if finding_logits.shape[1] > 0:
        loss = loss + recipe.finding * finding_loss(
            finding_logits, targets.findings, label_smoothing=recipe.label_smoothing
        )
    return loss


def mask_loss(logits: Tensor, targets: Targets, *, dice_weight: float) -> Tensor:
    """Cross-entropy plus Dice of each known mask, averaged per target and summed over targets.

    Dice is taken per image, so that a small lesion counts as much as a large one, and only on
    masks that are not empty: an empty one has no overlap to improve.
    """
    logits = logits.float()
    truth = targets.masks
    entropy = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    entropy = entropy.mean((2, 3))

    probability = logits.sigmoid()
    overlap = (probability * truth).sum((2, 3))
    total = probability.sum((2, 3)) + truth.sum((2, 3))
    dice = 1 - (2 * overlap + 1) / (total + 1)

    filled = targets.known & (truth.sum((2, 3)) > 0)
    return (_mean_where(entropy, targets.known) + dice_weight * _mean_where(dice, filled)).sum()


def _mean_where(values: Tensor, counts: Tensor) -> Tensor:
    """Mean over the batch of the N×T ``values`` that count; 0 for a target of which none does."""
    weights = counts.to(values.dtype)
    return (values * weights).sum(0) / weights.sum(0).clamp(min=1)


def finding_loss(logits: Tensor, findings: Tensor, *, label_smoothing: float) -> Tensor:
    """Cross-entropy of N×C ``logits`` over the images whose finding is known; 0 if none is."""
    losses = functional.cross_entropy(
        logits.float(),
        findings.clamp(min=0),
        label_smoothing=label_smoothing,
        reduction="none",
    )
    known = (findings != UNKNOWN_FINDING).to(losses.dtype)
    return torch.dot(losses, known) / known.sum().clamp(min=1)
