"""The overlay: a picture that a person reads."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from hilum.imaging.draw import add_caption, grey_canvas, wrap_words
from hilum.inference.overlay import (
    INFECTION_COLOUR,
    LEFT_COLOUR,
    RESEARCH_ONLY,
    RIGHT_COLOUR,
    draw_overlay,
)
from hilum.inference.predictor import Predictor
from hilum.radiograph import Finding
from tests.fakes.model import draw_pixels


def near(canvas: NDArray[np.uint8], colour: tuple[int, int, int]) -> NDArray[np.bool_]:
    difference = np.abs(canvas.astype(int) - np.array(colour)).max(axis=2)
    return np.asarray(difference < 25, np.bool_)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((224, 224), (512, 512)),
        ((900, 310), (1024, 353)),
        ((400, 1150), (356, 1024)),
        ((3000, 2500), (1024, 853)),
        ((700, 800), (700, 800)),
    ],
)
def test_the_picture_keeps_its_proportions_and_is_of_legible_size(
    predictor: Predictor, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    overlay = draw_overlay(predictor(draw_pixels(Finding.COVID, size=size)))
    assert overlay.dtype == np.uint8 and overlay.shape[1:] == (expected[1], 3)
    band = overlay[expected[0] :]
    assert 40 <= len(band) <= 75, "two lines"


def test_right_and_left_are_told_apart_and_infection_is_tinted(predictor: Predictor) -> None:
    overlay = draw_overlay(predictor(draw_pixels(Finding.COVID, size=(512, 512))))
    picture, band = overlay[:512], overlay[512:]
    right, left = near(picture, RIGHT_COLOUR), near(picture, LEFT_COLOUR)
    assert right[:, :256].sum() > 500 and not right[:, 256:].any()
    assert left[:, 256:].sum() > 500 and not left[:, :256].any()
    middle = picture[300, 128].astype(int)
    assert middle[2] > middle[0] + 30 and middle[2] > middle[1] + 30
    for colour in (RIGHT_COLOUR, LEFT_COLOUR, INFECTION_COLOUR):
        assert near(band, colour).sum() > 50, "its figure stands in the caption"


def test_what_is_not_measured_is_not_tinted(predictor: Predictor) -> None:
    overlay = draw_overlay(predictor(draw_pixels(Finding.PNEUMONIA, size=(512, 512))))
    inside = overlay[300, 128].astype(int)
    assert inside.max() - inside.min() <= 3


def test_research_only_is_on_every_overlay_in_letters_the_font_has(predictor: Predictor) -> None:
    assert RESEARCH_ONLY.isascii()
    last_lines = {
        draw_overlay(predictor(draw_pixels(finding, size=(512, 512))))[-22:].tobytes()
        for finding in Finding
        if finding in (Finding.COVID, Finding.NORMAL, Finding.PNEUMONIA)
    }
    assert len(last_lines) == 1


def test_a_long_line_is_set_smaller_and_stays_inside() -> None:
    canvas = grey_canvas(np.zeros((50, 300), np.uint8), width=300, height=50)
    white = (255, 255, 255)
    captioned = add_caption(canvas, [[("word " * 12, white), ("end", (0, 0, 255))]])
    assert captioned.shape[1] == 300
    assert not captioned[:, -5:].any()
    red = captioned[..., 2].astype(int) - captioned[..., 1] > 100
    assert red.any(), "the last word is there"


@pytest.mark.parametrize("size", [(256, 256), (400, 1150), (3000, 2500)])
def test_a_caution_stands_below_in_lines_of_the_usual_size(
    predictor: Predictor, size: tuple[int, int]
) -> None:
    plain = predictor(draw_pixels(Finding.COVID, size=size))
    assert plain.finding_caution == ""
    caution = "An audit condemned this finding on 3,948 films of covid-qu-ex. " * 2
    without = draw_overlay(plain)
    overlay = draw_overlay(dataclasses.replace(plain, finding_caution=caution))
    text_height = max(13, overlay.shape[1] // 50)
    lines = wrap_words(caution, width=overlay.shape[1], text_height=text_height)
    assert " ".join(lines) == caution.strip() and len(lines) > 1
    assert len(overlay) - len(without) == len(lines) * (text_height + 10)
    assert not overlay[:, -5:][len(overlay) - 60 :].any()


def test_a_word_that_is_too_long_is_a_line_and_nothing_gives_none() -> None:
    assert wrap_words("a " + "b" * 90 + " c", width=200) == ["a", "b" * 90, "c"]
    assert wrap_words("", width=200) == []
