"""Readers' scales from percents: by the line, for one network, for COVID-19 only."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from hilum.errors import ModelError
from hilum.inference import Predictor
from hilum.inference.conversion import (
    BUNDLED_CONVERSION,
    Line,
    lung_contrast,
    measure,
    read_conversion,
)
from hilum.inference.earlier import Earlier
from hilum.inference.folder import predict_to_folder
from hilum.inference.inputs import find_inputs
from hilum.inference.model import OperatingPoints, read_model, rewrite_description
from hilum.inference.predictor import Prediction
from hilum.radiograph import Finding, Structure
from hilum.scales import GEOGRAPHIC_EXTENT, OPACITY
from tests.fakes.conversion import ERROR, make_conversion
from tests.fakes.model import describe, draw_pixels, write_model
from tests.inference.outputs import read_rows, write_png


def predict(predictor: Predictor, finding: Finding, *, lungs: str = "both") -> Prediction:
    return predictor(draw_pixels(finding, lungs=lungs))


def test_a_film_called_covid_is_converted_by_the_line(predictor: Predictor) -> None:
    prediction = predict(predictor, Finding.COVID)
    scores = make_conversion(predictor.model)(prediction)
    assert prediction.infected_percent == pytest.approx(25)
    assert scores[GEOGRAPHIC_EXTENT] == pytest.approx(1 + 2.5)
    assert prediction.grey is not None and prediction.lungs is not None
    contrast = lung_contrast(prediction.grey, prediction.lungs)
    assert scores[OPACITY] == pytest.approx(2 + 0.25 - contrast)


@pytest.mark.parametrize("finding", [Finding.NORMAL, Finding.PNEUMONIA])
def test_what_is_not_covid_is_unknown_not_zero(predictor: Predictor, finding: Finding) -> None:
    assert make_conversion(predictor.model)(predict(predictor, finding)) == {}


def test_a_film_with_one_lung_is_unknown(predictor: Predictor) -> None:
    assert measure(predict(predictor, Finding.COVID, lungs="left")) is None


def test_a_model_without_findings_is_taken_at_its_masks_word(tmp_path: Path) -> None:
    predictor = Predictor(write_model(tmp_path / "model.onnx", findings=()))
    features = measure(predict(predictor, Finding.NORMAL))
    assert features is not None and features["infected_percent"] == pytest.approx(25)


def test_a_score_stays_on_its_scale() -> None:
    line = Line(GEOGRAPHIC_EXTENT, -1.0, {"infected_percent": 0.1}, ERROR)
    assert (line({"infected_percent": 0}), line({"infected_percent": 100})) == (0, 8)


def test_contrast_is_more_for_darker_lungs() -> None:
    lungs = np.zeros((128, 128), np.bool_)
    lungs[30:90, 20:50] = True
    dark, dense = (np.where(lungs, np.uint8(level), np.uint8(200)) for level in (30, 150))
    noisy = np.random.default_rng(0).integers(0, 40, lungs.shape).astype(np.uint8)
    assert lung_contrast(dark + noisy, lungs) > lung_contrast(dense + noisy, lungs) > 0
    assert lung_contrast(dark, np.ones_like(lungs)) == 0


def test_another_network_is_refused_in_a_sentence(predictor: Predictor, tmp_path: Path) -> None:
    conversion = make_conversion(predictor.model)
    other = Predictor(write_model(tmp_path / "other.onnx", always=Finding.COVID))
    write_png(tmp_path / "in/film.png", draw_pixels())
    images = find_inputs([tmp_path / "in"]).images
    with pytest.raises(ModelError, match="fitted for another model") as caught:
        predict_to_folder(other, images, tmp_path / "out", conversion=conversion)
    assert "other.onnx" in str(caught.value) and "--severity-scales" in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_new_scores_in_the_file_are_no_other_network_but_new_points_are(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model.onnx")
    conversion = make_conversion(read_model(path))
    rewrite_description(path, dataclasses.replace(describe(), licence="MIT"))
    conversion.require(read_model(path))
    points = OperatingPoints({**describe().operating_points.masks, Structure.INFECTION: 0.3}, {})
    rewrite_description(path, dataclasses.replace(describe(), operating_points=points))
    with pytest.raises(ModelError, match="another model"):
        conversion.require(read_model(path))


def test_rows_carry_the_score_and_its_error(predictor: Predictor, tmp_path: Path) -> None:
    for finding in (Finding.COVID, Finding.PNEUMONIA):
        write_png(tmp_path / f"in/{finding}.png", draw_pixels(finding))
    images = find_inputs([tmp_path / "in"]).images
    conversion = make_conversion(predictor.model)
    predict_to_folder(predictor, images, tmp_path / "out", conversion=conversion)
    rows = read_rows(tmp_path / "out")
    assert rows["covid.png"]["geographic_extent_0_to_8"] == "3.5"
    assert rows["covid.png"]["geographic_extent_mean_absolute_error"] == "1.25"
    assert rows["pneumonia.png"]["geographic_extent_0_to_8"] == ""
    assert rows["pneumonia.png"]["geographic_extent_mean_absolute_error"] == ""
    again = predict_to_folder(
        predictor, images, tmp_path / "out", conversion=conversion, earlier=Earlier.RESUME
    )
    assert sum(again.values()) == 2


def test_it_is_read_back_as_it_was_written(predictor: Predictor, tmp_path: Path) -> None:
    conversion = make_conversion(predictor.model)
    path = tmp_path / "scales.json"
    path.write_text(conversion.to_json())
    assert read_conversion(path) == conversion


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "[]",
        '{"format": 2}',
        '{"format": 1, "network_sha256": "", "fitted_on": {}, "lines": {"percentile": {}}}',
    ],
)
def test_a_damaged_file_is_told(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "scales.json"
    path.write_text(damage)
    with pytest.raises(ModelError, match="severity scales cannot be read"):
        read_conversion(path)


def test_a_weight_of_an_unknown_feature_is_told(predictor: Predictor, tmp_path: Path) -> None:
    values = json.loads(make_conversion(predictor.model).to_json())
    values["lines"]["opacity"]["weights"] = {"age": 1.0}
    (tmp_path / "scales.json").write_text(json.dumps(values))
    with pytest.raises(ModelError, match="age"):
        read_conversion(tmp_path / "scales.json")


def test_the_bundled_one_fits_the_bundled_model_and_tells_its_provenance() -> None:
    conversion = read_conversion(BUNDLED_CONVERSION)
    conversion.require(read_model())
    assert [line.scale for line in conversion.lines] == [GEOGRAPHIC_EXTENT, OPACITY]
    assert conversion.fitted_on.keys() >= {"model_sha256", "dataset_sha256", "patients"}
    assert "patients" in str(conversion.lines[0].error)
