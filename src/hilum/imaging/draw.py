"""Outlines, tints and captions on a radiograph."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.imaging.masks import BinaryMask

Colour = tuple[int, int, int]
"""Blue, green, red."""

Canvas = NDArray[np.uint8]
"""H×W×3 uint8, blue, green, red; OpenCV's order."""

_FONT = cv2.FONT_HERSHEY_DUPLEX
_PADDING = 10


def grey_canvas(grey: NDArray[np.uint8], *, width: int, height: int) -> Canvas:
    """``grey`` (H×W uint8) in colour and at another size."""
    method = cv2.INTER_AREA if grey.shape[1] > width else cv2.INTER_CUBIC
    resized = cv2.resize(grey, (width, height), interpolation=method)
    return cv2.cvtColor(resized, cv2.COLOR_GRAY2BGR).astype(np.uint8, copy=False)


def tint(canvas: Canvas, mask: BinaryMask, colour: Colour, *, opacity: float = 0.4) -> None:
    """Mix ``colour`` into ``canvas`` where ``mask`` (H×W bool) is True, in place."""
    mixed = canvas[mask] * np.float32(1 - opacity) + np.array(colour, np.float32) * opacity
    canvas[mask] = np.rint(mixed).astype(np.uint8)


def draw_outline(canvas: Canvas, mask: BinaryMask, colour: Colour, *, thickness: int = 2) -> None:
    """Draw the border of ``mask`` (H×W bool) on ``canvas``, in place."""
    contours, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(canvas, contours, -1, colour, thickness, cv2.LINE_AA)


def draw_dashed_outline(
    canvas: Canvas, mask: BinaryMask, colour: Colour, *, length: int, thickness: int = 2
) -> None:
    """Draw the border of ``mask`` (H×W bool) in dashes of ``length`` pixels, in place."""
    contours, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    for contour in contours:
        for start in range(0, len(contour), 2 * length):
            dash = contour[start : start + length]
            cv2.polylines(canvas, [dash], False, colour, thickness, cv2.LINE_AA)


def wrap_words(text: str, *, width: int, text_height: int = 13) -> list[str]:
    """``text`` in lines that fit a caption below a canvas of ``width`` pixels."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _text_width(longer, _scale(text_height)) <= width - 2 * _PADDING:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def add_caption(
    canvas: Canvas, lines: Sequence[Sequence[tuple[str, Colour]]], *, text_height: int = 13
) -> Canvas:
    """``canvas`` with ``lines`` of coloured pieces of ASCII text on black below it.

    A line too long for the canvas is set smaller.
    """
    step = text_height + 10
    band = np.zeros((step * len(lines) + _PADDING, canvas.shape[1], 3), np.uint8)
    for number, line in enumerate(lines):
        scale = _scale(text_height)
        room = canvas.shape[1] - 2 * _PADDING
        while sum(_text_width(text, scale) for text, _ in line) > room and scale > 0.1:
            scale *= 0.95
        across = _PADDING
        for text, colour in line:
            base = (across, step * (number + 1))
            cv2.putText(band, text, base, _FONT, scale, colour, 1, cv2.LINE_AA)
            across += _text_width(text, scale)
    return np.vstack([canvas, band])


def _scale(text_height: int) -> float:
    return text_height / 21  # a capital of this font is 21 pixels high at scale 1


def _text_width(text: str, scale: float) -> int:
    (width, _), _ = cv2.getTextSize(text, _FONT, scale, 1)
    return int(width)
