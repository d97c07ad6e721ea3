"""A film within borders gives what it gives alone, with masks where the film lies."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from hilum.imaging.read import Picture, read_picture, to_uint8
from hilum.inference.expected import REFERENCE
from hilum.inference.folder import PictureOptions
from hilum.inference.predictor import Predictor, Status
from hilum.inference.shown import BORDERS_CUT
from hilum.radiograph import Finding, Structure
from tests.fakes.model import TARGETS, draw_pixels, write_model
from tests.inference.outputs import predict, write_png


@pytest.fixture(scope="module")
def bundled() -> Predictor:
    return Predictor(f32=True)


@pytest.mark.parametrize("name", ["hannover.png", "nih.png"])
@pytest.mark.parametrize("grey", [0, 128, 255])
@pytest.mark.parametrize("share", [0.1, 0.2, 0.4])
def test_planted_borders_change_nothing(
    name: str, grey: int, share: float, bundled: Predictor
) -> None:
    film = to_uint8(read_picture(REFERENCE / name).pixels)
    film = cv2.resize(film, (320, 320), interpolation=cv2.INTER_AREA).astype(np.uint8)
    wide = round(320 * share / (1 - 2 * share))
    alone, within = bundled(film), bundled(np.pad(film, wide, constant_values=grey))
    assert within.status is Status.OK and alone.frame is not None and within.frame is not None
    assert within.probabilities == alone.probabilities
    assert within.severity == alone.severity
    assert within.reason.endswith(BORDERS_CUT) and BORDERS_CUT not in alone.reason
    for one, other in ((within.lungs, alone.lungs), (within.infection, alone.infection)):
        assert one is not None and other is not None
        np.testing.assert_array_equal(one, np.pad(other, wide))


def test_narrow_black_borders_are_left(bundled: Predictor) -> None:
    film = to_uint8(read_picture(REFERENCE / "nih.png").pixels)
    narrow = round(0.03 * film.shape[0])
    assert BORDERS_CUT not in bundled(np.pad(film, narrow)).reason
    assert BORDERS_CUT in bundled(np.pad(film, narrow, constant_values=255)).reason


def test_a_jpeg_decoded_at_a_reduced_size_has_masks_in_place(
    predictor: Predictor, tmp_path: Path
) -> None:
    film = cv2.resize(draw_pixels(), (320, 320), interpolation=cv2.INTER_NEAREST)
    path = tmp_path / "film.jpg"
    cv2.imwrite(str(path), np.pad(film, 160))
    read = predictor.read(path)
    assert isinstance(read, Picture)
    assert read.pixels.shape == (160, 160) and read.width == 640
    prediction = predictor(path)
    assert prediction.reason == BORDERS_CUT and prediction.finding is Finding.COVID
    lungs = prediction.lungs
    assert lungs is not None and lungs.shape == (640, 640)
    rows, columns = np.flatnonzero(lungs.any(axis=1)), np.flatnonzero(lungs.any(axis=0))
    np.testing.assert_allclose((rows[0], rows[-1]), (240, 399), atol=8)
    np.testing.assert_allclose((columns[0], columns[-1]), (200, 439), atol=8)


def test_pictures_are_of_the_whole_image(tmp_path: Path) -> None:
    predictor = Predictor(write_model(tmp_path / "model.onnx"))
    write_png(tmp_path / "in/film.png", np.pad(draw_pixels(), 32, constant_values=255))
    options = PictureOptions(overlays=False, probabilities=True)
    rows = predict(predictor, [tmp_path / "in"], tmp_path / "out", options=options)
    assert rows["film.png"]["reason"] == BORDERS_CUT
    for target in TARGETS:
        path = tmp_path / f"out/probabilities/film.{target}.png"
        plane = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        assert plane is not None and plane.shape == (128, 128)
        assert not plane[:32].any() and not plane[:, 96:].any()
        if target is Structure.RIGHT_LUNG:
            assert plane[48:80, 40:56].min() == 255
