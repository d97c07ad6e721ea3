"""What files tell, and what they cannot."""

from __future__ import annotations

import hashlib

import cv2
import numpy as np
import pytest

from hilum.audit.film_file import FILE, QUALITY, blockiness, measure_file
from hilum.dataset.read import Row
from tests.fakes.chest import draw_chest

PIXELS = draw_chest(np.random.default_rng(0), size=(200, 160)).pixels


def row_of(data: bytes, **labels: object) -> Row:
    known = {"width": 160, "height": 200, "source_width": None, "source_height": None}
    return Row(data, {}, {"image_id": hashlib.sha256(data).hexdigest(), **known, **labels})


def encoded(suffix: str, pixels: np.ndarray, *options: int) -> bytes:
    ok, data = cv2.imencode(suffix, pixels, options)
    assert ok
    return data.tobytes()


def measured(row: Row) -> dict[str, float]:
    file, quality = measure_file(row, PIXELS)
    return dict(zip((*FILE, *QUALITY), [*file.tolist(), *quality.tolist()], strict=True))


def test_a_png_of_the_source() -> None:
    data = encoded(".png", PIXELS)
    told = measured(row_of(data))
    assert (told["width"], told["height"], told["bits"], told["channels"]) == (160, 200, 8, 1)
    assert (told["is the source's file"], told["is PNG"], told["is JPEG"]) == (1, 1, 0)
    assert told["log bytes per pixel"] == pytest.approx(np.log(len(data) / 32_000))


def test_a_jpeg_in_colour() -> None:
    told = measured(row_of(encoded(".jpg", cv2.cvtColor(PIXELS, cv2.COLOR_GRAY2BGR))))
    assert (told["is PNG"], told["is JPEG"], told["channels"], told["bits"]) == (0, 1, 3, 8)


def test_of_a_file_that_was_written_anew_depth_and_bytes_are_unknown() -> None:
    data = encoded(".png", PIXELS)
    told = measured(row_of(data, image_id="0" * 64, source_width=320, source_height=400))
    assert np.isnan(told["bits"]) and told["is the source's file"] == 0
    assert told["log bytes per pixel"] == told["channels"] == told["is PNG"] == 0
    assert (told["width"], told["height"]) == (320, 400)


def test_compression_is_told_and_lost_with_resizing() -> None:
    def squeezed(quality: int) -> np.ndarray:
        data = encoded(".jpg", PIXELS, cv2.IMWRITE_JPEG_QUALITY, quality)
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)

    assert abs(blockiness(PIXELS)) < 0.1
    assert blockiness(squeezed(20)) > blockiness(squeezed(60)) > 0.1
    assert abs(blockiness(cv2.resize(squeezed(20), (131, 171)))) < 0.2


def test_borders_and_clipped_greys_are_shares() -> None:
    framed = np.zeros((200, 160), np.uint8)
    framed[20:180] = np.clip(PIXELS[20:180], 1, 254)
    framed[20:100, 80:] = 255
    _, quality = measure_file(row_of(encoded(".png", framed)), framed)
    told = dict(zip(QUALITY, quality.tolist(), strict=True))
    assert told["border"] == pytest.approx(0.2, abs=0.02)
    assert told["clipped"] == pytest.approx(0.25, abs=0.02)
