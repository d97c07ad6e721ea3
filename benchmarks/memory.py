"""Does memory stay flat over thousands of predictions?

    python benchmarks/memory.py FOLDER [--images 10000] [--threads N] [--no-overlays]

Predicts the radiographs of FOLDER again and again under names of their own, every tenth time a
large JPEG (3,000×2,500) made of one of them. Prints the resident memory after each 1,000, the
largest that there ever was, and, to stand beside, that of the bare runtime: the same network
loaded and run once on every thread. The target is 1 GiB at most, and no growth. Linux only.
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from hilum.inference import Predictor
from hilum.inference.folder import PictureOptions, predict_to_folder
from hilum.inference.inputs import InputImage, find_inputs
from hilum.inference.model import Model, read_model
from hilum.inference.runtime import load_runtime
from hilum.workers import available_cores

LARGE = (3000, 2500)
LARGE_EVERY = 10
MEBIBYTE = 1 << 20


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="radiographs; searched through")
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--every", type=int, default=1_000, help="images between two readings")
    parser.add_argument("--threads", type=int, default=available_cores())
    parser.add_argument("--no-overlays", action="store_true")
    arguments = parser.parse_args()

    model = read_model()
    print(f"{arguments.images} images, every {LARGE_EVERY}th a JPEG of 3,000×2,500, ", end="")
    print(f"{arguments.threads} threads\n\n| images | resident, MiB |\n| ---: | ---: |")
    run_bare(model, arguments.threads)
    show("bare runtime", resident())
    options = PictureOptions(overlays=not arguments.no_overlays)
    with tempfile.TemporaryDirectory() as folder:
        small = [image.path for image in find_inputs([arguments.folder]).images[:50]]
        large = enlarge(small[:10], Path(folder))
        images = tuple(itertools.islice(repeat(small, large), arguments.images))
        readings: list[float] = []
        predictor = Predictor(model, threads=arguments.threads)
        predict_to_folder(
            predictor,
            images,
            Path(folder) / "out",
            options=options,
            on_row=reader(readings, arguments.every),
        )
    show("largest", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
    if len(readings) > 1:
        growth = (readings[-1] - readings[0]) / MEBIBYTE
        print(f"\nGrowth from the first reading to the last: {growth:+.0f} MiB")


def run_bare(model: Model, threads: int) -> None:
    """Load the network and run it once on every thread, and nothing else."""
    network = load_runtime(model.onnx, streams=threads)
    size = model.description.image_size
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(network, [np.zeros((1, size, size), np.uint8)] * threads))


def enlarge(paths: Sequence[Path], folder: Path) -> list[Path]:
    """Large JPEG copies of the radiographs at ``paths``."""
    made = []
    for number, path in enumerate(paths):
        pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if pixels is not None:
            copy = folder / f"large-{number}.jpg"
            cv2.imwrite(str(copy), cv2.resize(pixels, LARGE, interpolation=cv2.INTER_CUBIC))
            made.append(copy)
    return made


def repeat(small: Sequence[Path], large: Sequence[Path]) -> Iterator[InputImage]:
    """The same few files for ever, each time under another name."""
    ordinary, big = itertools.cycle(small), itertools.cycle(large)
    for number in itertools.count(1):
        path = next(big if number % LARGE_EVERY == 0 else ordinary)
        name = f"{number // 1000:04}/{number:07}"
        yield InputImage(path, f"{name}{path.suffix}", name)


def reader(readings: list[float], every: int) -> Callable[[dict[str, Any]], None]:
    """What to call after each row: notes and prints the memory now and then."""
    counter = itertools.count(1)

    def on_row(row: dict[str, Any]) -> None:
        if row["status"] == "failed":
            raise SystemExit(f"{row['path']}: {row['reason']}")
        number = next(counter)
        if number % every == 0:
            readings.append(resident())
            show(f"{number:,}", readings[-1])

    return on_row


def resident() -> float:
    """Bytes of this process that lie in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return float(pages * os.sysconf("SC_PAGE_SIZE"))


def show(what: str, size: float) -> None:
    """One line of the table."""
    print(f"| {what} | {size / MEBIBYTE:.0f} |", flush=True)


if __name__ == "__main__":
    main()
