"""How much of the bare runtime's speed does end-to-end prediction reach?

    python benchmarks/predict_speed.py FOLDER [--threads N] [--images 400] [--rounds 7]

Prints images/s of (1) the bare runtime: the same network on images that are decoded and squeezed
already, on as many threads; (2) ``hilum predict --no-overlays``: decoding, network, masks and
table; (3) the same with overlays. The three take turns; the ratio is the median over the rounds.
The target is that (2) reaches 60 % of (1).
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hilum.errors import ImageError
from hilum.imaging.read import read_picture, to_uint8
from hilum.inference import Predictor
from hilum.inference.folder import PictureOptions, predict_to_folder
from hilum.inference.inputs import InputImage, find_inputs
from hilum.inference.model import BUNDLED_MODEL, read_model
from hilum.inference.preprocess import fit_to_network
from hilum.inference.refusal import refuse_before
from hilum.inference.runtime import Runtime, default_runtime, load_runtime
from hilum.workers import available_cores
from rounds import measure_in_turn, median_and_range, median_ratio, print_table

BARE = "bare runtime"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="radiographs; searched through")
    parser.add_argument("--model", type=Path, default=BUNDLED_MODEL)
    parser.add_argument("--threads", type=int, default=available_cores())
    parser.add_argument("--images", type=int, default=400, help="how many of them, at most")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()

    model = read_model(arguments.model)
    found = find_inputs([arguments.folder]).images
    images, arrays = usable(found, model.description.image_size, arguments.images)
    if not images:
        parser.error(f"{arguments.folder} holds no radiograph that can be predicted")
    network = load_runtime(model.onnx, streams=arguments.threads)
    predictor = Predictor(model, threads=arguments.threads)
    rates = measure_in_turn(
        {
            BARE: lambda: bare_rate(network, arrays, arguments.threads),
            "end to end": lambda: folder_rate(predictor, images, overlays=False),
            "end to end, overlays": lambda: folder_rate(predictor, images, overlays=True),
        },
        arguments.rounds,
    )
    print(f"{len(images)} images, {arguments.threads} threads, {arguments.rounds} rounds, ", end="")
    print(f"{default_runtime()}, {platform.machine()}\n")
    print_table(
        ("what", "images/s (median)", "range", "of bare"),
        (
            (name, *median_and_range(values, 1), f"{median_ratio(values, rates[BARE]):.0%}")
            for name, values in rates.items()
        ),
    )


def usable(
    found: Sequence[InputImage], size: int, count: int
) -> tuple[tuple[InputImage, ...], list[NDArray[np.uint8]]]:
    """The first ``count`` images that reach the network, and each as the network sees it.

    Evenly drawn from all that were found, so that every folder among them has its share.
    """
    images, arrays = [], []
    step = max(1, len(found) // count)
    for image in found[::step]:
        try:
            picture = read_picture(image.path, at_least=2 * size)
        except ImageError:
            continue
        seen = fit_to_network(to_uint8(picture.pixels), size)
        if refuse_before(seen, width=picture.width, height=picture.height) is None:
            images.append(image)
            arrays.append(seen)
    return tuple(images[:count]), arrays[:count]


def bare_rate(network: Runtime, arrays: Sequence[NDArray[np.uint8]], threads: int) -> float:
    """Images/s of the network alone, one image at a time on each thread."""
    with ThreadPoolExecutor(threads) as pool:
        begin = time.perf_counter()
        for _ in pool.map(lambda array: network(array[None]), arrays):
            pass
        return len(arrays) / (time.perf_counter() - begin)


def folder_rate(predictor: Predictor, images: tuple[InputImage, ...], *, overlays: bool) -> float:
    """Images/s from files to a folder of predictions."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        predict_to_folder(
            predictor, images, Path(folder) / "out", options=PictureOptions(overlays=overlays)
        )
        return len(images) / (time.perf_counter() - begin)


if __name__ == "__main__":
    main()
