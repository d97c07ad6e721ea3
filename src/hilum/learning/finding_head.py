"""From features to a finding: averaged over the lungs, weighed by one linear layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional


class Inside(NamedTuple):
    """What a finding is made of, where a linear layer weighs features averaged over places."""

    features: Tensor
    """N×F: the averages."""
    local_features: Tensor
    """N×F×h×w: what each place adds to them, on the grid of the finest level; sums to them."""
    activation: Tensor
    """N×C×h×w: what each place adds to each class (Zhou et al. 2016, arXiv 1512.04150); sums to
    the logit less the layer's bias."""


class FindingHead(nn.Module):
    """Averages the two deepest levels of features over the lungs: what lies outside weighs little.

    A network that outlines no lungs averages over the whole image.
    """

    def __init__(self, channels: Sequence[int], classes: int) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.2)
        self.linear = nn.Linear(sum(channels), classes)

    def forward(self, features: Sequence[Tensor], lungs: Tensor) -> Tensor:
        """Each of ``features`` N×F×h×w, and lung probability N×1×H×W → logits N×C."""
        logits, _ = self._weigh(features, [_weights(level, lungs) for level in features])
        return logits

    def look_inside(self, features: Sequence[Tensor], lungs: Tensor) -> tuple[Tensor, Inside]:
        """What ``forward`` returns, and what it is made of."""
        weights = [_weights(level, lungs) for level in features]
        logits, pooled = self._weigh(features, weights)
        return logits, look_inside(self.linear, pooled, features, weights)

    def _weigh(
        self, features: Sequence[Tensor], weights: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor]:
        averages = map(_mean, features, weights)
        pooled = torch.cat(list(averages), 1)
        return self.linear(self.dropout(pooled)), pooled


def _weights(features: Tensor, lungs: Tensor) -> Tensor:
    return functional.avg_pool2d(lungs, lungs.shape[-1] // features.shape[-1]) + 1e-3


def _mean(features: Tensor, weights: Tensor) -> Tensor:
    return (features * weights).sum((2, 3)) / weights.sum((2, 3))


def look_inside(
    linear: nn.Linear, pooled: Tensor, features: Sequence[Tensor], weights: Sequence[Tensor]
) -> Inside:
    """What ``linear`` makes of ``pooled``, place by place.

    ``pooled`` are the means of ``features`` (each N×F×h×w) by ``weights`` (each N×1×h×w), level by
    level and side by side.
    """
    finest = max(level.shape[-1] for level in features)
    parts = []
    for level, weight in zip(features, weights, strict=True):
        part = level * (weight / weight.sum((2, 3), keepdim=True))
        factor = finest // part.shape[-1]
        parts.append(functional.interpolate(part, scale_factor=factor) / factor**2)
    local = torch.cat(parts, 1)
    return Inside(pooled, local, functional.conv2d(local, linear.weight[:, :, None, None]))
