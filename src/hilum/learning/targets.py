"""What a batch of images should give, and what of it is not known."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from hilum.learning.recipe import Recipe
from hilum.radiograph import LUNG_TARGETS

UNKNOWN_FINDING = -1


@dataclass(frozen=True)
class Targets:
    """What a batch of N images should give.

    ``masks``: float N×T×H×W of 0 and 1; ``known``: bool N×T, whether a mask counts;
    ``unmeasured``: float N×1×H×W of 0 and 1, where infection is not known although its mask is;
    ``findings``: int64 N, the index of the class or :data:`UNKNOWN_FINDING`.
    """

    masks: Tensor
    known: Tensor
    unmeasured: Tensor
    findings: Tensor


def unmeasured(masks: Tensor, other_opacity: Tensor, recipe: Recipe) -> Tensor:
    """Where the infection masks of a batch say nothing, as ``recipe`` has it: N×1×H×W.

    That is inside the lungs (of ``masks`` N×T×H×W) of images with an opacity of another cause
    (bool N): outlined by nobody, yet there.
    """
    if recipe.loss.other_opacity == "empty":
        return masks.new_zeros(len(masks), 1, *masks.shape[2:])
    lungs = masks[:, [i for i, target in enumerate(recipe.targets) if target in LUNG_TARGETS]]
    return lungs.amax(1, keepdim=True) * other_opacity[:, None, None, None]


def shrink(images: Tensor, targets: Targets, factor: float) -> tuple[Tensor, Targets]:
    """``images`` (N×1×H×W) and their targets at ``factor`` of the size."""
    images = functional.interpolate(
        images, scale_factor=factor, mode="bilinear", antialias=True, align_corners=False
    )
    masks = targets.masks
    if masks.shape[1]:  # torch does not take none
        masks = functional.interpolate(masks, scale_factor=factor, mode="nearest-exact")
    return images, Targets(
        masks,
        targets.known,
        functional.interpolate(targets.unmeasured, scale_factor=factor, mode="nearest-exact"),
        targets.findings,
    )
