"""Greys as other machines, archives and screenshots would have left them."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from hilum.learning.augment_shape import signed
from hilum.learning.recipe import AugmentationRecipe

_BLOCK = 8
"""Side of the squares in which JPEG rounds."""


def change_greys(grey: Tensor, recipe: AugmentationRecipe, generator: torch.Generator) -> Tensor:
    """``grey`` N×1×H×W of 0–1, changed as ``recipe`` says."""
    count = len(grey)

    def per_image(values: Tensor) -> Tensor:
        return values.view(-1, 1, 1, 1).to(grey.device)

    def chosen(probability: float) -> Tensor:
        return per_image(torch.rand(count, generator=generator) < probability)

    if recipe.equalise:
        grey = grey.clone()
        weights = torch.rand(count, generator=generator).tolist()
        for index in chosen(recipe.equalise).flatten().nonzero()[:, 0].tolist():
            grey[index] += weights[index] * (equalise(grey[index]) - grey[index])
    if recipe.local_contrast:
        weight = torch.rand(count, generator=generator)
        sharper = even_out(grey, window=1 + 2 * int(grey.shape[-1] * 0.06))
        grey = torch.where(
            chosen(recipe.local_contrast), grey + per_image(weight) * (sharper - grey), grey
        )
    if recipe.gamma:
        grey = grey.clamp(0, 1) ** per_image(torch.exp(recipe.gamma * signed(count, generator)))
    if recipe.contrast:
        slope = 1 + recipe.contrast * signed(count, generator)
        offset = 0.5 * recipe.contrast * signed(count, generator)
        grey = (grey - 0.5) * per_image(slope) + 0.5 + per_image(offset)
    if recipe.shading:
        field = recipe.shading * signed((count, 1, 3, 3), generator)
        grey = grey + functional.interpolate(
            field.to(grey.device), size=grey.shape[-2:], mode="bicubic", align_corners=False
        )
    if recipe.blur and torch.rand((), generator=generator) < recipe.blur:
        grey = lose_resolution(grey, 1 + 2 * torch.rand((), generator=generator).item())
    if recipe.noise:
        deviation = recipe.noise * torch.rand(count, generator=generator)
        noise = torch.randn(grey.shape, generator=generator).to(grey.device)
        grey = grey + noise * per_image(deviation)
    grey = grey.clamp(0, 1)
    if recipe.jpeg and min(grey.shape[-2:]) >= _BLOCK:
        step = torch.rand(count, generator=generator) * 0.15
        grey = torch.where(chosen(recipe.jpeg), round_blocks(grey, per_image(step)), grey)
    if recipe.erase_border:
        grey = grey.clone()
        _erase_border(grey, recipe.erase_border, generator)
    return grey


def equalise(grey: Tensor) -> Tensor:
    """Histogram equalisation of one image of values 0–1, any shape."""
    levels = (grey * 255).long().clamp(0, 255)
    cumulative = torch.bincount(levels.flatten(), minlength=256).cumsum(0)
    return (cumulative / cumulative[-1])[levels]


def even_out(grey: Tensor, *, window: int) -> Tensor:
    """Each pixel against mean and deviation of the ``window`` (odd) around it; 0.5 on average.

    What adaptive equalisation and a vendor's edge enhancement do to a film.
    """
    mean = box_mean(grey, window)
    deviation = (box_mean(grey.square(), window) - mean.square()).clamp(min=0).sqrt()
    return 0.5 + 0.2 * (grey - mean) / (deviation + 0.05)


def box_mean(planes: Tensor, window: int) -> Tensor:
    """Mean of the ``window``×``window`` (odd) pixels around each of N×1×H×W, mirrored at borders.

    Rows first, then columns: a square window would cost as many times more as it has rows.
    """
    pad = window // 2
    padded = functional.pad(planes, (pad, pad, pad, pad), mode="reflect")
    return functional.avg_pool2d(
        functional.avg_pool2d(padded, (1, window), stride=1), (window, 1), stride=1
    )


def lose_resolution(grey: Tensor, factor: float) -> Tensor:
    """The batch at a size ``factor`` times smaller and back: what a thumbnail went through."""
    size = list(grey.shape[-2:])
    small = [round(side / factor) for side in size]  # no scale factor: its rest would be cut off
    reduced = functional.interpolate(
        grey, size=small, mode="bilinear", antialias=True, align_corners=False
    )
    return functional.interpolate(reduced, size=size, mode="bilinear", align_corners=False)


def round_blocks(grey: Tensor, step: Tensor) -> Tensor:
    """What JPEG does: waves of each 8×8 square rounded, the finer the more coarsely.

    Args:
        grey: N×1×H×W of 0–1; pixels beyond whole squares stay as they are.
        step: N×1×1×1, of the coarsest rounding; 0.15 is about quality 20, 0.01 quality 90.
    """
    index = torch.arange(_BLOCK, dtype=grey.dtype, device=grey.device)
    waves = torch.cos(math.pi / _BLOCK * (index[None] + 0.5) * index[:, None])
    waves = waves * torch.where(index[:, None] == 0, _BLOCK**-0.5, (_BLOCK / 2) ** -0.5)
    count, _, height, width = grey.shape
    rows, columns = height // _BLOCK, width // _BLOCK
    whole = grey[:, 0, : rows * _BLOCK, : columns * _BLOCK]
    squares = whole.reshape(count, rows, _BLOCK, columns, _BLOCK).transpose(2, 3)
    found = waves @ squares @ waves.T
    steps = (step.view(-1, 1, 1, 1, 1) * (1 + 0.4 * (index[:, None] + index[None]))).clamp(min=1e-3)
    rounded = waves.T @ ((found / steps).round() * steps) @ waves
    result = grey.clone()
    result[:, 0, : rows * _BLOCK, : columns * _BLOCK] = rounded.transpose(2, 3).reshape(whole.shape)
    return result.clamp(0, 1)


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
