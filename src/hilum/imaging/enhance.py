"""The five changes of contrast that Rahman et al. 2021 compare on chest radiographs.

"Exploring the effect of image enhancement techniques on COVID-19 detection using chest X-ray
images", doi 10.1016/j.compbiomed.2021.104319. The techniques are those that it names; which
parameters it used could not be checked, so each one here says where it is from. Model files name a
technique only: its parameters are never changed under its name.
"""

from __future__ import annotations

import enum

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.imaging.lookup import look_up

Grey8 = NDArray[np.uint8]
"""H×W, bright = dense."""

CLAHE_TILES = 8
"""Tiles along each side: Zuiderveld's 8×8, also the default of OpenCV and MATLAB."""
CLAHE_CLIP_LIMIT = 2.0
"""Times the mean height of a tile's histogram: that of OpenCV's tutorial. Its default of 40 limits
next to nothing."""
GAMMA = 1.5
"""hilum's own choice, by eye, since no definition names one: public films are bright, and 0.5
washed four of Shenzhen's out."""
BCET_MINIMUM, BCET_MAXIMUM, BCET_MEAN = 0, 255, 110
"""Of the result. The mean is free; 110 is that of a widely translated program. WhiteboxTools takes
100, others 127.5 or 145."""


class Enhancement(enum.StrEnum):
    """A change of contrast, named as on the command line."""

    HE = "he"
    """Histogram equalisation."""
    CLAHE = "clahe"
    """Contrast-limited adaptive histogram equalisation."""
    COMPLEMENT = "complement"
    GAMMA = "gamma"
    BCET = "bcet"
    """Balance contrast enhancement technique."""

    @property
    def parameters(self) -> dict[str, float]:
        """What it is done with, by name; the same for every image."""
        match self:
            case Enhancement.CLAHE:
                return {"tiles": CLAHE_TILES, "clip_limit": CLAHE_CLIP_LIMIT}
            case Enhancement.GAMMA:
                return {"gamma": GAMMA}
            case Enhancement.BCET:
                return {"minimum": BCET_MINIMUM, "maximum": BCET_MAXIMUM, "mean": BCET_MEAN}
            case _:
                return {}


def enhance(pixels: Grey8, how: Enhancement) -> Grey8:
    """``pixels`` (H×W uint8) changed as ``how`` says: a new H×W uint8 array."""
    match how:
        case Enhancement.HE:
            return equalise(pixels)
        case Enhancement.CLAHE:
            return equalise_locally(pixels)
        case Enhancement.COMPLEMENT:
            return complement(pixels)
        case Enhancement.GAMMA:
            return correct_gamma(pixels)
        case Enhancement.BCET:
            return balance_contrast(pixels)


def equalise(pixels: Grey8) -> Grey8:
    """Each grey becomes the share of pixels that are no brighter, from 0 to 255.

    The darkest grey becomes 0, as in OpenCV. An image of one grey stays as it is.
    """
    return cv2.equalizeHist(pixels).astype(np.uint8, copy=False)


def equalise_locally(
    pixels: Grey8, *, tiles: int = CLAHE_TILES, clip_limit: float = CLAHE_CLIP_LIMIT
) -> Grey8:
    """Histogram equalisation by tiles, their histograms clipped, blended between tiles.

    Zuiderveld, "Contrast limited adaptive histogram equalization", Graphics Gems IV, 1994.

    Args:
        pixels: H×W.
        tiles: along each side.
        clip_limit: the height of a histogram's bar, in means over the bars of its tile.
    """
    clahe = cv2.createCLAHE(clipLimit=clip_limit, tileGridSize=(tiles, tiles))
    return clahe.apply(pixels).astype(np.uint8, copy=False)


def complement(pixels: Grey8) -> Grey8:
    """255 less each grey."""
    return np.subtract(255, pixels, dtype=np.uint8)


def correct_gamma(pixels: Grey8, *, gamma: float = GAMMA) -> Grey8:
    """255 · (grey / 255) ** ``gamma``, rounded; a ``gamma`` below 1 brightens."""
    shares = np.arange(256, dtype=np.float64) / 255
    return look_up(np.rint(255 * shares**gamma).astype(np.uint8), pixels)


def balance_contrast(
    pixels: Grey8,
    *,
    minimum: float = BCET_MINIMUM,
    maximum: float = BCET_MAXIMUM,
    mean: float = BCET_MEAN,
) -> Grey8:
    """A parabola through the greys that gives them a least, a greatest and a mean value.

    Guo 1991, "Balance contrast enhancement technique and its application in image colour
    composition", Int. J. Remote Sensing 12 (10), there written y = a (x - b)² + c. Where the
    parabola would turn within the greys of the image, so that brighter became darker, it is bent
    only until its vertex lies on the least or the greatest of them, and the mean is as near as it
    gets. An image of one grey stays as it is.
    """
    low, high = int(pixels.min()), int(pixels.max())
    if low == high:
        return pixels.copy()
    counts = np.bincount(pixels.ravel(), minlength=256)
    # The same parabola by its bend: y = t + bend · (t² - t), of greys and results from 0 to 1.
    shares = (np.arange(256, dtype=np.float64) - low) / (high - low)
    average = float(counts @ shares) / pixels.size
    square = float(counts @ shares**2) / pixels.size
    wanted = (mean - minimum) / (maximum - minimum)
    span = square - average  # 0 where all pixels are of the least or the greatest grey
    bend = float(np.clip((wanted - average) / span, -1, 1)) if span < 0 else 0.0
    bent = shares + bend * (shares**2 - shares)
    table = np.rint(minimum + (maximum - minimum) * np.clip(bent, 0, 1)).astype(np.uint8)
    return look_up(table, pixels)
