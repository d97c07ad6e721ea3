"""Losses that skip what is unknown."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from hilum.learning.recipe import Recipe
from hilum.learning.targets import UNKNOWN_FINDING, Targets
from hilum.radiograph import Structure


def total_loss(
    mask_logits: Tensor,
    finding_logits: Tensor,
    targets: Targets,
    recipe: Recipe,
    *,
    class_weights: Tensor | None = None,
) -> Tensor:
    """The weighted sum a recipe asks for, of logits N×T×H×W and N×C; a scalar.

    ``class_weights``: C, of each class of the finding; none: all 1.
    """
    weights = recipe.loss
    loss = finding_logits.new_zeros(())
    if recipe.targets:
        counts = torch.ones_like(targets.masks)
        if Structure.INFECTION in recipe.targets:
            counts[:, recipe.targets.index(Structure.INFECTION)] -= targets.unmeasured[:, 0]
        loss = weights.masks * mask_loss(mask_logits, targets, counts, dice_weight=weights.dice)
    if finding_logits.shape[1] > 0:
        loss = loss + weights.finding * finding_loss(
            finding_logits,
            targets.findings,
            label_smoothing=weights.label_smoothing,
            class_weights=class_weights,
        )
    return loss


def mask_loss(logits: Tensor, targets: Targets, counts: Tensor, *, dice_weight: float) -> Tensor:
    """Cross-entropy plus Dice of each known mask, averaged per target and summed over targets.

    ``counts``, N×T×H×W, is 1 where a pixel counts and 0 where its truth is not known.

    Dice is taken per image, so that a small lesion counts as much as a large one, and only on
    masks that are not empty: an empty one has no overlap to improve.
    """
    logits = logits.float()
    truth = targets.masks * counts
    entropy = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    entropy = (entropy * counts).mean((2, 3))

    probability = logits.sigmoid() * counts
    overlap = (probability * truth).sum((2, 3))
    total = probability.sum((2, 3)) + truth.sum((2, 3))
    dice = 1 - (2 * overlap + 1) / (total + 1)

    filled = targets.known & (truth.sum((2, 3)) > 0)
    return (_mean_where(entropy, targets.known) + dice_weight * _mean_where(dice, filled)).sum()


def _mean_where(values: Tensor, counts: Tensor) -> Tensor:
    """Mean over the batch of the N×T ``values`` that count; 0 for a target of which none does."""
    weights = counts.to(values.dtype)
    return (values * weights).sum(0) / weights.sum(0).clamp(min=1)


def finding_loss(
    logits: Tensor,
    findings: Tensor,
    *,
    label_smoothing: float,
    class_weights: Tensor | None = None,
) -> Tensor:
    """Cross-entropy of N×C ``logits`` over the images whose finding is known; 0 if none is."""
    losses = functional.cross_entropy(
        logits.float(),
        findings.clamp(min=0),
        weight=None if class_weights is None else class_weights.to(logits.device),
        label_smoothing=label_smoothing,
        reduction="none",
    )
    known = (findings != UNKNOWN_FINDING).to(losses.dtype)
    return torch.dot(losses, known) / known.sum().clamp(min=1)
