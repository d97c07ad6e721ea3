"""``hilum verify``: exit status, what is told, and to whom."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import hilum as package
from hilum.inference.expected import REFERENCE
from hilum.inference.runtime import installed_runtimes
from tests.cli.conftest import COMMAND, Hilum

IMAGES = ("hannover.dcm", "hannover.png", "kermany.jpeg", "nih.png")

INVERT = """
import hilum.inference.predictor as predictor
fit = predictor.fit_to_network
predictor.fit_to_network = lambda pixels, size: 255 - fit(pixels, size)
"""
FOLDER = """
import functools, pathlib
import hilum.inference.verify as checks
checks.verify = functools.partial(checks.verify, folder=pathlib.Path({!r}))
"""


def run_after(preparation: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``hilum verify`` in a process where ``preparation`` has been executed."""
    program = [*COMMAND[:-1], f"{preparation}\n{COMMAND[-1]}"]
    return subprocess.run(
        [*program, "verify", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_all_well(hilum: Hilum) -> None:
    done = hilum("verify")
    assert done.returncode == 0 and done.stderr == "", done.stdout
    for runtime in installed_runtimes():
        assert f"\n{runtime} " in f"\n{done.stdout}"
    for word in (*IMAGES, package.__version__, "opencv", "numpy", "instructions", " on CPU"):
        assert word in done.stdout
    assert "A drawing that is no chest film: refused, as it should be." in done.stdout
    last = done.stdout.splitlines()[-1]
    assert last.startswith("This installation gives the stored results")
    assert last.endswith("Research use only.")


def test_json(hilum: Hilum) -> None:
    done = hilum("verify", "--json", "--runtime", "onnxruntime")
    assert done.returncode == 0 and done.stderr == ""
    told = json.loads(done.stdout)
    assert told["passed"] is True and "stored results" in told["conclusion"]
    (one,) = told["runtimes"]
    assert (one["runtime"], one["passed"], one["problem"]) == ("onnxruntime", True, "")
    assert tuple(image["image"] for image in one["images"]) == IMAGES
    for image in one["images"]:
        assert image["same_pixels"] and image["same_input"] and image["verdict"] == "ok"
        assert image["agreement"]["lung_dice"] >= told["limits"]["least_lung_dice"]
    assert {"hilum", "openvino", "onnxruntime", "opencv", "numpy"} <= set(told["environment"])


NO_NUMBER = """
import hilum.inference.predictor as predictor
load = predictor.load_runtime
class Spoiled:
    def __init__(self, runtime):
        self.runtime, self.precision = runtime, runtime.precision
    def __call__(self, images):
        masks, classes = self.runtime(images)
        classes = classes.copy()
        classes[:, -1] = float("nan")
        return masks, classes
predictor.load_runtime = lambda *given, **options: Spoiled(load(*given, **options))
"""


def test_a_number_that_is_none_is_null_in_json() -> None:
    done = run_after(NO_NUMBER, "--json", "--runtime", "onnxruntime")
    assert done.returncode == 1 and "NaN" not in done.stdout
    (one,) = json.loads(done.stdout)["runtimes"]
    assert {image["verdict"] for image in one["images"]} == {"other results"}
    assert {image["agreement"]["probability_difference"] for image in one["images"]} == {None}


def test_a_table_fits_80_columns(hilum: Hilum) -> None:
    done = run_after("import os; os.environ['COLUMNS'] = '80'", "--runtime", "onnxruntime")
    table = [line for line in done.stdout.splitlines() if "lungs Dice" in line]
    assert table and len(table[0].split()) == 2 + len(IMAGES) + 2


def test_a_defect_is_exit_1_and_told() -> None:
    done = run_after(INVERT)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "the network sees other pixels" in done.stdout.splitlines()[-1]
    assert "fails" in done.stdout
    done = run_after(INVERT, "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["passed"] is False
    verdicts = {image["verdict"] for one in told["runtimes"] for image in one["images"]}
    assert verdicts == {"other input"}


def test_a_runtime_that_is_missing_is_exit_1() -> None:
    done = run_after("import sys; sys.modules['openvino'] = None", "--runtime", "openvino")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "openvino is not installed" in done.stdout


def test_a_damaged_stored_file_is_exit_2(tmp_path: Path) -> None:
    folder = tmp_path / "reference"
    shutil.copytree(REFERENCE, folder)
    mask = folder / "masks/nih.png.left_lung.png"
    mask.write_bytes(mask.read_bytes()[:-1])
    done = run_after(FOLDER.format(str(folder)))
    assert done.returncode == 2 and done.stdout == "" and "Traceback" not in done.stderr
    assert str(mask) in done.stderr and "Install hilum again" in done.stderr


def test_an_unknown_runtime_is_exit_2(hilum: Hilum) -> None:
    done = hilum("verify", "--runtime", "abacus")
    assert done.returncode == 2 and "neither openvino nor onnxruntime" in done.stderr
