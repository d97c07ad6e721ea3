"""A model that outlines nothing names a finding, and nothing it does not know becomes a number."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from hilum.errors import HilumError, ModelError
from hilum.evaluation.evaluate import evaluate
from hilum.inference.folder import PictureOptions, predict_to_folder
from hilum.inference.inputs import find_inputs
from hilum.inference.lungs import LungOutliner
from hilum.inference.overlay import draw_overlay
from hilum.inference.predictor import Predictor, Status
from hilum.inference.runtime import RuntimeName
from hilum.learning.refusal.samples import collect_samples
from hilum.radiograph import Finding, Split
from hilum.report.predictions import write_predictions_page
from tests.fakes.compiled import compile_chests
from tests.fakes.fake import write_image
from tests.fakes.model import FINDINGS, describe, draw_pixels, write_model


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model") / "classifier.onnx", targets=())


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
def test_it_names_the_finding_and_leaves_all_else_unknown(
    classifier: Path, runtime: RuntimeName
) -> None:
    predictor = Predictor(classifier, runtime=runtime)
    for finding in FINDINGS:
        prediction = predictor(draw_pixels(finding))
        assert (prediction.status, prediction.finding) == (Status.OK, finding)
        assert prediction.probabilities[finding] > 0.9
        assert prediction.lungs is prediction.infection is prediction.lungs_percent is None
        assert prediction.infected_percent is None
        assert "outlines no lungs" in prediction.reason


def test_without_lungs_only_what_is_blank_or_noise_is_refused(classifier: Path) -> None:
    predictor = Predictor(classifier)
    across, down = np.meshgrid(np.arange(64), np.arange(64))
    assert predictor((across + 2 * down).astype(np.uint8)).status is Status.OK
    assert predictor(np.full((64, 64), 9, np.uint8)).status is Status.REFUSED


def test_a_folder_has_empty_cells_and_films_without_outlines(
    classifier: Path, tmp_path: Path
) -> None:
    write_image(tmp_path / "films/a.png", draw_pixels(Finding.COVID))
    write_image(tmp_path / "films/b.png", draw_pixels(Finding.NORMAL))
    out = tmp_path / "out"
    counts = predict_to_folder(
        Predictor(classifier),
        find_inputs([tmp_path / "films"]).images,
        out,
        options=PictureOptions(overlays=True, probabilities=True),
    )
    assert counts[Status.OK] == 2
    with (out / "predictions.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["finding"] for row in rows] == ["covid", "normal"]
    assert {row[name] for row in rows for name in row if name.endswith("_percent")} == {""}
    assert not (out / "masks").exists() and not (out / "probabilities").exists()
    assert (out / "overlays/a.png").is_file()

    write_predictions_page(out, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "The model outlines nothing" in page and "outlined" not in page


def test_its_overlay_is_the_film_with_a_caption(classifier: Path) -> None:
    overlay = draw_overlay(Predictor(classifier)(draw_pixels(Finding.COVID, size=(512, 512))))
    assert overlay.shape[1] == 512 and overlay.shape[0] > 550
    film = overlay[:512].astype(int)
    assert (film.max(axis=2) == film.min(axis=2)).all(), "nothing is drawn on it"
    assert overlay[512:].any()


def test_it_is_scored_on_its_findings_only(classifier: Path, tmp_path: Path) -> None:
    dataset = compile_chests(tmp_path, {"Train": 6}, size=(64, 64))
    names = [score.name for score in evaluate(Predictor(classifier), dataset, Split.TRAIN)]
    assert any("sensitivity" in name for name in names)
    assert not any("Dice" in name for name in names)


def test_what_needs_lungs_says_so(classifier: Path) -> None:
    with pytest.raises(ModelError, match="outlines no lungs"):
        LungOutliner(classifier)(draw_pixels())
    with pytest.raises(HilumError, match="this model outlines none"):
        collect_samples(Predictor(classifier).model, [])


def test_a_model_of_nothing_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="neither targets nor findings"):
        describe(targets=(), findings=())
