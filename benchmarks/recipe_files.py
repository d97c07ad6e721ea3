"""How large the model file of each network in recipes/ is, and whether both runtimes take it.

    python benchmarks/recipe_files.py [NAME…] [--write]

Each network is exported as ``hilum train`` does it, untrained, at its recipe's image size, which
checks the file against torch in ONNX Runtime; then OpenVINO runs it as well. ``NAME`` chooses
networks whose name has it, like ``fpn`` or ``densenet``. ``--write`` stores the sizes in
``docs/recipe-files.csv``, from which ``docs/generate.py recipes`` takes them.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
from torch import nn

from hilum.inference.model import ModelDescription, OperatingPoints, read_model
from hilum.inference.runtime import load_runtime
from hilum.learning.export import export_onnx, halve_weights
from hilum.learning.networks import build_network
from hilum.learning.recipe import Recipe
from hilum.learning.recipe_file import read_recipe

_ROOT = Path(__file__).resolve().parent.parent
_FILES = _ROOT / "docs" / "recipe-files.csv"
_IMAGES = 4


def main() -> None:
    """Export each network once, print a table and store it on request."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    recipes = {
        f"{recipe.network.architecture} {recipe.network.encoder or ''}".strip(): recipe
        for recipe in map(read_recipe, sorted((_ROOT / "recipes").glob("*.yaml")))
    }
    sizes = _read_sizes()
    print(
        "| network | parameters (M) | file in f16 (MB) | exported in"
        " | OpenVINO against ONNX Runtime | export (s) |"
    )
    print("| --- | ---: | ---: | --- | ---: | ---: |")
    for name, recipe in sorted(recipes.items()):
        if arguments.names and not any(part in name for part in arguments.names):
            continue
        parameters, size, kept, difference, seconds = _export(recipe)
        sizes[name] = f"{size / 1e6:.1f}"
        print(
            f"| {name} | {parameters / 1e6:.1f} | {size / 1e6:.1f} | {kept} | {difference:.5f} |"
            f" {seconds:.0f} |",
            flush=True,
        )
    if arguments.write:
        with _FILES.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows([("network", "megabytes"), *sorted(sizes.items())])


def _read_sizes() -> dict[str, str]:
    if not _FILES.exists():
        return {}
    with _FILES.open(newline="", encoding="utf-8") as file:
        return {row["network"]: row["megabytes"] for row in csv.DictReader(file)}


def _export(recipe: Recipe) -> tuple[int, int, str, float, float]:
    """Parameters, bytes in f16, f16 or f32, largest difference of a probability, seconds."""
    size = recipe.image_size
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (_IMAGES, 16, 16), np.uint8)
    images = np.stack([cv2.resize(image, (size, size)) for image in small])
    network = build_network(recipe)
    _settle(network, torch.from_numpy(images)[:, None].float())
    description = ModelDescription(
        name=recipe.name,
        image_size=size,
        targets=recipe.targets,
        findings=recipe.findings,
        operating_points=OperatingPoints(dict.fromkeys(recipe.targets, 0.5), {}),
        lung_convention=None,
        licence="none",
        dataset_sha256="0" * 64,
        trained_on=(),
        recipe={},
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.onnx")
        began = time.perf_counter()
        export_onnx(network.eval(), description, path, check_on=images)
        seconds = time.perf_counter() - began
        data = read_model(path).onnx
    openvino, onnxruntime = (
        load_runtime(data, name=name, f32=True)(images) for name in ("openvino", "onnxruntime")
    )
    difference = max(
        float(np.abs(one - other).max())
        for one, other in zip(openvino, onnxruntime, strict=True)
        if other.size
    )
    parameters = sum(weight.numel() for weight in network.parameters())
    model = onnx.load_from_string(data)
    halve_weights(model)
    size = model.ByteSize()
    return parameters, size, "f16" if size >= len(data) else "f32", difference, seconds


def _settle(network: nn.Module, images: torch.Tensor) -> None:
    """Fit the normalisations to ``images``, and damp what they enlarge.

    An untrained Inception else answers to the last digit of its input.
    """
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum, module.eps = None, 1.0
    with torch.inference_mode():
        network.train()(images)


if __name__ == "__main__":
    main()
