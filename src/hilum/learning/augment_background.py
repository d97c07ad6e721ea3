"""Lungs on a background that tells nothing of where their film comes from."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from hilum.learning.augment_greys import box_mean

_LEAST_RIM, _MOST_RIM = 0.02, 0.12
"""Width of what stays around the lungs, of the side length."""

_BLUR = 0.2
"""Window of the mean in which another film loses all but its broad light and dark."""


def replace_background(
    grey: Tensor, lungs: Tensor, chosen: Tensor, generator: torch.Generator
) -> Tensor:
    """Put the lungs of the ``chosen`` images on flat grey, or on another of the batch, blurred.

    Args:
        grey: N×1×H×W of 0–1.
        lungs: N×1×H×W of 0 and 1.
        chosen: bool N.
        generator: draws on the CPU.
    """
    count, side = len(grey), grey.shape[-1]

    def per_image(values: Tensor) -> Tensor:
        return values.view(-1, 1, 1, 1).to(grey.device)

    # Half of the flat ones are black, as films cut to their lungs are.
    flat = (2 * torch.rand(count, generator=generator) - 1).clamp(0, 1)
    other = torch.randperm(count, generator=generator).to(grey.device)
    is_flat = torch.rand(count, generator=generator) < 0.5
    broad = box_mean(grey, _odd(_BLUR * side))[other]
    background = torch.where(per_image(is_flat), per_image(flat), broad)
    kept = _with_rim(lungs, generator)
    replaced = background + kept * (grey - background)
    return torch.where(per_image(chosen), replaced, grey)


def _with_rim(lungs: Tensor, generator: torch.Generator) -> Tensor:
    """``lungs`` and so much around them, one width for the batch, fading at its edge."""
    share = torch.rand((), generator=generator).item()
    rim = (_LEAST_RIM + share * (_MOST_RIM - _LEAST_RIM)) * lungs.shape[-1]
    window = _odd(2 * rim)
    wide = functional.max_pool2d(lungs, (1, window), stride=1, padding=(0, window // 2))
    wide = functional.max_pool2d(wide, (window, 1), stride=1, padding=(window // 2, 0))
    return torch.maximum(lungs, box_mean(wide, _odd(0.03 * lungs.shape[-1])))


def _odd(size: float) -> int:
    return 1 + 2 * round(size / 2)
