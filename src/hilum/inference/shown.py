"""What of an image the network is shown: changed as the films it learned from, without borders.

Borders are cut away where they take a good part of the image, or are not black. On 100 films of
COVID-QU-Ex's validation split within black borders of a tenth of each side, the network's infected
percents were 6 points off on average and 11 findings other ones; within white borders of a fifth it
refused 98 films. Cut, each gives what it gives alone. Narrow black borders stay: a twelfth of the
films that the network learned from have some.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hilum.imaging.borders import Box, within_borders
from hilum.imaging.masks import BinaryMask
from hilum.imaging.vary import FilmVariant, least_box, vary

Pixels = NDArray[np.uint8]

BORDERS_CUT = "uniform borders were cut away"

_WIDE_BORDERS = 0.15
"""Share of the image from which borders are cut away, of whatever grey."""

_SOME_BORDERS = 0.03
"""Share from which those are that are not black."""

_BLACK = 30
"""Mean grey up to which borders are black; noise and letters included."""


@dataclass(frozen=True)
class Frame:
    """Where what the network is shown lies in an image of ``width``×``height`` pixels."""

    box: Box
    width: int
    height: int

    @property
    def shown_width(self) -> int:
        """Of the part, in pixels of the image."""
        return self.box.right - self.box.left

    @property
    def shown_height(self) -> int:
        """Likewise."""
        return self.box.bottom - self.box.top

    def place(self, part: NDArray[Any]) -> NDArray[Any]:
        """``part``, of the shown size, where it lies in the image; 0 (or False) beside it."""
        if part.shape == (self.height, self.width):
            return part
        whole = np.zeros((self.height, self.width), part.dtype)
        self.box.of(whole)[:] = part
        return whole


@dataclass(frozen=True)
class Shown:
    """What of an image the network is shown."""

    pixels: Pixels
    """H×W, perhaps of reduced size."""
    frame: Frame
    told: str = ""
    """What was done that a reader should know of."""


def show(
    grey: Pixels,
    variant: FilmVariant,
    find_lungs: Callable[[Pixels], BinaryMask | str] | None,
    *,
    width: int,
    height: int,
) -> Shown | str:
    """What the network is shown of ``grey``, a film as it is; or why it is shown nothing.

    Args:
        grey: uint8, perhaps of reduced size; whole where ``variant`` changes films.
        variant: what was done to the films that the network learned from.
        find_lungs: outlines both lungs; None where the variant does not ask for it.
        width: of the image, in pixels.
        height: likewise.
    """
    if find_lungs is None:
        return show_as_it_is(
            vary(grey, variant.enhancement, None), variant, width=width, height=height
        )
    lungs = find_lungs(grey)
    if isinstance(lungs, str):
        return lungs
    place = least_box(lungs)
    rows, columns = place.mask.shape
    box = Box(place.left, place.top, place.left + columns, place.top + rows)
    frame = _framed(box, grey, width=width, height=height)
    return Shown(vary(grey, variant.enhancement, place), frame)


def show_as_it_is(grey: Pixels, variant: FilmVariant, *, width: int, height: int) -> Shown:
    """What the network is shown of ``grey``, which was changed as ``variant`` says before.

    Arguments are those of :func:`show`.
    """
    whole = Box(0, 0, *grey.shape[::-1])
    # What is black beside the lungs is no border, and belongs to what the network learned from.
    box = whole if variant.lungs_only else within_borders(grey)
    if box == whole or not _are_cut(grey, box):
        return Shown(grey, Frame(Box(0, 0, width, height), width, height))
    frame = _framed(box, grey, width=width, height=height)
    return Shown(box.of(grey), frame, BORDERS_CUT)


def _framed(box: Box, grey: Pixels, *, width: int, height: int) -> Frame:
    """The frame of ``box``, a part of ``grey``, in the image that ``grey`` is a reduced one of."""
    across, down = width / grey.shape[1], height / grey.shape[0]
    edges = (box.left * across, box.top * down, box.right * across, box.bottom * down)
    return Frame(Box(*map(round, edges)), width, height)


def _are_cut(grey: Pixels, box: Box) -> bool:
    inside = box.of(grey)
    outside = grey.size - inside.size
    if outside < _SOME_BORDERS * grey.size:
        return False
    mean = (int(grey.sum(dtype=np.int64)) - int(inside.sum(dtype=np.int64))) / outside
    return mean > _BLACK or outside >= _WIDE_BORDERS * grey.size
