"""Small COVID-QU-Ex folders to the tests' measure, and datasets compiled from them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.read import Dataset, open_dataset
from tests.fakes.chest import Chest, draw_chest
from tests.fakes.fake import write_image, write_mask

CLASSES = ("COVID-19", "Non-COVID", "Normal")


def write_radiograph(root: Path, place: str, chest: Chest) -> Path:
    """Write ``chest`` as ``Split/Class/name.png`` below ``root``, with both masks."""
    split, class_name, name = place.split("/")
    folder = root / split / class_name
    write_mask(folder / "lung masks" / name, chest.lungs)
    write_mask(folder / "infection masks" / name, chest.infection)
    return write_image(folder / "images" / name, chest.pixels)


def write_collection(
    root: Path, counts: Mapping[str, int], *, size: tuple[int, int] = (48, 40), seed: int = 0
) -> Path:
    """A COVID-QU-Ex folder with so many radiographs per split, the classes in turn."""
    rng = np.random.default_rng(seed)
    for split, count in counts.items():
        for number in range(count):
            class_name = CLASSES[number % 3]
            chest = draw_chest(rng, size=size, infected=class_name == "COVID-19")
            write_radiograph(root, f"{split}/{class_name}/{number:03}.png", chest)
    return root


def compile_chests(
    folder: Path, counts: Mapping[str, int], *, size: tuple[int, int] = (48, 40), seed: int = 0
) -> Dataset:
    """Write such a collection below ``folder`` and compile it."""
    collection = write_collection(folder / "collection", counts, size=size, seed=seed)
    compile_dataset([collection], folder / "dataset", options=CompileOptions())
    return open_dataset(folder / "dataset")
