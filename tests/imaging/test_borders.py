"""Uniform borders are found whatever their grey, and nothing of the picture with them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hilum.imaging.borders import Box, within_borders
from tests.fakes.chest import draw_chest

CHEST = draw_chest(np.random.default_rng(0), size=(200, 160)).pixels
Pad = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels."""


def padded(pad: Pad, grey: int, pixels: NDArray[np.uint8] = CHEST) -> NDArray[np.uint8]:
    left, top, right, bottom = pad
    return np.pad(pixels, ((top, bottom), (left, right)), constant_values=grey)


def box_of(pad: Pad) -> Box:
    left, top, _, _ = pad
    return Box(left, top, left + CHEST.shape[1], top + CHEST.shape[0])


PADS: list[Pad] = [(40, 0, 40, 0), (0, 30, 0, 30), (20, 20, 20, 20), (0, 0, 90, 0), (5, 60, 9, 1)]


@pytest.mark.parametrize("grey", [0, 7, 128, 255])
@pytest.mark.parametrize("pad", PADS)
def test_borders_are_found_to_the_pixel(pad: Pad, grey: int) -> None:
    assert within_borders(padded(pad, grey)) == box_of(pad)


@pytest.mark.parametrize("pad", [(0, 0, 0, 0), (300, 0, 300, 200)])
def test_large_films_are_sampled_and_found_to_the_pixel(pad: Pad) -> None:
    film = draw_chest(np.random.default_rng(1), size=(1200, 1000)).pixels
    left, top = pad[:2]
    assert within_borders(padded(pad, 0, film)) == Box(left, top, left + 1000, top + 1200)


def test_a_border_around_a_border() -> None:
    outer = padded((30, 30, 30, 30), 255, padded((20, 0, 20, 0), 0))
    assert within_borders(outer) == Box(50, 30, 210, 230)


def test_letters_and_noise_of_compression_do_not_hide_a_border() -> None:
    pixels = padded((80, 60, 80, 60), 250)
    cv2.putText(pixels, "L", (8, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 0, 1)
    _, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 60])
    again = cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE).astype(np.uint8)
    found = within_borders(again)
    assert abs(found.left - 80) <= 8 and abs(found.top - 60) <= 8  # a block of JPEG
    assert abs(found.right - 240) <= 8 and abs(found.bottom - 260) <= 8


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((90, 80), np.uint8), np.full((64, 64), 90, np.uint8), CHEST],
    ids=["black", "grey", "chest"],
)
def test_what_has_no_picture_or_no_border_stays_whole(pixels: NDArray[np.uint8]) -> None:
    height, width = pixels.shape
    assert within_borders(pixels) == Box(0, 0, width, height)


def test_a_speck_in_the_dark_is_no_picture() -> None:
    pixels = np.zeros((200, 200), np.uint8)
    pixels[92:108, 92:108] = 200
    assert within_borders(pixels) == Box(0, 0, 200, 200)


def test_lines_and_points_are_no_error() -> None:
    for shape in ((1, 1), (1, 9), (9, 1), (2, 2)):
        assert within_borders(np.zeros(shape, np.uint8)) == Box(0, 0, shape[1], shape[0])
