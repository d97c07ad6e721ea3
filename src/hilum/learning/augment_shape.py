"""Where each pixel of an augmented batch is taken from: turned, stretched, moved, bent."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from hilum.learning.recipe import AugmentationRecipe

_KNOTS = 6
"""Per side, between which a bent image follows a smooth curve."""


def draw_grid(
    images: Tensor, recipe: AugmentationRecipe, mirror: Tensor, generator: torch.Generator
) -> Tensor | None:
    """Sampling positions N×H×W×2 for ``images`` (N×1×H×W); None where nothing moves.

    ``mirror``: bool N, on the CPU.
    """
    count, size = len(images), list(images.shape[-2:])
    moves = recipe.rotation_degrees or recipe.scale or recipe.stretch or recipe.shift or recipe.bend
    if not moves and not mirror.any():
        return None
    angle = math.radians(recipe.rotation_degrees) * signed(count, generator)
    both = 1 + recipe.scale * signed(count, generator)
    width = (both + recipe.stretch * signed(count, generator)) * torch.where(mirror, -1.0, 1.0)
    height = both + recipe.stretch * signed(count, generator)
    matrix = torch.zeros(count, 2, 3)
    matrix[:, 0, 0], matrix[:, 0, 1] = angle.cos() / width, -angle.sin() / height
    matrix[:, 1, 0], matrix[:, 1, 1] = angle.sin() / width, angle.cos() / height
    matrix[:, :, 2] = 2 * recipe.shift * signed((count, 2), generator)
    grid = functional.affine_grid(matrix.to(images.device), [count, 1, *size], align_corners=False)
    if recipe.bend:
        knots = 2 * recipe.bend * torch.randn(count, 2, _KNOTS, _KNOTS, generator=generator)
        grid = grid + functional.interpolate(
            knots.to(images.device), size=size, mode="bicubic", align_corners=False
        ).permute(0, 2, 3, 1)
    return grid


def sample(planes: Tensor, grid: Tensor, *, mode: str) -> Tensor:
    """``planes`` N×C×H×W at the positions ``grid``; 0 beyond their borders."""
    if planes.shape[1] == 0:  # which torch does not take
        return planes
    return functional.grid_sample(
        planes, grid, mode=mode, padding_mode="zeros", align_corners=False
    )


def signed(shape: int | tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Uniform between -1 and 1."""
    size = (shape,) if isinstance(shape, int) else shape
    return 2 * torch.rand(size, generator=generator) - 1
