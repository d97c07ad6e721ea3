"""Random changes of a whole batch on its device; image and masks move together."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from hilum.learning.recipe import AugmentationRecipe
from hilum.radiograph import Structure


class Augmentation:
    """Changes a batch as a recipe says. Holds no state but what the recipe fixes.

    ``generator`` draws on the CPU, so that one seed gives one sequence on every device.
    """

    def __init__(self, recipe: AugmentationRecipe, targets: Sequence[Structure]) -> None:
        self._recipe = recipe
        self._mirrored = _mirrored_order(targets)

    def __call__(
        self, images: Tensor, masks: Tensor, known: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Images float N×1×H×W of 0–255, masks float N×T×H×W of 0 and 1, known bool N×T."""
        images, masks, known = self._move(images, masks, known, generator)
        return self._change_greys(images, generator), masks, known

    def _move(
        self, images: Tensor, masks: Tensor, known: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        recipe, count = self._recipe, len(images)
        mirror = torch.rand(count, generator=generator) < recipe.mirror
        if not (recipe.rotation_degrees or recipe.scale or recipe.shift or mirror.any()):
            return images, masks, known
        angle = math.radians(recipe.rotation_degrees) * _signed(count, generator)
        width = (1 + recipe.scale * _signed(count, generator)) * torch.where(mirror, -1.0, 1.0)
        height = 1 + recipe.scale * _signed(count, generator)
        matrix = torch.zeros(count, 2, 3)
        matrix[:, 0, 0], matrix[:, 0, 1] = angle.cos() / width, -angle.sin() / height
        matrix[:, 1, 0], matrix[:, 1, 1] = angle.sin() / width, angle.cos() / height
        matrix[:, :, 2] = 2 * recipe.shift * _signed((count, 2), generator)
        grid = functional.affine_grid(
            matrix.to(images.device), list(images.shape), align_corners=False
        )
        images = functional.grid_sample(images, grid, padding_mode="zeros", align_corners=False)
        masks = functional.grid_sample(masks, grid, mode="nearest", align_corners=False)

        mirror = mirror.to(masks.device)
        masks = torch.where(mirror[:, None, None, None], masks[:, self._mirrored], masks)
        known = torch.where(mirror[:, None], known[:, self._mirrored], known)
        return images, masks, known

    def _change_greys(self, images: Tensor, generator: torch.Generator) -> Tensor:
        recipe, count = self._recipe, len(images)

        def per_image(values: Tensor) -> Tensor:
            return values.view(-1, 1, 1, 1).to(images.device)

        grey = images / 255
        if recipe.equalise:
            chosen = torch.rand(count, generator=generator) < recipe.equalise
            weight = torch.rand(count, generator=generator)
            for index in chosen.nonzero()[:, 0].tolist():
                grey[index] += weight[index].item() * (equalise(grey[index]) - grey[index])
        if recipe.gamma:
            grey = grey ** per_image(1 + recipe.gamma * _signed(count, generator))
        if recipe.contrast:
            slope = 1 + recipe.contrast * _signed(count, generator)
            offset = 0.5 * recipe.contrast * _signed(count, generator)
            grey = (grey - 0.5) * per_image(slope) + 0.5 + per_image(offset)
        if recipe.blur and torch.rand((), generator=generator) < recipe.blur:
            grey = _lose_resolution(grey, 1 + 2 * torch.rand((), generator=generator).item())
        if recipe.noise:
            deviation = recipe.noise * torch.rand(count, generator=generator)
            noise = torch.randn(grey.shape, generator=generator).to(grey.device)
            grey = grey + noise * per_image(deviation)
        grey = grey.clamp(0, 1)
        if recipe.erase_border:
            _erase_border(grey, recipe.erase_border, generator)
        return grey * 255


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


def _signed(shape: int | tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Uniform between -1 and 1."""
    size = (shape,) if isinstance(shape, int) else shape
    return 2 * torch.rand(size, generator=generator) - 1


def equalise(grey: Tensor) -> Tensor:
    """Histogram equalisation of one image of values 0–1, any shape."""
    levels = (grey * 255).long().clamp(0, 255)
    cumulative = torch.bincount(levels.flatten(), minlength=256).cumsum(0)
    return (cumulative / cumulative[-1])[levels]


def _lose_resolution(grey: Tensor, factor: float) -> Tensor:
    """The batch at a size ``factor`` times smaller and back: what a thumbnail went through."""
    size = grey.shape[-2:]
    small = functional.interpolate(
        grey, scale_factor=1 / factor, mode="bilinear", antialias=True, align_corners=False
    )
    return functional.interpolate(small, size=size, mode="bilinear", align_corners=False)


def _erase_border(grey: Tensor, probability: float, generator: torch.Generator) -> None:
    """Paint, in place, a side, a corner or a free patch of some images in one flat grey."""
    count, _, height, width = grey.shape
    draws = torch.rand(count, 6, generator=generator).tolist()
    for image, (chance, kind, tone, across, down, size) in zip(grey, draws, strict=True):
        if chance >= probability:
            continue
        rows, columns = int(height * (0.03 + 0.15 * size)), int(width * (0.03 + 0.15 * size))
        if kind < 0.4:  # a side
            rows, columns = (rows, width) if across < 0.5 else (height, columns)
        top = 0 if down < 0.5 else height - rows
        left = 0 if across % 0.5 < 0.25 else width - columns
        if kind > 0.8:  # a free patch
            top, left = int(down * (height - rows)), int(across * (width - columns))
        image[:, top : top + rows, left : left + columns] = tone
