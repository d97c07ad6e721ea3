"""Each enhancement against another way to compute it that shares no code with it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from hilum.imaging.enhance import (
    BCET_MAXIMUM,
    BCET_MEAN,
    BCET_MINIMUM,
    CLAHE_CLIP_LIMIT,
    CLAHE_TILES,
    GAMMA,
    Enhancement,
    balance_contrast,
    correct_gamma,
    enhance,
    equalise,
    equalise_locally,
)
from tests.fakes.chest import draw_chest

Grey8 = NDArray[np.uint8]


def chest(seed: int = 0, size: tuple[int, int] = (128, 160)) -> Grey8:
    return draw_chest(np.random.default_rng(seed), size=size, infected=True).pixels


FILMS = [
    pytest.param(chest(1), id="film"),
    pytest.param(chest(2, (101, 77)), id="odd sides"),
    pytest.param((chest(3) // 3 + 90).astype(np.uint8), id="flat film"),
    pytest.param(np.full((9, 12), 77, np.uint8), id="constant"),
    pytest.param(np.full((1, 1), 5, np.uint8), id="one pixel"),
    pytest.param(np.tile(np.uint8([[40, 200]]), (10, 9)), id="two values"),
    pytest.param(np.tile(np.uint8([[0, 255, 255]]), (6, 4)), id="black and white"),
]


@pytest.mark.parametrize("pixels", FILMS)
@pytest.mark.parametrize("how", Enhancement)
def test_grey_of_the_same_size_comes_out_and_the_input_stays(
    pixels: Grey8, how: Enhancement
) -> None:
    before = pixels.copy()
    changed = enhance(pixels, how)
    assert (changed.shape, changed.dtype) == (pixels.shape, np.uint8)
    assert not np.shares_memory(changed, pixels)
    np.testing.assert_array_equal(pixels, before)


@pytest.mark.parametrize("pixels", FILMS)
def test_equalisation_counts_pixels_that_are_no_brighter(pixels: Grey8) -> None:
    ordered = np.sort(pixels.ravel())
    ranks = np.searchsorted(ordered, pixels, side="right")
    least = np.searchsorted(ordered, ordered[0], side="right")
    expected = pixels.astype(np.float64)
    if least < pixels.size:
        expected = 255 * (ranks - least) / (pixels.size - least)
    assert np.abs(equalise(pixels) - expected).max() <= 0.5 + 1e-4


def clahe_by_hand(pixels: Grey8, tiles: int, limit: float) -> NDArray[np.float64]:
    """Zuiderveld's description, pixel by pixel, padded and clipped as OpenCV says it does."""
    height, width = pixels.shape
    below, beside = (-height % tiles, -width % tiles)
    if below or beside:  # OpenCV then pads both
        below, beside = tiles - height % tiles, tiles - width % tiles
    padded = np.pad(pixels, ((0, below), (0, beside)), mode="reflect")
    rows, columns = padded.shape[0] // tiles, padded.shape[1] // tiles
    most = max(int(limit * rows * columns / 256), 1)
    maps = np.zeros((tiles, tiles, 256))
    for i in range(tiles):
        for j in range(tiles):
            tile = padded[i * rows : (i + 1) * rows, j * columns : (j + 1) * columns]
            bars = np.array([np.count_nonzero(tile == grey) for grey in range(256)])
            over = int(np.maximum(bars - most, 0).sum())
            bars = np.minimum(bars, most) + over // 256
            rest = over % 256
            if rest:
                bars[:: max(256 // rest, 1)][:rest] += 1
            maps[i, j] = np.rint(np.cumsum(bars) * 255 / (rows * columns))
    result = np.zeros((height, width))
    for y in range(height):
        for x in range(width):
            down, across = y / rows - 0.5, x / columns - 0.5
            i, j = int(np.floor(down)), int(np.floor(across))
            p, q = down - i, across - j
            i0, i1 = max(i, 0), min(i + 1, tiles - 1)
            j0, j1 = max(j, 0), min(j + 1, tiles - 1)
            corners = maps[[i0, i0, i1, i1], [j0, j1, j0, j1], pixels[y, x]]
            result[y, x] = corners @ [(1 - p) * (1 - q), (1 - p) * q, p * (1 - q), p * q]
    return result


@pytest.mark.parametrize("pixels", [p for p in FILMS if p.id in ("film", "odd sides", "flat film")])
def test_clahe_is_what_its_description_gives(pixels: Grey8) -> None:
    expected = clahe_by_hand(pixels, CLAHE_TILES, CLAHE_CLIP_LIMIT)
    assert np.abs(equalise_locally(pixels) - expected).max() <= 1


def test_the_complement_is_pillows() -> None:
    pixels = chest()
    expected = np.asarray(ImageOps.invert(Image.fromarray(pixels)))
    np.testing.assert_array_equal(enhance(pixels, Enhancement.COMPLEMENT), expected)


@pytest.mark.parametrize("gamma", [GAMMA, 1.0, 0.4])
def test_gamma_is_pillows_point_operation(gamma: float) -> None:
    pixels = np.arange(256, dtype=np.uint8).reshape(8, 32)
    powers = [round(255 * (grey / 255) ** gamma) for grey in range(256)]
    expected = np.asarray(Image.fromarray(pixels).point(powers))
    np.testing.assert_array_equal(correct_gamma(pixels, gamma=gamma), expected)


def bcet_as_published(pixels: Grey8, low: int, high: int, mean: int) -> NDArray[np.float64]:
    """Guo's a, b and c."""
    x = pixels.astype(np.float64)
    least, most, average, square = x.min(), x.max(), x.mean(), (x**2).mean()
    b = most**2 * (mean - low) - square * (high - low) + least**2 * (high - mean)
    b /= 2 * (most * (mean - low) - average * (high - low) + least * (high - mean))
    a = (high - low) / ((most - least) * (most + least - 2 * b))
    return np.asarray(a * (x - b) ** 2 + low - a * (least - b) ** 2)


@pytest.mark.parametrize("seed", range(4))
def test_bcet_is_guos_parabola(seed: int) -> None:
    pixels = chest(seed)
    expected = bcet_as_published(pixels, BCET_MINIMUM, BCET_MAXIMUM, BCET_MEAN)
    changed = balance_contrast(pixels)
    assert np.abs(changed - expected).max() <= 0.5 + 1e-9
    assert (changed.min(), changed.max()) == (BCET_MINIMUM, BCET_MAXIMUM)
    assert changed.mean() == pytest.approx(BCET_MEAN, abs=0.5)


@pytest.mark.parametrize("bright", [True, False])
def test_bcet_never_turns_brighter_into_darker(bright: bool) -> None:
    pixels = np.full((40, 40), 250 if bright else 5, np.uint8)
    pixels[:, :2] = np.linspace(0, 255, 80).reshape(40, 2)
    changed = balance_contrast(pixels)
    order = np.argsort(pixels.ravel(), kind="stable")
    assert (np.diff(changed.ravel()[order].astype(int)) >= 0).all()
    assert (changed.mean() > BCET_MEAN) == bright
    assert (changed.min(), changed.max()) == (0, 255)


def test_one_and_two_greys() -> None:
    one = np.full((3, 4), 77, np.uint8)
    np.testing.assert_array_equal(balance_contrast(one), one)
    np.testing.assert_array_equal(equalise(one), one)
    two = np.tile(np.uint8([[40, 200]]), (10, 9))
    np.testing.assert_array_equal(balance_contrast(two), np.where(two == 40, 0, 255))
    np.testing.assert_array_equal(equalise(two), np.where(two == 40, 0, 255))


def test_every_parameter_is_told() -> None:
    assert {how: how.parameters for how in Enhancement} == {
        "he": {},
        "clahe": {"tiles": 8, "clip_limit": 2.0},
        "complement": {},
        "gamma": {"gamma": 1.5},
        "bcet": {"minimum": 0, "maximum": 255, "mean": 110},
    }
