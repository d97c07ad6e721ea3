"""A U-Net that decides four pixels at a time: nothing is computed at full resolution."""

from __future__ import annotations

import segmentation_models_pytorch as smp
import torch
from torch import Tensor, nn
from torch.nn import functional

_RAISED = 24
"""Channels that come up from the last decoder stage to half resolution."""
_LAST = 32
_BLOCK = 2


class SubpixelUnet(nn.Module):
    """An encoder, three U-Net stages up to a quarter of the resolution, and a subpixel end.

    At half resolution what the decoder knows meets the encoder's first features and the image
    itself, its pixels folded into channels two by two; the logits are unfolded the same way
    (Shi et al. 2016, arXiv 1609.05158). A stage at full resolution would cost as much as all
    others together. Shaped like a network of segmentation-models-pytorch.
    """

    def __init__(
        self,
        encoder: str,
        classes: int,
        *,
        decoder_channels: tuple[int, ...] = (112, 96, 80),
        drop_path: float = 0.0,
        weights: str | None = None,
    ) -> None:
        super().__init__()
        options = {"drop_path_rate": drop_path} if drop_path else {}
        self.encoder = smp.encoders.get_encoder(
            encoder, in_channels=1, depth=5, weights=weights, **options
        )
        self.decoder = _Decoder(tuple(self.encoder.out_channels), decoder_channels)
        self.segmentation_head = nn.Sequential(
            nn.Conv2d(_LAST, classes * _BLOCK**2, 3, padding=1), nn.PixelShuffle(_BLOCK)
        )


class _Decoder(nn.Module):
    def __init__(self, channels: tuple[int, ...], widths: tuple[int, ...]) -> None:
        super().__init__()
        image, half, *skips, deepest = channels
        if len(widths) != len(skips):
            raise ValueError(f"{len(skips)} decoder_channels are needed, not {len(widths)}")
        inputs = [deepest, *widths[:-1]]
        self.stages = nn.ModuleList(
            nn.Sequential(_convolution(below + skip, width), _convolution(width, width))
            for below, skip, width in zip(inputs, reversed(skips), widths, strict=True)
        )
        self.raise_ = nn.Sequential(
            nn.Conv2d(widths[-1], _RAISED * _BLOCK**2, 1), nn.PixelShuffle(_BLOCK)
        )
        self.last = _convolution(_RAISED + half + image * _BLOCK**2, _LAST)

    def forward(self, features: list[Tensor]) -> Tensor:
        """``features``: the image N×1×H×W, then each encoder stage → N×32×H/2×W/2."""
        image, half, *skips, below = features
        for stage, skip in zip(self.stages, reversed(skips), strict=True):
            below = stage(torch.cat([functional.interpolate(below, scale_factor=2.0), skip], 1))
        folded = functional.pixel_unshuffle(image, _BLOCK).to(below.dtype)
        last: Tensor = self.last(torch.cat([self.raise_(below), half, folded], 1))
        return last


def _convolution(channels: int, width: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(channels, width, 3, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
    )
