"""Weights are halved where that costs nothing, and kept whole where it would."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from hilum.inference.model import ModelDescription, OperatingPoints, read_model
from hilum.inference.runtime import load_runtime
from hilum.learning.export import TOLERANCE, export_onnx
from hilum.learning.networks import Classifier, build_network
from tests.learning.recipes import tiny_recipe

RECIPE = tiny_recipe(
    targets=[],
    findings=["covid", "normal"],
    loss={"finding": 1},
    network={"architecture": "classifier", "encoder": "resnet18"},
)
DESCRIPTION = ModelDescription(
    name="tiny",
    image_size=64,
    targets=(),
    findings=RECIPE.findings,
    operating_points=OperatingPoints({}, {}),
    lung_convention=None,
    licence="",
    dataset_sha256="",
    trained_on=(),
    recipe={},
)


@pytest.mark.parametrize(("added", "least", "most"), [(0.0, 20e6, 25e6), (2000.0, 40e6, 50e6)])
def test_weights_that_lose_too_much_by_halving_stay_whole(
    added: float, least: float, most: float, tmp_path: Path
) -> None:
    network = build_network(RECIPE).eval()
    assert isinstance(network, Classifier)
    with torch.no_grad():  # in f16 neighbours of 2,000 lie 1 apart
        network.body.fc.weight[:] = 0.3 * torch.rand(2, 512) + added
    images = np.random.default_rng(0).integers(0, 256, (2, 64, 64), np.uint8)
    path = tmp_path / "tiny.onnx"
    export_onnx(network, DESCRIPTION, path, check_on=images)
    assert least < path.stat().st_size < most

    with torch.inference_mode():
        expected = network(torch.from_numpy(images)[:, None].float())[1].softmax(1).numpy()
    masks, finding = load_runtime(read_model(path).onnx, name="onnxruntime")(images)
    assert masks.shape == (2, 0, 64, 64)
    assert np.abs(finding - expected).max() <= TOLERANCE
