"""One image → what was found on it, with a model whose answers are known."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from hilum.errors import ImageError, ModelError
from hilum.inference.judge import NO_INFECTION_TARGET, OTHER_CAUSE, decide_finding
from hilum.inference.predictor import Predictor, Status
from hilum.radiograph import Finding, Structure
from tests.fakes.chest import draw_chest
from tests.fakes.model import FINDINGS, draw_pixels, write_model
from tests.inference.outputs import write_png

COVID, NORMAL, PNEUMONIA = Finding.COVID, Finding.NORMAL, Finding.PNEUMONIA


def test_covid_is_measured(predictor: Predictor) -> None:
    prediction = predictor(draw_pixels(COVID))
    assert (prediction.status, prediction.reason, prediction.finding) == (Status.OK, "", COVID)
    assert prediction.severity.right_lung.infected_percent == pytest.approx(50)
    assert prediction.severity.left_lung.infected_percent == 0
    assert prediction.infected_percent == pytest.approx(25)
    assert prediction.lungs_percent == pytest.approx(25)
    assert sum(prediction.probabilities.values()) == pytest.approx(1)


def test_image_left_is_the_patients_right(predictor: Predictor) -> None:
    prediction = predictor(draw_pixels(COVID))
    assert prediction.right_lung is not None and prediction.left_lung is not None
    assert prediction.right_lung[:, :32].any() and not prediction.right_lung[:, 32:].any()
    assert prediction.left_lung[:, 32:].any() and not prediction.left_lung[:, :32].any()


def test_normal_has_no_infection_whatever_the_masks_say(predictor: Predictor) -> None:
    prediction = predictor(draw_pixels(NORMAL))
    assert prediction.finding == NORMAL and prediction.reason == ""
    assert prediction.infected_percent == 0
    assert prediction.infection is not None and not prediction.infection.any()


def test_another_pneumonia_is_not_measured(predictor: Predictor) -> None:
    prediction = predictor(draw_pixels(PNEUMONIA))
    assert prediction.finding == PNEUMONIA and prediction.reason == OTHER_CAUSE
    assert prediction.infected_percent is None
    assert prediction.severity.right_lung.zones == (None, None, None)
    assert prediction.infection is not None and not prediction.infection.any()
    assert prediction.lungs_percent == pytest.approx(25)


@pytest.mark.parametrize(("lungs", "other"), [("right", "left"), ("left", "right")])
def test_one_lung(predictor: Predictor, lungs: str, other: str) -> None:
    prediction = predictor(draw_pixels(COVID, lungs=lungs))
    sides = {"right": prediction.severity.right_lung, "left": prediction.severity.left_lung}
    assert prediction.status is Status.OK
    assert prediction.reason == f"the {other} lung was not found"
    assert prediction.infected_percent is None
    assert sides[lungs].infected_percent == pytest.approx(50)
    assert sides[other].infected_percent is None


def test_one_lung_with_another_pneumonia_says_both(predictor: Predictor) -> None:
    reason = predictor(draw_pixels(PNEUMONIA, lungs="left")).reason
    assert reason == f"the right lung was not found; {OTHER_CAUSE}"


def test_a_failed_file_has_a_reason_and_nothing_else(predictor: Predictor, tmp_path: Path) -> None:
    prediction = predictor(tmp_path / "missing.png")
    assert prediction.status is Status.FAILED and "opened" in prediction.reason
    assert prediction.path == str(tmp_path / "missing.png")
    assert prediction.lungs is None and prediction.width is None and not prediction.probabilities


def test_file_and_array_agree(predictor: Predictor, tmp_path: Path) -> None:
    pixels = draw_pixels(COVID, size=(200, 170))
    by_file, by_array = predictor(write_png(tmp_path / "a.png", pixels)), predictor(pixels)
    assert by_file.severity == by_array.severity
    assert (by_file.width, by_file.height) == (by_array.width, by_array.height) == (170, 200)
    assert by_file.lungs is not None and by_array.lungs is not None
    np.testing.assert_array_equal(by_file.lungs, by_array.lungs)


def test_sixteen_bits_are_stretched_as_in_a_file(predictor: Predictor, tmp_path: Path) -> None:
    pixels = draw_pixels(COVID)
    low, high = int(pixels.min()), int(pixels.max())
    # So chosen that stretching from minimum to maximum gives the greys back, shifted to 0–255.
    deep = (pixels.astype(np.uint16) - low) * 200
    by_array, by_file = predictor(deep), predictor(write_png(tmp_path / "deep.png", deep))
    assert by_array.grey is not None
    np.testing.assert_allclose(
        by_array.grey, (pixels.astype(float) - low) * 255 / (high - low), atol=0.51
    )
    assert by_file.severity == by_array.severity


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((64, 64), np.float32),
        np.zeros((64, 64, 3), np.uint8),
        np.zeros((64, 64), np.bool_),
        np.zeros(64, np.uint8),
        np.zeros((0, 64), np.uint8),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_another_array_is_an_error(predictor: Predictor, array: np.ndarray) -> None:
    with pytest.raises(ImageError, match=r"no grey picture; got .* expected uint8 or uint16"):
        predictor(array)


def test_an_array_need_not_be_contiguous(predictor: Predictor) -> None:
    pixels = draw_pixels(COVID, size=(128, 128))
    turned = predictor(np.asfortranarray(pixels))
    assert turned.infected_percent == predictor(pixels).infected_percent
    assert predictor(pixels[::2, ::2]).infected_percent == pytest.approx(25)


def test_many_in_order_on_two_threads(model_file: Path, tmp_path: Path) -> None:
    paths = []
    for number in range(9):
        finding = FINDINGS[number % 3]
        paths.append(write_png(tmp_path / f"{number}.png", draw_pixels(finding)))
    predictor = Predictor(model_file, threads=2)
    predictions = list(predictor.predict_many(paths))
    assert [p.path for p in predictions] == [str(path) for path in paths]
    assert [p.finding for p in predictions] == [FINDINGS[number % 3] for number in range(9)]


def test_several_threads_may_call_a_new_predictor_at_once(model_file: Path) -> None:
    predictor = Predictor(model_file, threads=4)
    start, found = threading.Barrier(4), []

    def call() -> None:
        start.wait(10)
        found.append(predictor(draw_pixels(COVID)).finding)

    threads = [threading.Thread(target=call, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == [COVID] * 4


def test_a_model_of_lungs_alone(tmp_path: Path) -> None:
    model = write_model(tmp_path / "lungs.onnx", targets=[Structure.LUNGS], findings=[])
    prediction = Predictor(model)(draw_pixels(COVID))
    assert prediction.status is Status.OK and prediction.finding is None
    assert prediction.reason == NO_INFECTION_TARGET
    assert prediction.infection is None and prediction.infected_percent is None
    assert prediction.right_lung is not None and prediction.right_lung.any()


def test_a_model_without_findings_measures(tmp_path: Path) -> None:
    model = write_model(tmp_path / "masks.onnx", findings=[])
    assert Predictor(model)(draw_pixels(NORMAL)).infected_percent == pytest.approx(25)


@pytest.mark.parametrize("targets", [[Structure.INFECTION], [Structure.RIGHT_LUNG]])
def test_a_model_without_both_lungs_is_refused(tmp_path: Path, targets: list[Structure]) -> None:
    with pytest.raises(ModelError, match="does not outline lungs"):
        Predictor(write_model(tmp_path / "model.onnx", targets=targets))


def test_the_operating_point_comes_before_the_likeliest() -> None:
    probabilities = {NORMAL: 0.5, COVID: 0.3, PNEUMONIA: 0.2}
    assert decide_finding(probabilities, {COVID: 0.25}) == COVID
    assert decide_finding(probabilities, {COVID: 0.35}) == NORMAL
    assert decide_finding(probabilities, {}) == NORMAL
    assert decide_finding({NORMAL: 0.2, COVID: 0.5, PNEUMONIA: 0.3}, {COVID: 0.6}) == PNEUMONIA
    assert decide_finding({}, {}) is None


def test_runtimes_agree_on_the_bundled_model() -> None:
    pixels = draw_chest(np.random.default_rng(6), size=(300, 280), infected=True).pixels
    openvino, onnx = Predictor(runtime="openvino")(pixels), Predictor(runtime="onnxruntime")(pixels)
    assert openvino.status == onnx.status
    for finding, probability in onnx.probabilities.items():
        assert openvino.probabilities[finding] == pytest.approx(probability, abs=0.05)
    if openvino.mask_probabilities is not None and onnx.mask_probabilities is not None:
        difference = np.abs(openvino.mask_probabilities - onnx.mask_probabilities)
        assert difference.mean() < 0.01


def test_the_bundled_model_says_what_it_is() -> None:
    description = Predictor().model.description
    assert description.licence and description.trained_on and description.lung_convention
    assert {Structure.RIGHT_LUNG, Structure.LEFT_LUNG} <= set(description.targets)


def test_five_lines(tmp_path: Path) -> None:
    path = write_png(
        tmp_path / "film.png", draw_chest(np.random.default_rng(1), size=(256, 256)).pixels
    )
    program = f"""
from hilum.inference import Predictor
predictor = Predictor()
prediction = predictor({str(path)!r})
print(prediction.status, prediction.finding, prediction.infected_percent)
import sys; heavy = {{"torch", "pyarrow", "matplotlib", "pydicom", "PIL", "pydantic"}}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
    assert done.stdout.split()[0] in ("ok", "refused")
    assert done.stderr == ""
