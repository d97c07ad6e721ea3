"""Which runtime is fastest on a model: OpenVINO, ONNX Runtime, torch in f32 and in bf16.

    python benchmarks/runtimes.py [--model FILE] [--threads N] [--batches 1 16] [--rounds 5]

Prints images/s at each batch size and the seconds from the model's bytes to a network that is
ready. Every runtime works in the same way, as ``hilum predict`` does: N threads, each with a core
and a batch of its own. They take turns; ratios are to OpenVINO, medians over the rounds. torch
rebuilds the network from the recipe in the model file; its weights are random, which changes
nothing about the time. Needs the extra ``train``.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from hilum.inference.model import BUNDLED_MODEL, Model, read_model
from hilum.inference.runtime import RuntimeName, load_runtime
from hilum.learning.export import ServedNetwork
from hilum.learning.networks import build_network
from hilum.learning.recipe import Recipe
from hilum.workers import available_cores
from rounds import measure_in_turn, median_and_range, median_ratio, print_table

Network = Callable[[NDArray[np.uint8]], object]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=BUNDLED_MODEL)
    parser.add_argument("--threads", type=int, default=available_cores())
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--images", type=int, default=128, help="in each round, per runtime")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()

    model = read_model(arguments.model)
    torch.set_num_threads(1)  # each of our threads has a core of its own
    loaders: dict[str, Callable[[], Network]] = {
        "OpenVINO": partial(load_onnx, model, "openvino", arguments.threads),
        "ONNX Runtime": partial(load_onnx, model, "onnxruntime", arguments.threads),
        "torch f32": partial(load_torch, model, torch.float32),
        "torch bf16": partial(load_torch, model, torch.bfloat16),
    }
    networks, seconds = {}, {}
    loaders["OpenVINO"]()  # so that no runtime's time to load has the import of its package in it
    for name, load in loaders.items():
        begin = time.perf_counter()
        networks[name] = load()
        seconds[name] = time.perf_counter() - begin

    print(f"{model.description.name}, {arguments.threads} threads, {platform.machine()}, ", end="")
    print(f"ONNX Runtime on {onnxruntime.get_device()}, {arguments.rounds} rounds\n")
    rows = []
    for batch in arguments.batches:
        kinds = {
            name: partial(rate, network, model, batch, arguments.images, arguments.threads)
            for name, network in networks.items()
        }
        rates = measure_in_turn(kinds, arguments.rounds)
        for name, values in rates.items():
            ratio = median_ratio(values, rates["OpenVINO"])
            load = f"{seconds[name]:.2f}"
            rows.append((name, batch, *median_and_range(values, 1), f"{ratio:.2f}", load))
    print_table(("runtime", "batch", "images/s", "range", "of OpenVINO", "load, s"), rows)


def load_onnx(model: Model, name: RuntimeName, threads: int) -> Network:
    """The model file in a runtime, as prediction loads it."""
    return load_runtime(model.onnx, streams=threads, name=name)


def load_torch(model: Model, kind: torch.dtype) -> Network:
    """The model's network in torch, on the CPU."""
    recipe = Recipe.model_validate(model.description.recipe)
    network = ServedNetwork(build_network(recipe)).eval().to(memory_format=torch.channels_last)

    def run(images: NDArray[np.uint8]) -> object:
        autocast = torch.autocast("cpu", kind, enabled=kind is not torch.float32)
        with torch.inference_mode(), autocast:
            return network(torch.from_numpy(images)[:, None])

    return run


def rate(network: Network, model: Model, batch: int, count: int, threads: int) -> float:
    """Images/s on ``count`` images, rounded up to whole batches for every thread."""
    size = model.description.image_size
    images = np.random.default_rng(0).integers(0, 256, (batch, size, size), np.uint8)
    batches = -(-count // (batch * threads)) * threads
    with ThreadPoolExecutor(threads) as pool:
        begin = time.perf_counter()
        for _ in pool.map(lambda _: network(images), range(batches)):
            pass
        return batches * batch / (time.perf_counter() - begin)


if __name__ == "__main__":
    main()
