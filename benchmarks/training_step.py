"""Is a training step bound by the network? Its time with real data against random tensors.

    python benchmarks/training_step.py DATASET [--recipe recipes/hilum_default.yaml]

Prints a table: what a step costs on batches that are loaded and augmented, on random tensors of
the same shape that are already in memory, and what loading and augmentation cost by themselves.
The target is a real step within 10 % of a random one. Both kinds of step alternate, and medians
are compared, so that other work on the machine weighs on both alike.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch
from torch import Tensor

from hilum.dataset.read import open_dataset
from hilum.learning.arrays import load_arrays
from hilum.learning.augment import Augmentation
from hilum.learning.fit import training_precision
from hilum.learning.losses import total_loss
from hilum.learning.module import Batch, TrainingModule, unpack_masks
from hilum.learning.recipe import Recipe
from hilum.learning.recipe_file import read_recipe
from hilum.learning.targets import Targets, unmeasured
from hilum.learning.train import training_batches
from hilum.radiograph import Split

Inputs = tuple[Tensor, Targets]


class Step:
    """One step of an optimiser as a training does it, on inputs that are ready."""

    def __init__(self, recipe: Recipe, device: torch.device) -> None:
        self._recipe = recipe
        self._device = device
        self._network = TrainingModule(recipe, steps_per_epoch=1).network.to(device).train()
        self._optimiser = torch.optim.AdamW(self._network.parameters())

    def __call__(self, inputs: Tensor, targets: Targets) -> None:
        """Predict, go back, update."""
        with self._autocast():
            masks, findings = self._network(inputs.to(memory_format=torch.channels_last))
            loss = total_loss(masks, findings, targets, self._recipe)
        self._optimiser.zero_grad()
        loss.backward()
        self._optimiser.step()

    def _autocast(self) -> AbstractContextManager[object]:
        if training_precision() == "bf16-mixed":
            return torch.autocast(self._device.type, torch.bfloat16)
        return nullcontext()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path, help="a folder written by 'hilum compile'")
    default = Path(__file__).parent.parent / "recipes" / "hilum_default.yaml"
    parser.add_argument("--recipe", type=Path, default=default)
    parser.add_argument("--steps", type=int, default=10, help="measured steps of each kind")
    arguments = parser.parse_args()

    recipe = read_recipe(arguments.recipe)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    dataset = open_dataset(arguments.dataset)
    with tempfile.TemporaryDirectory() as cache:
        arrays = load_arrays(dataset, Split.TRAIN, recipe, Path(cache))
        seconds = measure(
            recipe, endless(training_batches(arrays, recipe)), device, arguments.steps
        )
    print_table(recipe, device, seconds)


def measure(
    recipe: Recipe, batches: Iterator[Batch], device: torch.device, steps: int
) -> dict[str, float]:
    """Median seconds of each part, by name."""
    augmentation = Augmentation(recipe.augmentation, recipe.targets)
    step = Step(recipe, device)
    generator = torch.Generator().manual_seed(0)
    random = random_inputs(recipe, device)
    times: dict[str, list[float]] = {"load": [], "augment": [], "real step": [], "random step": []}
    for number in range(-2, steps):  # the first two warm up
        begin = now(device)
        batch = next(batches)
        loaded = now(device)
        ready = augmented(batch, augmentation, recipe, device, generator)
        changed = now(device)
        step(*ready)
        stepped = now(device)
        step(*random)
        ended = now(device)
        if number >= 0:
            times["load"].append(loaded - begin)
            times["augment"].append(changed - loaded)
            times["real step"].append(stepped - begin)
            times["random step"].append(ended - stepped)
    return {name: statistics.median(values) for name, values in times.items()}


def augmented(
    batch: Batch,
    augmentation: Augmentation,
    recipe: Recipe,
    device: torch.device,
    generator: torch.Generator,
) -> Inputs:
    """A batch as the network sees it, made as :class:`TrainingModule` makes it."""
    images, labels, known, findings, other = (part.to(device) for part in batch)
    masks = unpack_masks(labels, len(recipe.targets))
    targets = Targets(masks, known, unmeasured(masks, other, recipe), findings)
    return augmentation(images.float(), targets, generator)


def random_inputs(recipe: Recipe, device: torch.device) -> Inputs:
    """Random tensors of the shapes a batch of ``recipe`` has."""
    count, size, targets = recipe.schedule.batch_size, recipe.image_size, len(recipe.targets)
    generator = torch.Generator().manual_seed(0)
    images = 255 * torch.rand(count, 1, size, size, generator=generator)
    masks = (torch.rand(count, targets, size, size, generator=generator) > 0.5).float()
    known = torch.ones(count, targets, dtype=torch.bool)
    findings = torch.zeros(count, dtype=torch.int64)
    parts = (part.to(device) for part in (masks, known, 0 * masks[:, :1], findings))
    return images.to(device), Targets(*parts)


def endless(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Epoch after epoch."""
    while True:
        yield from batches


def now(device: torch.device) -> float:
    """Seconds on a clock, read once everything asked of ``device`` is done."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def print_table(recipe: Recipe, device: torch.device, seconds: dict[str, float]) -> None:
    """One line per part."""
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    size, count = recipe.image_size, recipe.schedule.batch_size
    print(f"{recipe.name}, {count} images of {size}×{size}, {training_precision()}, ")
    print(f"{where}, {torch.get_num_threads()} threads; medians\n")
    print("| part | milliseconds | of a random step |\n| --- | ---: | ---: |")
    for name, value in seconds.items():
        print(f"| {name} | {1000 * value:.1f} | {value / seconds['random step']:.1%} |")


if __name__ == "__main__":
    main()
