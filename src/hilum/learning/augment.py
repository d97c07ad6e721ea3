"""Random changes of a whole batch on its device; image and targets move together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from hilum.learning.augment_background import replace_background
from hilum.learning.augment_greys import box_mean, change_greys
from hilum.learning.augment_shape import draw_grid, sample
from hilum.learning.recipe import AugmentationRecipe
from hilum.learning.targets import UNKNOWN_FINDING, Targets
from hilum.radiograph import LUNG_OPACITIES, LUNG_TARGETS, Structure

_WITHIN_LUNGS = (*LUNG_TARGETS, *LUNG_OPACITIES, Structure.INFECTION)


class Augmentation:
    """Changes a batch as a recipe says. Holds no state but what the recipe fixes.

    ``generator`` draws on the CPU, so that one seed gives one sequence on every device.
    """

    def __init__(self, recipe: AugmentationRecipe, targets: Sequence[Structure]) -> None:
        self._recipe = recipe
        self._mirrored = _mirrored_order(targets)
        self._lungs = [index for index, target in enumerate(targets) if target in LUNG_TARGETS]
        self._within_lungs = torch.tensor([target in _WITHIN_LUNGS for target in targets])

    def __call__(
        self, images: Tensor, targets: Targets, generator: torch.Generator
    ) -> tuple[Tensor, Targets]:
        """Images float N×1×H×W of 0–255 and their targets, changed."""
        images, targets = self._move(images, targets, generator)
        images, targets = self._join_halves(images, targets, generator)
        grey = images / 255
        grey, targets = self._veil(grey, targets, generator)
        grey, targets = self._replace_background(grey, targets, generator)
        return 255 * change_greys(grey, self._recipe, generator), targets

    def _move(
        self, images: Tensor, targets: Targets, generator: torch.Generator
    ) -> tuple[Tensor, Targets]:
        mirror = torch.rand(len(images), generator=generator) < self._recipe.mirror
        grid = draw_grid(images, self._recipe, mirror, generator)
        if grid is None:
            return images, targets
        images = sample(images, grid, mode="bilinear")
        masks = sample(targets.masks, grid, mode="nearest")
        mirror = mirror.to(masks.device)
        known = targets.known
        return images, Targets(
            torch.where(mirror[:, None, None, None], masks[:, self._mirrored], masks),
            torch.where(mirror[:, None], known[:, self._mirrored], known),
            sample(targets.unmeasured, grid, mode="nearest"),
            targets.findings,
        )

    def _join_halves(
        self, images: Tensor, targets: Targets, generator: torch.Generator
    ) -> tuple[Tensor, Targets]:
        """Give some images the right half of another one, with all that is known of it.

        What a network says of one lung cannot then come from the other, or from the source of
        the whole image. Two findings make an unknown one.
        """
        count, width = len(images), images.shape[-1]
        joined = torch.rand(count, generator=generator) < self._recipe.join_halves
        if not joined.any():
            return images, targets
        joined = joined.to(images.device)
        other = torch.randperm(count, generator=generator).to(images.device)
        cut = int(width * (0.42 + 0.16 * torch.rand((), generator=generator).item()))
        taken = joined[:, None, None, None] & (torch.arange(width, device=images.device) >= cut)
        known, findings = targets.known, targets.findings
        unlike = joined & (findings != findings[other])
        return torch.where(taken, images[other], images), Targets(
            torch.where(taken, targets.masks[other], targets.masks),
            torch.where(joined[:, None], known & known[other], known),
            torch.where(taken, targets.unmeasured[other], targets.unmeasured),
            torch.where(unlike, torch.full_like(findings, UNKNOWN_FINDING), findings),
        )

    def _veil(
        self, grey: Tensor, targets: Targets, generator: torch.Generator
    ) -> tuple[Tensor, Targets]:
        """Whiten clouds of some lungs, up to all of them: the lung is there all the same.

        Nobody drew whether such a cloud is infection, so there it is unmeasured, and the
        finding unknown.
        """
        count = len(grey)
        veiled = torch.rand(count, generator=generator) < self._recipe.veil
        if not veiled.any() or not self._lungs:
            return grey, targets
        veiled = veiled.to(grey.device)
        lungs = targets.masks[:, self._lungs].amax(1, keepdim=True)
        cloud = draw_cloud(lungs, generator) * veiled[:, None, None, None]
        hidden = cloud > 0.1
        veiled = hidden.flatten(1).any(1)  # not where no lung is known
        white = grey.flatten(1).quantile(0.9, dim=1).view(-1, 1, 1, 1)
        findings = targets.findings
        return grey + (white - grey) * cloud, Targets(
            targets.masks,
            targets.known,
            torch.maximum(targets.unmeasured, hidden.to(grey.dtype)),
            torch.where(veiled, torch.full_like(findings, UNKNOWN_FINDING), findings),
        )

    def _replace_background(
        self, grey: Tensor, targets: Targets, generator: torch.Generator
    ) -> tuple[Tensor, Targets]:
        """Replace what lies around the lungs of some images, where all lungs are known.

        Of these what reaches beyond the lungs is not known any more.
        """
        chosen = torch.rand(len(grey), generator=generator) < self._recipe.replace_background
        if not chosen.any() or not self._lungs:
            return grey, targets
        lungs = targets.masks[:, self._lungs].amax(1, keepdim=True)
        chosen = chosen.to(grey.device) & targets.known[:, self._lungs].all(1)
        chosen &= lungs.flatten(1).any(1)
        within = self._within_lungs.to(grey.device)
        return replace_background(grey, lungs, chosen, generator), replace(
            targets, known=targets.known & (within | ~chosen[:, None])
        )


def draw_cloud(lungs: Tensor, generator: torch.Generator) -> Tensor:
    """How much of each pixel is veiled, 0–1, from ``lungs`` (N×1×H×W of 0 and 1)."""
    count = len(lungs)
    field = torch.randn(count, 1, 5, 5, generator=generator).to(lungs.device)
    field = torch.nn.functional.interpolate(
        field, size=lungs.shape[-2:], mode="bicubic", align_corners=False
    )
    level = 2 * torch.rand(count, 1, 1, 1, generator=generator).to(lungs.device) - 1
    density = 0.4 + 0.6 * torch.rand(count, 1, 1, 1, generator=generator).to(lungs.device)
    rim = box_mean(lungs, 9)
    return density * torch.sigmoid(4 * (field - level)) * rim * lungs


def _mirrored_order(targets: Sequence[Structure]) -> list[int]:
    """Index of the target that takes each target's place in a mirrored image."""
    swap = {
        Structure.RIGHT_LUNG: Structure.LEFT_LUNG,
        Structure.LEFT_LUNG: Structure.RIGHT_LUNG,
    }
    return [
        targets.index(swap[t]) if swap.get(t) in targets else index
        for index, t in enumerate(targets)
    ]
