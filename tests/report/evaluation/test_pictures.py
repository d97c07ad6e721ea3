"""From a dataset to the page's pictures, and through the command."""

from __future__ import annotations

import base64
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.exposures import Twins
from hilum.dataset.read import Dataset, open_dataset
from hilum.evaluation.evaluate import evaluate
from hilum.inference import Predictor
from hilum.inference.model import BUNDLED_MODEL
from hilum.radiograph import Finding, Split
from hilum.report.evaluation.choose import everything_shown
from hilum.report.evaluation.pictures import FOUND_COLOUR, TRUE_COLOUR, draw_pictures
from tests.cli.conftest import Hilum, hilum
from tests.evaluation.test_evaluate import RIGHT, add, box
from tests.fakes.model import write_model
from tests.report.evaluation.pages import Checked

__all__ = ["hilum"]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("data")
    root, lower = folder / "in", box((slice(32, 48), RIGHT[1]))
    add(root, "covid_exact", Finding.COVID, Finding.COVID, lower)
    add(root, "covid_missed", Finding.COVID, Finding.NORMAL, lower)
    add(root, "covid_other", Finding.COVID, Finding.COVID, box(RIGHT))
    add(root, "normal_right", Finding.NORMAL, Finding.NORMAL, box())
    add(root, "normal_called", Finding.NORMAL, Finding.COVID, box())
    compile_dataset([root], folder / "dataset", options=CompileOptions(twins=Twins.IGNORE))
    return open_dataset(folder / "dataset")


def decode(url: str) -> NDArray[np.uint8]:
    kind, _, data = url.partition(",")
    assert kind == "data:image/webp;base64"
    pixels = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return np.asarray(pixels, np.uint8)


def has_colour(pixels: NDArray[np.uint8], colour: tuple[int, int, int]) -> bool:
    return bool((np.abs(pixels.astype(int) - colour).max(axis=2) < 60).any())


def test_each_place_has_its_picture(tmp_path: Path, dataset: Dataset) -> None:
    predictor = Predictor(write_model(tmp_path / "model.onnx"))
    evaluation = evaluate(predictor, dataset, Split.VALIDATION)
    pictures = draw_pictures(evaluation, predictor, dataset)
    wanted = {(shown.case.image_id, shown.subject) for shown in everything_shown(evaluation.cases)}
    assert pictures.keys() == wanted
    assert {subject for _, subject in wanted} >= {"infection", "lungs", "finding"}
    worst = next(s for s in everything_shown(evaluation.cases) if s.subject == "infection")
    pixels = decode(pictures[worst.case.image_id, "infection"])
    plain, outlined = pixels[:, : pixels.shape[0]], pixels[:, pixels.shape[0] :]
    for colour in (FOUND_COLOUR, TRUE_COLOUR):
        assert has_colour(outlined, colour) and not has_colour(plain, colour)
    assert draw_pictures(evaluation, predictor, dataset) == pictures


@pytest.mark.parametrize("which", ["fake", "bundled"])
def test_the_command_writes_the_page(
    hilum: Hilum, dataset: Dataset, tmp_path: Path, which: str
) -> None:
    model = BUNDLED_MODEL if which == "bundled" else write_model(tmp_path / "model.onnx")
    given = ("evaluate", model, "--dataset", dataset.folder, "--split", "validation", "-o")
    done = hilum(*given, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    html = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    page = Checked(html)
    assert page.faults == []
    assert "5 images of 5 patients" in page.text
    assert bool(page.images) == (which == "fake"), "drawings are no films to the bundled model"
    assert hilum(*given, tmp_path / "again").returncode == 0
    assert (tmp_path / "again/report.html").read_text(encoding="utf-8") == html
