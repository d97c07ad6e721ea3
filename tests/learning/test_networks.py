"""Shapes, sizes and what a network may depend on."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from hilum.learning.finding_head import FindingHead
from hilum.learning.networks import build_network, standardise
from tests.learning.recipes import tiny_recipe

SMALL = {"encoder": "resnet18", "architecture": "unet", "decoder_channels": [32, 16, 8, 8, 8]}
SUBPIXEL = {"architecture": "subpixel_unet", "encoder": "tu-regnetx_002", "drop_path": 0.1}
WITH_FINDING: dict[str, Any] = {
    "targets": ["right_lung", "left_lung", "infection"],
    "findings": ["normal", "covid"],
    "loss": {"finding": 1.0},
    "network": SMALL,
}


def test_the_plain_unet_has_the_size_of_the_published_one() -> None:
    recipe = tiny_recipe(network={"architecture": "plain_unet", "dropout": 0.07})
    assert sum(weight.numel() for weight in build_network(recipe).parameters()) == 2_161_361


@pytest.mark.parametrize(
    "changes",
    [
        {},
        WITH_FINDING,
        {"network": {"architecture": "fpn", "encoder": "resnet18"}},
        {"network": {"architecture": "unetplusplus", "encoder": "resnet18"}},
        {"network": {"architecture": "subpixel_unet", "encoder": "resnet18"}},
        {**WITH_FINDING, "network": SUBPIXEL},
    ],
    ids=["plain", "finding", "fpn", "unet++", "subpixel", "subpixel with finding"],
)
def test_outputs_have_the_size_of_the_input(changes: dict[str, Any]) -> None:
    recipe = tiny_recipe(**changes)
    network = build_network(recipe).eval()
    with torch.inference_mode():
        masks, finding = network(255 * torch.rand(2, 1, 64, 64))
    assert masks.shape == (2, len(recipe.targets), 64, 64)
    assert finding.shape == (2, len(recipe.findings))


def test_the_seed_decides_the_first_weights() -> None:
    first, same, other = (
        next(build_network(tiny_recipe(seed=seed)).parameters()) for seed in (1, 1, 2)
    )
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_exposure_does_not_matter() -> None:
    images = 100 + 50 * torch.rand(2, 1, 32, 32)
    torch.testing.assert_close(
        standardise(images), standardise(1.5 * images + 20), atol=0.06, rtol=0
    )
    assert torch.isfinite(standardise(torch.zeros(1, 1, 32, 32))).all()


def test_the_finding_is_read_where_the_lungs_are() -> None:
    head = FindingHead(channels=(2, 3), classes=2).eval()
    lungs = torch.zeros(1, 1, 64, 64)
    lungs[..., :32] = 1
    features = [torch.rand(1, 2, 4, 4), torch.rand(1, 3, 2, 2)]
    inside = [f + torch.eye(2)[0].repeat_interleave(f.shape[-1] // 2) for f in features]
    outside = [f + torch.eye(2)[1].repeat_interleave(f.shape[-1] // 2) for f in features]
    change = [
        (head(f, lungs) - head(features, lungs)).abs().sum().item() for f in (inside, outside)
    ]
    assert change[0] > 100 * change[1]
