"""What people do to radiographs, with the transform it amounts to."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.twins.transform import Transform

Grey = NDArray[np.uint8]
Change = tuple[str, Callable[[Grey], Grey], Callable[[int, int], Transform]]


def _same(width: int, height: int) -> Transform:
    return Transform(((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))


def _resize(width: int, height: int) -> Callable[[Grey], Grey]:
    def change(grey: Grey) -> Grey:
        return np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA), np.uint8)

    return change


def jpeg(grey: Grey, quality: int = 30) -> Grey:
    data = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)


def write_on(grey: Grey) -> Grey:
    marked = grey.copy()
    cv2.putText(marked, "PORTABLE 10:32", (20, 40), 0, 0.8, 255, 2)
    cv2.arrowedLine(marked, (60, 200), (110, 150), 255, 2)
    return marked


CHANGES: dict[str, Change] = {
    "resized": ("resized", _resize(180, 192), lambda w, h: Transform.resizing((w, h), (180, 192))),
    "squeezed": (
        "squeezed",
        _resize(256, 256),
        lambda w, h: Transform.resizing((w, h), (256, 256)),
    ),
    "re-encoded": ("re-encoded", jpeg, _same),
    "fewer bits": ("re-encoded", lambda g: np.asarray((g >> 4) * 17, np.uint8), _same),
    "brightened": (
        "brightened/contrast",
        lambda g: np.clip(g * 0.8 + 40.0, 0, 255).astype(np.uint8),
        _same,
    ),
    "gamma": (
        "brightened/contrast",
        lambda g: (255 * (g / 255.0) ** 0.6).astype(np.uint8),
        _same,
    ),
    "histogram equalised": (
        "equalised",
        lambda g: np.asarray(cv2.equalizeHist(g), np.uint8),
        _same,
    ),
    "CLAHE": (
        "",
        lambda g: np.asarray(cv2.createCLAHE(2.0, (8, 8)).apply(g), np.uint8),
        _same,
    ),
    "inverted": ("inverted", lambda g: np.asarray(255 - g, np.uint8), _same),
    "padded": (
        "padded",
        lambda g: np.asarray(
            cv2.copyMakeBorder(g, 20, 10, 25, 5, cv2.BORDER_CONSTANT, value=0), np.uint8
        ),
        lambda w, h: Transform(((1.0, 0.0, 25.0), (0.0, 1.0, 20.0))),
    ),
    "cropped": (
        "cropped",
        lambda g: g[20:-15, 24:-10].copy(),
        lambda w, h: Transform(((1.0, 0.0, -24.0), (0.0, 1.0, -20.0))),
    ),
    "mirrored": (
        "mirrored",
        lambda g: g[:, ::-1].copy(),
        lambda w, h: Transform(((-1.0, 0.0, w), (0.0, 1.0, 0.0))),
    ),
    "rotated 90": (
        "rotated 90",
        lambda g: np.rot90(g, -1).copy(),
        lambda w, h: Transform(((0.0, -1.0, h), (1.0, 0.0, 0.0))),
    ),
    "rotated 180": (
        "rotated 180",
        lambda g: g[::-1, ::-1].copy(),
        lambda w, h: Transform(((-1.0, 0.0, w), (0.0, -1.0, h))),
    ),
    "rotated 270": (
        "rotated 270",
        lambda g: np.rot90(g).copy(),
        lambda w, h: Transform(((0.0, 1.0, 0.0), (-1.0, 0.0, w))),
    ),
    "marked": ("marked", write_on, _same),
}
"""(words its name has to hold, the change, the transform for a width and height)."""
