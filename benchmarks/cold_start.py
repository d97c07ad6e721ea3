"""How long does one image take from a cold start?

    python benchmarks/cold_start.py IMAGE [--rounds 9]

Prints the wall time of ``hilum predict IMAGE -o …`` in a fresh process, beside the least that any
program with these parts must do: start Python, import OpenVINO and OpenCV, load the same model,
decode the image and run the network once. Both take turns. The target is 1.5 s.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from hilum.inference.model import BUNDLED_MODEL
from rounds import measure_in_turn, median_and_range, median_ratio, print_table

# Without OpenVINO's converter of models, as hilum imports it.
BARE = """
import sys
sys.modules["openvino.tools.ovc"] = None
import cv2, openvino
model, image = sys.argv[1:]
core = openvino.Core()
options = {"NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": 1}
network = core.compile_model(core.read_model(model), "CPU", options)
size = network.input(0).partial_shape[3].get_length()
grey = cv2.resize(cv2.imread(image, cv2.IMREAD_GRAYSCALE), (size, size))
network([grey[None, None]])
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", type=Path, help="a chest radiograph, PNG or JPEG")
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()

    image = str(arguments.image)
    seconds = measure_in_turn(
        {
            "bare": lambda: timed([sys.executable, "-c", BARE, str(BUNDLED_MODEL), image]),
            "hilum predict": lambda: predict_time(image),
        },
        arguments.rounds,
    )
    print(f"{arguments.rounds} rounds of fresh processes\n")
    print_table(
        ("what", "seconds (median)", "range", "of bare"),
        (
            (name, *median_and_range(values, 2), f"{median_ratio(values, seconds['bare']):.2f}")
            for name, values in seconds.items()
        ),
    )


def predict_time(image: str) -> float:
    """Seconds of the whole command, overlay included."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "out"
        command = Path(sys.executable).with_name("hilum")
        seconds = timed([str(command), "predict", image, "-o", str(output)])
        if not list((output / "masks").rglob("*.png")):
            sys.exit(f"{image} was refused: give a chest radiograph")
        return seconds


def timed(command: Sequence[str]) -> float:
    """Wall seconds of a process; stops with its message if it fails."""
    begin = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begin
    if done.returncode:
        sys.exit(done.stderr)
    return seconds


if __name__ == "__main__":
    main()
