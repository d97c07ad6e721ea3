"""Each recipe in recipes/ is read, its network learns, and one of each family serves its users."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.read import Dataset, open_dataset
from hilum.dataset.split import SplitOptions
from hilum.inference.model import Model
from hilum.learning.finish import finish
from hilum.learning.losses import total_loss
from hilum.learning.networks import build_network
from hilum.learning.recipe import NetworkRecipe, Recipe
from hilum.learning.recipe_file import read_recipe
from hilum.learning.targets import Targets
from hilum.learning.train import train
from tests.fakes import general_blockchain, radiography
from tests.fakes.chest import draw_chest
from tests.fakes.compiled import write_collection
from tests.fakes.fake import write_image
from tests.learning.recipes import RECIPES

FAMILIES = (
    *("lung_unet", "hilum_default_start", "anatomy", "pathology"),
    *("infection_unet_resnet18", "infection_unetplusplus_resnet18", "infection_fpn_resnet18"),
    *("covid_pneumonia_normal", "covid_opacity_normal_viral_resnet18"),
)
"""Trained, exported and used; the others differ in encoder, targets, classes or schedule."""


def shortened(recipe: Recipe) -> Recipe:
    """One epoch of a few small images."""
    size = 96 if "inception" in str(recipe.network.encoder) else 64
    changes = {"epochs": 1, "small_epochs": 0, "calm_epochs": 0, "batch_size": 4}
    schedule = recipe.schedule.model_copy(update=changes)
    return recipe.model_copy(update={"image_size": size, "schedule": schedule})


def networks() -> dict[NetworkRecipe, Recipe]:
    """A recipe of each network that any recipe has."""
    return {recipe.network: shortened(recipe) for recipe in map(read_recipe, RECIPES)}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_is_named_like_its_file_and_says_whom_it_follows(path: Path) -> None:
    recipe = read_recipe(path)
    assert recipe.name == path.stem
    assert recipe.source
    assert recipe.network.pretrained == "none"


@pytest.mark.parametrize(
    "recipe", networks().values(), ids=lambda r: f"{r.network.architecture}-{r.network.encoder}"
)
def test_a_network_takes_a_step(recipe: Recipe) -> None:
    network = build_network(recipe)
    size, count = recipe.image_size, len(recipe.targets)
    masks = (torch.rand(2, count, size, size) > 0.5).float()
    unmeasured, findings = torch.zeros(2, 1, size, size), torch.tensor([0, 1])
    targets = Targets(masks, torch.ones(2, count, dtype=torch.bool), unmeasured, findings)
    loss = total_loss(*network(255 * torch.rand(2, 1, size, size)), targets, recipe)
    loss.backward()
    assert loss > 0
    used = [weight.grad for weight in network.parameters() if weight.grad is not None]
    assert len(used) > 10
    assert all(gradient.isfinite().all() for gradient in used)


@pytest.fixture(scope="module")
def all_labels(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Something of every target and class that a recipe asks for."""
    folder = tmp_path_factory.mktemp("labels")
    rng = np.random.default_rng(0)
    inputs = [
        write_collection(folder / "covid-qu-ex", {"Train": 6, "Val": 3}),
        radiography.draw_classes(folder / "radiography", rng, 4),
        general_blockchain.draw_outlined(folder / "general-blockchain", rng, 6),
    ]
    halves = CompileOptions(SplitOptions(fractions=(0.5, 0.5, 0)))
    compile_dataset(inputs, folder / "dataset", options=halves)
    return open_dataset(folder / "dataset")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chest = draw_chest(np.random.default_rng(1), size=(80, 72), infected=True)
    return write_image(tmp_path_factory.mktemp("film") / "film.png", chest.pixels)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_recipe_of_each_family_gives_a_model_that_predicts(
    name: str, all_labels: Dataset, film: Path, tmp_path: Path
) -> None:
    (path,) = (path for path in RECIPES if path.stem == name)
    recipe = shortened(read_recipe(path))
    run = train(recipe, all_labels, tmp_path / "run", tell=lambda _: None)
    with run.history.open(newline="", encoding="utf-8") as file:
        (epoch,) = csv.DictReader(file)
    assert {f"{target}_dice" for target in recipe.targets} <= set(epoch)
    assert ("finding_balanced_accuracy" in epoch) == bool(recipe.findings)
    assert float(epoch["loss"]) > 0
    assert all(name.startswith("network.") for name in run.module.state_dict())

    model = finish(run, recipe, all_labels, tmp_path / "model.onnx", tell=lambda _: None)
    assert model.description.scores
    check_prediction(model, predict(film, model, tmp_path / "predictions"))


def predict(film: Path, model: Model, output: Path) -> dict[str, str]:
    """The row that the command line writes of ``film``."""
    command = [sys.executable, "-W", "error", "-m", "hilum", "predict", film]
    options = ["--model", model.path, "-o", output]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    with (output / "predictions.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    return row


def check_prediction(model: Model, row: dict[str, str]) -> None:
    description = model.description
    assert row["status"] in ("ok", "refused")  # one epoch may find no lung
    if not description.targets:
        assert row["status"] == "ok"
        assert row["finding"] in description.findings
        percents = [value for name, value in row.items() if name.endswith("_percent")]
        assert percents == [""] * len(percents)
        assert "outlines no lungs" in row["reason"]
