"""Weights are halved where that costs nothing, and kept whole where it would."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from hilum.inference.model import ModelDescription, OperatingPoints, read_model
from hilum.inference.runtime import INSIDE, PREDICTED, RuntimeName, load_runtime
from hilum.learning.export import TOLERANCE, export_onnx
from hilum.learning.networks import Classifier, build_network
from hilum.learning.recipe import Recipe
from tests.learning.recipes import tiny_recipe

RECIPE = tiny_recipe(
    targets=[],
    findings=["covid", "normal"],
    loss={"finding": 1},
    network={"architecture": "classifier", "encoder": "resnet18"},
)


def described(recipe: Recipe) -> ModelDescription:
    return ModelDescription(
        name="tiny",
        image_size=64,
        targets=recipe.targets,
        findings=recipe.findings,
        operating_points=OperatingPoints(dict.fromkeys(recipe.targets, 0.5), {}),
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
    export_onnx(network, described(RECIPE), path, check_on=images)
    assert least < path.stat().st_size < most

    with torch.inference_mode():
        expected = network(torch.from_numpy(images)[:, None].float())[1].softmax(1).numpy()
    masks, finding = load_runtime(read_model(path).onnx, name="onnxruntime")(images)
    assert masks.shape == (2, 0, 64, 64)
    assert np.abs(finding - expected).max() <= TOLERANCE


WITH_LUNGS = tiny_recipe(
    targets=["right_lung", "left_lung"],
    findings=["covid", "normal", "pneumonia"],
    loss={"finding": 1},
    network={"architecture": "subpixel_unet", "encoder": "tu-regnetx_002"},
)
IMAGES = np.random.default_rng(0).integers(0, 256, (2, 64, 64), np.uint8)


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("recipe", [RECIPE, WITH_LUNGS], ids=["classifier", "lungs"])
def test_the_activation_of_all_places_is_the_logit_less_the_bias(
    recipe: Recipe, runtime: RuntimeName, tmp_path: Path
) -> None:
    network = build_network(recipe).eval()
    linear = network.finding_head.linear if recipe.targets else network.body.fc
    with torch.no_grad():
        linear.bias[:] = torch.linspace(-1, 1, len(recipe.findings))
    path = tmp_path / "tiny.onnx"
    export_onnx(network, described(recipe), path, check_on=IMAGES)

    onnx = read_model(path).onnx
    given = load_runtime(onnx, name=runtime, f32=True, outputs=(*PREDICTED, *INSIDE)).compute(
        IMAGES
    )
    assert set(INSIDE) < given.keys()
    grid = given["activation"].shape[2:]
    assert given["local_features"].shape == (*given["features"].shape, *grid)
    np.testing.assert_allclose(given["local_features"].sum((2, 3)), given["features"], atol=1e-4)
    logits = given["activation"].sum((2, 3)) + linear.bias.detach().numpy()
    odds = np.exp(logits)
    np.testing.assert_allclose(odds / odds.sum(1, keepdims=True), given["finding"], atol=1e-4)
    with torch.inference_mode():
        _, finding = network(torch.from_numpy(IMAGES)[:, None].float())
    np.testing.assert_allclose(logits, finding, atol=0.02)

    predicted = load_runtime(onnx, name=runtime, f32=True)
    assert INSIDE[0] not in predicted.compute(IMAGES)
    np.testing.assert_array_equal(predicted(IMAGES)[1], given["finding"])


def test_a_network_that_ends_otherwise_has_no_such_outputs() -> None:
    recipe = tiny_recipe(
        targets=[],
        findings=["covid", "normal"],
        loss={"finding": 1},
        network={"architecture": "classifier", "encoder": "convnext_atto"},
    )
    assert not build_network(recipe).eval().can_be_seen_inside()
