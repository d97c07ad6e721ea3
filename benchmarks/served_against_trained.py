"""What the model file loses against the network it was exported from, in Dice.

    python benchmarks/served_against_trained.py DATASET RUN [--model FILE] [--split validation]

RUN is the folder ``hilum train`` kept its checkpoints in; the epoch it exported is run by torch.
The file, whose weights are f16, is run by each runtime that is installed, OpenVINO in the precision
it takes by itself (bf16 where the processor has it). Prints each target's mean Dice over images
that have it, decided at the file's operating points at the network's size, and the difference to
torch. Wanted: at most 0.001 lost. Needs the extra ``train``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from hilum.dataset.read import open_dataset
from hilum.evaluation.overlap import dice_per_image, overlap_counts
from hilum.inference.model import BUNDLED_MODEL, read_model
from hilum.inference.runtime import installed_runtimes, load_runtime
from hilum.learning.arrays import TrainingArrays, load_arrays
from hilum.learning.export import ServedNetwork
from hilum.learning.fit import kept_checkpoint
from hilum.learning.module import TrainingModule
from hilum.learning.recipe import Recipe
from hilum.radiograph import Split, Structure
from rounds import print_table

Network = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""uint8 1×S×S → mask probabilities T×S×S."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path, help="a folder written by 'hilum compile'")
    parser.add_argument("run", type=Path, help="the folder with the checkpoints")
    parser.add_argument("--model", type=Path, default=BUNDLED_MODEL)
    parser.add_argument("--split", type=Split, default=Split.VALIDATION, choices=list(Split))
    arguments = parser.parse_args()

    model = read_model(arguments.model)
    recipe = Recipe.model_validate(model.description.recipe)
    dataset = open_dataset(arguments.dataset)
    arrays = load_arrays(dataset, arguments.split, recipe, arguments.run / "arrays")
    by_name = model.description.operating_points.masks
    points = {target: by_name[target] for target in recipe.targets}
    networks: dict[str, Network] = {"torch f32": trained(recipe, arguments.run)}
    for name in installed_runtimes():
        runtime = load_runtime(model.onnx, name=name)
        networks[name] = lambda image, run=runtime: run(image)[0][0]  # type: ignore[misc]
    dice = {name: mean_dice(network, arrays, points) for name, network in networks.items()}
    print_table(
        ("target", *dice, *(f"{name} - torch" for name in dice if name != "torch f32")),
        (
            (
                target,
                *(f"{dice[name][target]:.4f}" for name in dice),
                *(
                    f"{dice[name][target] - dice['torch f32'][target]:+.4f}"
                    for name in dice
                    if name != "torch f32"
                ),
            )
            for target in recipe.targets
        ),
    )


def trained(recipe: Recipe, run: Path) -> Network:
    """The averaged weights of the epoch that was exported, in f32."""
    module = TrainingModule(recipe, steps_per_epoch=1)
    path = kept_checkpoint(run, recipe.schedule)
    kept = torch.load(path, map_location="cpu", weights_only=True)
    module.load_state_dict(kept["state_dict"])
    served = ServedNetwork(module.network).eval()

    def predict(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        with torch.inference_mode():
            masks: NDArray[np.float32] = served(torch.from_numpy(image.copy())[:, None])[0][
                0
            ].numpy()
        return masks

    return predict


def mean_dice(
    network: Network, arrays: TrainingArrays, points: dict[Structure, float]
) -> dict[Structure, float]:
    """Of each target, over the images that have it; ``points`` in the order of the planes."""
    found: dict[Structure, list[float]] = {target: [] for target in points}
    for image, labels, known in zip(arrays.images, arrays.labels, arrays.known, strict=True):
        masks = network(image[None])
        for bit, (target, point) in enumerate(points.items()):
            truth = ((labels >> bit) & 1).astype(bool)
            if known[bit] and truth.any():
                counts = overlap_counts((masks[bit] >= point)[None], truth[None])
                found[target].append(float(dice_per_image(*counts)[0]))
    return {target: float(np.mean(values)) for target, values in found.items() if values}


if __name__ == "__main__":
    main()
