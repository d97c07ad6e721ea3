"""``hilum audit --retrain`` from start to end: real trainings, killed and gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from hilum.collections.origins import BIMCV
from hilum.dataset.compile import CompileOptions, compile_dataset
from tests.cli.conftest import COMMAND
from tests.fakes.chest import draw_chest
from tests.fakes.fake import write_image
from tests.fakes.workbook import write_workbook

FILMS = 16
"""Of each class at the origin that has both, and of each at one of its own."""

SECONDS = 300

ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1"}

RECIPE = """\
name: tiny
description: for tests
source: hilum
image_size: 32
targets: []
findings: [covid, normal]
network: {architecture: classifier, encoder: resnet10t}
loss: {finding: 1}
schedule: {epochs: 1, batch_size: 16, warmup_epochs: 0, average_decay: 0.5}
"""

_OF_BOTH = "https://bimcv.cipf.es/bimcv-projects/bimcv-covid19/"
_OF_ONE = {
    "COVID": "https://sirm.org/category/covid-19/",
    "Normal": "https://www.kaggle.com/c/rsna-pneumonia-detection-challenge/data",
}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """COVID-19 and normal films, half of them of one origin: one training leaves it out."""
    folder = tmp_path_factory.mktemp("origins")
    root = folder / "COVID-19_Radiography_Dataset"
    rng = np.random.default_rng(3)
    for name, of_one in _OF_ONE.items():
        rows = []
        for number, url in enumerate([_OF_BOTH, of_one] * FILMS, start=1):
            chest = draw_chest(rng, size=(64, 64), infected=name == "COVID")
            write_image(root / name / "images" / f"{name}-{number}.png", chest.pixels)
            rows.append((f"{name}-{number}", "PNG", "64*64", url))
        write_workbook(root / f"{name}.metadata.xlsx", ("FILE NAME", "FORMAT", "SIZE", "URL"), rows)
    compile_dataset([root], folder / "dataset", options=CompileOptions())
    return folder / "dataset"


def models(output: Path) -> dict[str, int]:
    """Folder of each finished training → when its model file was written."""
    found = (output / "retrained").glob("*/*/model.onnx")
    return {path.parent.name: path.stat().st_mtime_ns for path in found}


def run_until_the_second_training(command: list[str], output: Path) -> None:
    """Kill ``command``, with all that it started, once the second training has begun."""
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env=ONE_THREAD,
    ) as running:
        deadline = time.monotonic() + SECONDS
        while len(list((output / "retrained").glob("*/*/model.run"))) < 2:
            assert running.poll() is None, running.communicate()[1]
            assert time.monotonic() < deadline
            time.sleep(0.1)
        os.killpg(running.pid, signal.SIGKILL)


def test_the_recipe_is_trained_without_each_origin_and_goes_on(
    dataset: Path, tmp_path: Path
) -> None:
    recipe, output = tmp_path / "tiny.yaml", tmp_path / "audit"
    recipe.write_text(RECIPE)
    arguments = ["audit", dataset, "-o", output, "--retrain", recipe, "--json", "--threads", 1]
    command = [*COMMAND, *map(str, arguments)]

    run_until_the_second_training(command, output)
    assert not (output / "audit.json").exists()
    first = models(output)
    assert list(first) == ["as it is split"]

    done = subprocess.run(
        command, capture_output=True, text=True, timeout=SECONDS, check=False, env=ONE_THREAD
    )
    assert done.returncode == 0, done.stderr
    assert "training without the origin" in done.stderr
    assert "as it is split" not in done.stderr  # that one was finished
    trained = models(output)
    assert len(trained) == 2 and trained.items() >= first.items()
    check = next(one for one in json.loads(done.stdout)["checks"] if one["key"] == "retrained")
    figures = {one["name"]: one for one in check["figures"]}
    elsewhere = f"at the origin {BIMCV}, trained elsewhere"
    assert set(figures) == {"pooled, test films", elsewhere}
    there = figures[elsewhere]
    assert FILMS < there["images"] <= 2 * FILMS  # some are refused, being drawn
    assert 0 <= there["low"] <= there["value"] <= there["high"] <= 1
    assert "Elsewhere, trained anew" in (output / "audit.html").read_text(encoding="utf-8")
