"""Letters and arrows burned into a film, found by a simple rule."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.imaging.masks import BinaryMask

_STROKE = 1 / 28
"""Share of a side: what is wider is no stroke of a letter."""

_CONTRAST = 60
"""Greys by which a stroke is brighter or darker than all around it. Ribs and vessels are less."""

_BRIGHT = 160
"""Grey from which a bright stroke, or what surrounds a dark one, is bright."""

_RIM = 2
"""Pixels at the edges that are not looked at: plates and crops leave bright lines there."""

_EDGE = 0.25
"""Share of a side from an edge within which text lies."""

_LARGEST_HEIGHT, _LARGEST_WIDTH = 0.12, 0.4
"""Share of a side. Tubes, and the rims of plates, are longer."""

_LEAST_PIXELS, _LEAST_SIDE = 8, 3
"""Of strokes that belong together; lines along an edge are thinner."""

_GAP = 5
"""Pixels by which letters of a word may lie apart."""


def find_text(pixels: NDArray[np.uint8], lungs: BinaryMask | None) -> BinaryMask:
    """Which of ``pixels`` (S×S) belong to text: small bright or dark strokes near the edges.

    Strokes are what a top-hat and its opposite leave (Soille 2004, Morphological Image Analysis).
    Neighbours are united; pieces that are large, far within the film, or touch ``lungs`` are none.
    Large and faint markers, and those on the lungs, are not found; ends of cables may be. On 35
    films of COVID-QU-Ex, looked at by eye, it found 19 of 26 markers, and 13 other bright things:
    ends of clavicles, cables, edges.
    """
    side = pixels.shape[0]
    stroke = round(_STROKE * side) | 1
    kernel = np.ones((stroke, stroke), np.uint8)
    bright = cv2.morphologyEx(pixels, cv2.MORPH_TOPHAT, kernel)
    dark = cv2.morphologyEx(pixels, cv2.MORPH_BLACKHAT, kernel)
    is_bright = (bright >= _CONTRAST) & (pixels >= _BRIGHT)
    is_dark = (dark >= _CONTRAST) & (pixels + dark >= _BRIGHT)
    strokes = (is_bright | is_dark).view(np.uint8)
    strokes[_rim(side)] = 0
    joined = cv2.dilate(strokes, np.ones((_GAP, _GAP), np.uint8))
    count, pieces, boxes, centres = cv2.connectedComponentsWithStats(joined, connectivity=8)
    if count == 1:
        return np.zeros(pixels.shape, np.bool_)
    drawn = np.bincount(pieces.ravel(), weights=strokes.ravel(), minlength=count)
    from_edge = np.minimum(centres, side - 1 - centres).min(axis=1)
    least = _LEAST_SIDE + _GAP - 1
    kept = (
        (boxes[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].min(axis=1) >= least)
        & (boxes[:, cv2.CC_STAT_HEIGHT] <= _LARGEST_HEIGHT * side)
        & (boxes[:, cv2.CC_STAT_WIDTH] <= _LARGEST_WIDTH * side)
        & (drawn >= _LEAST_PIXELS)
        & (from_edge <= _EDGE * side)
    )
    kept[0] = False
    if lungs is not None:
        kept[np.unique(pieces[lungs])] = False
    return np.asarray(kept[pieces], np.bool_)


def _rim(side: int) -> BinaryMask:
    rim = np.ones((side, side), np.bool_)
    rim[_RIM:-_RIM, _RIM:-_RIM] = False
    return rim


def paint_over(pixels: NDArray[np.uint8], text: BinaryMask) -> NDArray[np.uint8]:
    """``pixels`` with ``text`` filled from what lies around it (Telea 2004)."""
    grown = cv2.dilate(text.view(np.uint8), np.ones((3, 3), np.uint8))
    return cv2.inpaint(pixels, grown, 3, cv2.INPAINT_TELEA).astype(np.uint8, copy=False)
