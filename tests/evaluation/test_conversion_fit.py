"""The fit of severity scales: it finds a line that is there, and errors do not see the patient."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.read import open_dataset
from hilum.errors import DatasetError
from hilum.evaluation.conversion_fit import (
    ScoredFilm,
    conversion_figures,
    fit_conversion,
    leave_patients_out,
    scored_films,
)
from hilum.inference import Predictor
from hilum.scales import GEOGRAPHIC_EXTENT, OPACITY
from tests.fakes import ieee8023
from tests.fakes.compiled import compile_chests
from tests.fakes.model import write_model


def films(count: int = 40, *, noise: float = 0.0, seed: int = 0) -> list[ScoredFilm]:
    rng = np.random.default_rng(seed)
    drawn = []
    for number in range(count):
        percent, contrast = rng.uniform(0, 100), rng.uniform(-0.5, 0.5)
        extent = 0.5 + 0.06 * percent + noise * rng.normal()
        scores = {GEOGRAPHIC_EXTENT: extent, OPACITY: 1 + 0.03 * percent - contrast}
        features = {"infected_percent": percent, "lung_contrast": contrast}
        drawn.append(ScoredFilm(f"patient {number // 2}", scores, features))
    return drawn


def test_a_line_that_is_there_is_found(tmp_path: Path) -> None:
    predictor = Predictor(write_model(tmp_path / "model.onnx"))
    dataset = compile_chests(tmp_path, {"Train": 3})
    unusable = ScoredFilm("patient x", {GEOGRAPHIC_EXTENT: 8.0, OPACITY: 6.0}, None)
    conversion = fit_conversion(predictor, [*films(), unusable], dataset)
    extent, opacity = conversion.lines
    assert (extent.constant, extent.weights["infected_percent"]) == pytest.approx((0.5, 0.06))
    assert opacity.weights["lung_contrast"] == pytest.approx(-1)
    assert extent.error.mean_absolute == pytest.approx(0, abs=1e-3)
    assert (extent.error.films, extent.error.patients) == (40, 20)
    assert conversion.fitted_on["scored_films"] == 41
    conversion.require(predictor.model)


def test_too_few_patients_are_refused_with_the_reason(tmp_path: Path) -> None:
    predictor = Predictor(write_model(tmp_path / "model.onnx"))
    dataset = compile_chests(tmp_path, {"Train": 3})
    with pytest.raises(DatasetError, match="of 9 patients"):
        fit_conversion(predictor, films(18), dataset)


def test_a_patient_is_never_converted_by_a_line_that_saw_it() -> None:
    scores = {OPACITY: 1.0}
    plain = [
        ScoredFilm(f"p{i}", {**scores, GEOGRAPHIC_EXTENT: 2.0}, {"infected_percent": float(i)})
        for i in range(10)
    ]
    odd = ScoredFilm("odd", {**scores, GEOGRAPHIC_EXTENT: 8.0}, {"infected_percent": 5.0})
    converted = leave_patients_out([*plain, odd], GEOGRAPHIC_EXTENT)
    assert converted[-1] == pytest.approx(2.0)


def test_error_and_interval_against_computation_by_hand() -> None:
    truth, converted = np.array([0.0, 2.0, 4.0, 6.0] * 5), np.array([1.0, 2.0, 5.0, 6.0] * 5)
    groups = [str(i) for i in range(20)]
    absolute, r = conversion_figures(converted, truth, groups, GEOGRAPHIC_EXTENT)
    assert absolute.value == pytest.approx(0.5)
    assert r.value == pytest.approx(np.corrcoef(converted, truth)[0, 1])
    assert absolute.low is not None and absolute.high is not None
    assert 0.2 < absolute.low < 0.5 < absolute.high < 0.8
    assert (absolute.n, absolute.groups, absolute.unit) == (20, 20, "points")


def test_scored_films_are_read_and_those_learned_from_marked(tmp_path: Path) -> None:
    fake = ieee8023.draw(tmp_path / "in", np.random.default_rng(0))
    compile_dataset([fake.folder], tmp_path / "dataset", options=CompileOptions())
    dataset = open_dataset(tmp_path / "dataset")
    predictor = Predictor(write_model(tmp_path / "model.onnx"))
    (film,) = scored_films(predictor, dataset)
    assert film.scores[GEOGRAPHIC_EXTENT] == pytest.approx(3.7)
    assert not film.is_learned
    (film,) = scored_films(predictor, dataset, learned=["ieee8023"])
    assert film.is_learned, "it has no official split: it may have been learned from"
