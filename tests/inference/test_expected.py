"""Outputs are stored and read back; damage is a sentence that names the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hilum.errors import ReferenceOutputsError
from hilum.inference import Predictor
from hilum.inference.expected import OUTPUTS_NAME, read_expected, write_expected
from hilum.radiograph import Finding, Structure
from tests.fakes.model import FINDINGS, draw_pixels, write_model
from tests.inference.outputs import files_below, write_png


@pytest.fixture
def exact(model_file: Path) -> Predictor:
    return Predictor(model_file, runtime="onnxruntime")


@pytest.fixture
def stored(exact: Predictor, tmp_path: Path) -> Path:
    for finding in FINDINGS:
        write_png(tmp_path / f"{finding}.png", draw_pixels(finding, size=(150, 130)))
    write_expected(tmp_path, exact)
    return tmp_path


def test_what_was_stored_is_read(stored: Path, exact: Predictor) -> None:
    expected = read_expected(stored)

    assert expected.model_sha256 == exact.model.sha256
    assert {"hilum", "onnxruntime", "opencv", "numpy"} <= set(expected.made_with)
    assert [image.finding for image in expected.images] == sorted(FINDINGS)
    for image in expected.images:
        prediction = exact(image.path)
        assert image.probabilities == pytest.approx(prediction.probabilities, abs=1e-5)
        assert image.percents[0] == (
            None
            if image.finding == Finding.PNEUMONIA
            else pytest.approx(prediction.infected_percent)
        )
        np.testing.assert_array_equal(image.masks[Structure.RIGHT_LUNG], prediction.right_lung)
        np.testing.assert_array_equal(image.masks[Structure.INFECTION], prediction.infection)


def test_stored_again_gives_the_same_bytes_and_leaves_nothing_old(
    stored: Path, exact: Predictor
) -> None:
    before = {name: (stored / name).read_bytes() for name in files_below(stored)}
    (stored / "masks/gone.png.infection.png").write_bytes(b"")
    write_expected(stored, exact)
    assert {name: (stored / name).read_bytes() for name in files_below(stored)} == before


def test_a_model_of_lungs_alone(tmp_path: Path) -> None:
    model = write_model(tmp_path / "lungs.onnx", targets=[Structure.LUNGS], findings=[])
    write_png(tmp_path / "film.png", draw_pixels())
    write_expected(tmp_path, Predictor(model, runtime="onnxruntime"))
    (image,) = read_expected(tmp_path).images
    assert image.finding is None and image.probabilities == {}
    assert set(image.masks) == {Structure.RIGHT_LUNG, Structure.LEFT_LUNG}
    assert image.percents == (None, None, None)


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


@pytest.mark.parametrize("harm", [flip_a_bit, cut, Path.unlink])
@pytest.mark.parametrize("name", ["covid.png", "masks/covid.png.infection.png"])
def test_a_damaged_file_is_named(stored: Path, name: str, harm: Callable[[Path], None]) -> None:
    harm(stored / name)
    with pytest.raises(ReferenceOutputsError, match=r"Install hilum again\.$") as raised:
        read_expected(stored)
    assert raised.value.path == str(stored / name)


def without(values: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != key}


@pytest.mark.parametrize(
    "change",
    [
        lambda values: without(values, "model_sha256"),
        lambda values: without(values, "files"),
        lambda values: {**values, "format": 99},
        lambda values: {**values, "files": {}},
        lambda values: {**values, "images": [without(values["images"][0], "percents")]},
        lambda values: {**values, "images": [{**values["images"][0], "finding": "gout"}]},
        lambda values: [values],
        lambda values: None,
    ],
)
def test_damaged_outputs_are_a_sentence(stored: Path, change: Callable[[Any], Any]) -> None:
    path = stored / OUTPUTS_NAME
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(ReferenceOutputsError, match="the stored outputs are damaged") as raised:
        read_expected(stored)
    assert raised.value.path == str(path)


@pytest.mark.parametrize("harm", [cut, Path.unlink, lambda path: path.write_bytes(b"\xff\xfe")])
def test_outputs_that_are_no_json(stored: Path, harm: Callable[[Path], None]) -> None:
    harm(stored / OUTPUTS_NAME)
    with pytest.raises(ReferenceOutputsError, match="Install hilum again"):
        read_expected(stored)


def test_nothing_is_stored_of_an_image_that_is_refused(stored: Path, exact: Predictor) -> None:
    before = (stored / OUTPUTS_NAME).read_bytes()
    write_png(stored / "blank.png", np.zeros((99, 99), np.uint8))
    with pytest.raises(ReferenceOutputsError, match="refused: the image is blank"):
        write_expected(stored, exact)
    assert (stored / OUTPUTS_NAME).read_bytes() == before
    read_expected(stored)


def test_nothing_is_stored_from_inexact_numbers(
    stored: Path, exact: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Predictor, "precision", "bf16 on CPU")
    with pytest.raises(ReferenceOutputsError, match="got bf16 on CPU; expected f32 on CPU"):
        write_expected(stored, exact)


def test_a_folder_without_images(exact: Predictor, tmp_path: Path) -> None:
    with pytest.raises(ReferenceOutputsError, match="no images"):
        write_expected(tmp_path, exact)
