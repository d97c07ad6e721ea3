"""The check of an installation passes where all is well, and finds each kind of defect."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hilum.errors import ImageError, ModelError, ReferenceOutputsError
from hilum.imaging import dicom, read
from hilum.inference import Predictor, predictor
from hilum.inference.advice import advise
from hilum.inference.expected import REFERENCE, read_expected, write_expected
from hilum.inference.model import read_model
from hilum.inference.no_film import draw_no_film
from hilum.inference.runtime import (
    Outputs,
    Runtime,
    RuntimeName,
    default_runtime,
    installed_runtimes,
    load_runtime,
)
from hilum.inference.verify import (
    LEAST_INFECTION_DICE,
    LEAST_LUNG_DICE,
    MOST_PERCENT_DIFFERENCE,
    MOST_PROBABILITY_DIFFERENCE,
    Agreement,
    ImageCheck,
    RuntimeCheck,
    Verdict,
    Verification,
    verify,
)
from hilum.radiograph import Finding, Structure
from tests.fakes.model import FINDINGS, TARGETS, draw_pixels, write_model
from tests.inference.outputs import write_png

Pixels = NDArray[np.uint8]
fit_to_network = predictor.fit_to_network


def checks(verification: Verification) -> list[ImageCheck]:
    return [image for runtime in verification.runtimes for image in runtime.images]


def verdicts(verification: Verification) -> set[Verdict]:
    return {one.verdict for one in checks(verification)}


class Changed:
    """A runtime whose outputs are spoiled."""

    def __init__(self, runtime: Runtime, spoil: Callable[[Outputs], Outputs]) -> None:
        self.precision = runtime.precision
        self._runtime = runtime
        self._spoil = spoil

    def __call__(self, images: Pixels) -> Outputs:
        return self._spoil(self._runtime(images))


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes one runtime, or all of them, give spoiled outputs from now on."""

    def install(change: Callable[[Outputs], Outputs], *, only: RuntimeName | None = None) -> None:
        def load(onnx: bytes, *, streams: int, name: RuntimeName, f32: bool) -> Runtime:
            loaded = load_runtime(onnx, streams=streams, name=name, f32=f32)
            return Changed(loaded, change) if only in (None, name) else loaded

        monkeypatch.setattr(predictor, "load_runtime", load)

    return install


@pytest.fixture
def stored(model_file: Path, tmp_path: Path) -> Path:
    """Reference images of the fake model."""
    for finding in FINDINGS:
        write_png(tmp_path / f"{finding}.png", draw_pixels(finding, size=(128, 128)))
    write_expected(tmp_path, Predictor(model_file, runtime="onnxruntime"))
    return tmp_path


@pytest.mark.parametrize("runtime", installed_runtimes())
def test_the_bundled_model_passes(runtime: RuntimeName) -> None:
    verification = verify([runtime])

    assert verification.passed, advise(verification)
    (one,) = verification.runtimes
    assert one.runtime == runtime and one.precision.endswith(" on CPU")
    assert len(one.images) == 4 and verdicts(verification) == {Verdict.OK}
    assert advise(verification) == f"This installation gives the stored results, with {runtime}."


def test_all_installed_runtimes_are_checked_the_default_one_first(
    stored: Path, model_file: Path
) -> None:
    verification = verify(folder=stored, model=model_file)
    assert tuple(one.runtime for one in verification.runtimes) == installed_runtimes()
    assert verification.runtimes[0].runtime == default_runtime()
    assert verification.passed, advise(verification)


@pytest.mark.parametrize(
    "defect",
    [
        lambda grey, size: 255 - fit_to_network(grey, size),
        lambda grey, size: np.ascontiguousarray(fit_to_network(grey, size).T),
        lambda grey, size: np.ascontiguousarray(fit_to_network(grey, size)[:, ::-1]),
        lambda grey, size: np.roll(fit_to_network(grey, size), 1, axis=1),
    ],
    ids=["inverted", "axes swapped", "mirrored", "moved by a pixel"],
)
def test_wrong_preprocessing_is_caught(
    defect: Callable[[Pixels, int], Pixels], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predictor, "fit_to_network", defect)
    verification = verify([default_runtime()])

    assert not verification.passed
    assert verdicts(verification) == {Verdict.OTHER_INPUT}
    # The results alone would have told as well.
    assert not all(one.agreement and one.agreement.is_close for one in checks(verification))
    advice = advise(verification)
    assert "the network sees other pixels" in advice and "Install hilum again" in advice
    assert "nevertheless" not in advice


def test_another_decoder_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    decode = read.decode_grey

    def brighter(*arguments: Any, **options: Any) -> tuple[Pixels, int, int]:
        pixels, width, height = decode(*arguments, **options)
        return np.where(pixels == 100, 101, pixels).astype(np.uint8), width, height

    monkeypatch.setattr(read, "decode_grey", brighter)
    verification = verify([default_runtime()])
    found = {one.image: one.verdict for one in checks(verification)}
    assert found.pop("hannover.dcm") is Verdict.OK
    assert set(found.values()) == {Verdict.OTHER_PIXELS}
    advice = advise(verification)
    assert advice.startswith("hannover.png, kermany.jpeg and nih.png: decoded to other pixels")
    assert "opencv" in advice and "gdcm" not in advice
    assert "The results are within the limits nevertheless." in advice


def test_a_decoder_that_fails_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(data: bytes, *, path: Path) -> Pixels:
        raise ImageError("JPEG Lossless is not decoded here", path=path)

    monkeypatch.setattr(dicom, "decode_dicom", fail)
    verification = verify([default_runtime()])
    (failed,) = [one for one in checks(verification) if one.verdict is not Verdict.OK]
    assert failed.image == "hannover.dcm" and failed.agreement is None
    advice = advise(verification)
    assert "JPEG Lossless is not decoded here." in advice
    assert "gdcm" in advice and "opencv" not in advice


@pytest.mark.parametrize(
    "change",
    [
        lambda outputs: (outputs[0][:, :, :, ::-1], outputs[1]),
        lambda outputs: (outputs[0][:, [1, 0, 2, 3]], outputs[1]),
        lambda outputs: (outputs[0] * [[[[1]], [[1]], [[0]], [[1]]]], outputs[1]),
        lambda outputs: (outputs[0], outputs[1][:, ::-1]),
        lambda outputs: (outputs[0], outputs[1] * 0.9),
        lambda outputs: (outputs[0] * 0, outputs[1]),
        lambda outputs: (np.full_like(outputs[0], np.nan), outputs[1]),
    ],
    ids=["mirrored", "sides", "no infection", "classes", "probabilities", "no lungs", "NaN"],
)
@pytest.mark.filterwarnings("ignore:invalid value encountered")  # NaN as 8-bit
def test_a_runtime_that_computes_wrongly_is_caught(
    change: Callable[[Outputs], Outputs], spoil: Callable[..., None]
) -> None:
    spoil(change, only="openvino")
    verification = verify(["openvino", "onnxruntime"])
    wrong, sound = verification.runtimes
    assert sound.passed and not wrong.passed and not verification.passed
    assert {one.verdict for one in wrong.images} <= {Verdict.OK, Verdict.OTHER_RESULTS}
    advice = advise(verification)
    assert advice.startswith("openvino (") and "gives other results" in advice
    assert advice.endswith("Update or reinstall openvino, or use --runtime onnxruntime.")


def test_a_probability_that_is_no_number_is_caught(spoil: Callable[..., None]) -> None:
    def lose_the_last(outputs: Outputs) -> Outputs:
        classes = outputs[1].copy()
        classes[:, -1] = np.nan
        return outputs[0], classes

    spoil(lose_the_last)
    for one in checks(verify(["onnxruntime"])):
        assert one.verdict is Verdict.OTHER_RESULTS, one
        assert one.agreement is not None
        assert np.isnan(one.agreement.probability_difference) and one.agreement.lung_dice == 1


def test_whole_lungs_are_compared_where_the_model_outlines_them(
    tmp_path: Path, spoil: Callable[..., None]
) -> None:
    targets = [*TARGETS, Structure.WHOLE_LUNGS]
    model = write_model(tmp_path / "whole.onnx", targets=targets)
    folder = tmp_path / "reference"
    write_png(folder / "covid.png", draw_pixels(size=(128, 128)))
    write_expected(folder, Predictor(model, runtime="onnxruntime"))
    (stored,) = read_expected(folder).images
    assert stored.masks[Structure.WHOLE_LUNGS].any()
    assert verify(["onnxruntime"], folder=folder, model=model).passed

    def grow_whole_lungs(outputs: Outputs) -> Outputs:
        masks = outputs[0].copy()
        masks[:, targets.index(Structure.WHOLE_LUNGS), :20] = 1
        return masks, outputs[1]

    spoil(grow_whole_lungs)
    (one,) = checks(verify(["onnxruntime"], folder=folder, model=model))
    assert one.verdict is Verdict.OTHER_RESULTS
    assert one.agreement is not None and one.agreement.lung_dice < LEAST_LUNG_DICE


def test_one_lung_does_not_hide_the_other(spoil: Callable[..., None]) -> None:
    def move_left_lung(outputs: Outputs) -> Outputs:
        masks = outputs[0].copy()
        masks[:, 1] = np.roll(masks[:, 1], 3, axis=1)
        return masks, outputs[1]

    spoil(move_left_lung)
    for one in checks(verify(["onnxruntime"])):
        assert one.verdict is Verdict.OTHER_RESULTS, one
        assert one.agreement is not None and one.agreement.lung_dice < LEAST_LUNG_DICE


class Gullible:
    """A runtime that sees lungs in anything that has none."""

    def __init__(self, runtime: Runtime) -> None:
        self.precision = runtime.precision
        self._runtime = runtime

    def __call__(self, images: Pixels) -> Outputs:
        outputs = self._runtime(images)
        seen = (outputs[0][:, :2] > 0.5).any(axis=(1, 2, 3)).all()
        return outputs if seen else self._runtime(draw_pixels()[None])


def test_a_drawing_that_is_not_refused_is_caught(
    stored: Path, model_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(onnx: bytes, *, streams: int, name: RuntimeName, f32: bool) -> Runtime:
        loaded = load_runtime(onnx, streams=streams, name=name, f32=f32)
        return Gullible(loaded) if name == "openvino" else loaded

    monkeypatch.setattr(predictor, "load_runtime", load)
    verification = verify(["openvino", "onnxruntime"], folder=stored, model=model_file)
    gullible, sound = verification.runtimes
    assert verdicts(verification) == {Verdict.OK}
    assert sound.passed and gullible.agrees and not gullible.passed
    advice = advise(verification)
    assert "does not refuse a drawing that is no chest film" in advice
    assert advice.endswith("or use --runtime onnxruntime.")


def test_the_drawing_gets_as_far_as_the_network() -> None:
    bundled = Predictor(runtime="onnxruntime")
    drawing = draw_no_film()
    assert drawing.shape == (512, 512) and drawing.dtype == np.uint8
    assert not isinstance(bundled.look(drawing, width=512, height=512), str)
    assert bundled(drawing).reason.startswith("this does not look like a frontal chest")


def test_all_runtimes_alike_point_at_hilum(spoil: Callable[..., None]) -> None:
    spoil(lambda outputs: (outputs[0], outputs[1][:, ::-1]))
    advice = advise(verify(["openvino", "onnxruntime"]))
    assert advice.startswith("openvino and onnxruntime alike give other results")
    assert "Install hilum again." in advice


def test_a_runtime_that_does_not_run(
    stored: Path, model_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(onnx: bytes, *, streams: int, name: RuntimeName, f32: bool) -> Runtime:
        if name == "openvino":
            raise ModelError("openvino cannot load the model", got="no kernel for Pooling")
        return load_runtime(onnx, streams=streams, name=name, f32=f32)

    monkeypatch.setattr(predictor, "load_runtime", fail)
    verification = verify(["openvino", "onnxruntime"], folder=stored, model=model_file)
    assert [one.passed for one in verification.runtimes] == [False, True]
    advice = advise(verification)
    assert "does not run here: openvino cannot load the model; got no kernel for Pooling." in advice
    assert advice.endswith("or use --runtime onnxruntime.")


def test_another_model_is_refused(model_file: Path) -> None:
    with pytest.raises(ReferenceOutputsError, match=r"not of this model .*generate\.py") as raised:
        verify(model=model_file)
    assert read_model(model_file).sha256[:16] in str(raised.value)
    assert raised.value.path == str(model_file)


CLOSE = Agreement(1.0, 1.0, 0.0, 0.0, Finding.COVID, True)


@pytest.mark.parametrize(
    ("beyond", "within"),
    [
        ({"lung_dice": LEAST_LUNG_DICE - 1e-6}, {"lung_dice": LEAST_LUNG_DICE}),
        ({"infection_dice": LEAST_INFECTION_DICE - 1e-6}, {"infection_dice": LEAST_INFECTION_DICE}),
        (
            {"probability_difference": MOST_PROBABILITY_DIFFERENCE + 1e-6},
            {"probability_difference": MOST_PROBABILITY_DIFFERENCE},
        ),
        (
            {"percent_difference": MOST_PERCENT_DIFFERENCE + 1e-6},
            {"percent_difference": MOST_PERCENT_DIFFERENCE},
        ),
        ({"same_finding": False}, {"finding": Finding.NORMAL}),
    ],
)
def test_each_limit_counts(beyond: dict[str, Any], within: dict[str, Any]) -> None:
    assert dataclasses.replace(CLOSE, **within).is_close
    assert not dataclasses.replace(CLOSE, **beyond).is_close


def test_a_runtime_with_a_problem_has_not_passed() -> None:
    assert not RuntimeCheck("openvino", problem="not installed").passed


def test_the_stored_outputs_show_all_that_is_measured() -> None:
    """Without infection on some image, or with one finding on all, defects would go unseen."""
    images = read_expected(REFERENCE).images
    assert {image.path.suffix for image in images} == {".dcm", ".jpeg", ".png"}
    assert len({image.finding for image in images}) > 1
    assert any((image.percents[0] or 0) > 5 for image in images)
