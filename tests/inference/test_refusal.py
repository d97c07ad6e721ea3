"""What is no radiograph gets no number."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hilum.imaging.read import read_picture, to_uint8
from hilum.inference.postprocess import OutlinedLungs
from hilum.inference.predictor import Predictor, Status
from hilum.inference.preprocess import fit_to_network
from hilum.inference.refusal import refuse_after, refuse_before
from hilum.radiograph import Finding, Structure
from tests.fakes.chest import draw_chest
from tests.fakes.model import BACKGROUND, INFECTED, LUNG, draw_pixels

RNG = np.random.default_rng(0)


def noise(side: int) -> NDArray[np.uint8]:
    return RNG.integers(0, 256, (side, side), np.uint8)


def half_white() -> NDArray[np.uint8]:
    pixels = draw_pixels(Finding.COVID, lungs="none")
    pixels[32:] = 160
    pixels[-8:, -8:] = 180
    return pixels


def text_page() -> NDArray[np.uint8]:
    page = np.full((900, 700), 255, np.uint8)
    for line in range(30, 880, 22):
        words = " ".join(["lorem", "ipsum", "dolor", "sit", "amet"][line % 4 :] * 4)
        cv2.putText(page, words, (20, line), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 0, 1, cv2.LINE_AA)
    return page


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (np.full((200, 200), 90, np.uint8), "blank"),
        (np.zeros((200, 200), np.uint8), "blank"),
        (np.clip(RNG.normal(128, 5, (600, 600)), 0, 255).astype(np.uint8), "blank"),
        (noise(64), "noise"),
        (noise(256), "noise"),
        (noise(300), "noise"),
        (text_page(), "noise or text"),
        (255 - text_page(), "noise or text"),
        (np.full((1, 1), 90, np.uint8), "1×1 pixels is too small"),
        (draw_pixels(Finding.COVID, size=(60, 80)), "80×60 pixels is too small"),
        (draw_pixels(Finding.COVID, size=(5000, 200)), "proportions"),
        (half_white(), "no lungs"),
    ],
    ids=[
        "grey",
        "black",
        "faint",
        "small",
        "middle",
        "large",
        "text",
        "inverse",
        "point",
        "low",
        "tall",
        "empty",
    ],
)
def test_refused_without_any_number(
    predictor: Predictor, pixels: NDArray[np.uint8], reason: str
) -> None:
    prediction = predictor(pixels)
    assert prediction.status is Status.REFUSED and reason in prediction.reason
    assert (prediction.height, prediction.width) == pixels.shape
    assert prediction.finding is None and not prediction.probabilities
    assert prediction.infected_percent is None and prediction.lungs_percent is None
    assert prediction.right_lung is None and prediction.infection is None
    assert prediction.mask_probabilities is None


def test_a_speck_of_lung_is_no_lung(predictor: Predictor) -> None:
    pixels = half_white()
    pixels[28:36, 10:18] = LUNG  # 64 of 4096 pixels: 1.6 %
    assert predictor(pixels).reason == "no lungs were found"
    pixels[20:44, 10:22] = LUNG
    assert predictor(pixels).status is Status.OK


def test_lungs_nowhere_certain_are_refused() -> None:
    lung = np.zeros((32, 32), np.bool_)
    lung[8:24, 4:14] = True
    targets = (Structure.RIGHT_LUNG, Structure.LEFT_LUNG, Structure.INFECTION)
    outlined = OutlinedLungs(lung, np.zeros_like(lung), None)
    planes = np.zeros((3, 32, 32), np.float32)
    planes[2] = 0.5  # doubt about infection is another matter
    planes[0][lung] = 0.95
    pixels = np.zeros((32, 32), np.uint8)
    assert refuse_after(pixels, outlined, planes, targets, None) is None
    planes[0][lung] = 0.7
    assert "told from" in str(refuse_after(pixels, outlined, planes, targets, None))


@pytest.mark.parametrize("grey", [(BACKGROUND, LUNG), (INFECTED, LUNG)])
def test_a_drawn_chest_passes(grey: tuple[int, int]) -> None:
    chest = draw_chest(np.random.default_rng(grey[0]), size=(256, 256), infected=True).pixels
    assert refuse_before(chest, width=256, height=256) is None


@pytest.mark.real
def test_no_real_radiograph_is_taken_for_blank_or_noise(shared_data: Path) -> None:
    files = []
    for pattern in ("hannover/png/*.png", "nih-normal/*.png", "general-blockchain/images/*"):
        files += sorted(shared_data.glob(pattern))[:15]
    assert len(files) >= 30
    for file in files:
        picture = read_picture(file, at_least=512)
        seen = fit_to_network(to_uint8(picture.pixels), 256)
        refusal = refuse_before(seen, width=picture.width, height=picture.height)
        assert refusal is None, f"{file}: {refusal}"
