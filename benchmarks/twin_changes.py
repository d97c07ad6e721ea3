"""What people do to radiographs: each change takes greys and a generator, and gives greys."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Random = np.random.Generator


def _resized(grey: Grey, random: Random) -> Grey:
    scale = random.uniform(0.4, 0.9)
    size = (max(64, int(grey.shape[1] * scale)), max(64, int(grey.shape[0] * scale)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _squeezed(grey: Grey, random: Random) -> Grey:
    size = (256, int(256 * random.uniform(0.6, 1.5)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _jpeg(grey: Grey, random: Random) -> Grey:
    data = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, 30])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)


def _four_bits(grey: Grey, random: Random) -> Grey:
    return np.asarray((grey >> 4) * 17, np.uint8)


def _sixteen_bits(grey: Grey, random: Random) -> Grey:
    # As a 16-bit file of 12 bits would be read: stretched from least to greatest value.
    wide = grey.astype(np.float64) * 13.7 + random.uniform(0, 300)
    return np.asarray(np.rint((wide - wide.min()) * (255 / max(np.ptp(wide), 1))), np.uint8)


def _brightened(grey: Grey, random: Random) -> Grey:
    changed = grey * random.uniform(0.7, 1.3) + random.uniform(-30, 30)
    return np.clip(changed, 0, 255).astype(np.uint8)


def _gamma(grey: Grey, random: Random) -> Grey:
    return np.asarray(255 * (grey / 255.0) ** random.choice([0.5, 0.6, 1.6, 2.0]), np.uint8)


def _equalised(grey: Grey, random: Random) -> Grey:
    return np.asarray(cv2.equalizeHist(grey), np.uint8)


def _clahe(grey: Grey, random: Random) -> Grey:
    return np.asarray(cv2.createCLAHE(2.0, (8, 8)).apply(grey), np.uint8)


def _inverted(grey: Grey, random: Random) -> Grey:
    return np.asarray(255 - grey, np.uint8)


def _shares(grey: Grey, shares: NDArray[np.float64]) -> tuple[int, int, int, int]:
    height, width = grey.shape
    left, top, right, bottom = (shares * (width, height, width, height)).astype(int).tolist()
    return left, top, right, bottom


def _padded(grey: Grey, random: Random) -> Grey:
    left, top, right, bottom = _shares(grey, random.uniform(0.02, 0.1, 4))
    value = int(random.choice([0, 128, 255]))
    border = cv2.BORDER_CONSTANT
    return np.asarray(
        cv2.copyMakeBorder(grey, top, bottom, left, right, border, value=value), np.uint8
    )


def _cropped(grey: Grey, random: Random) -> Grey:
    left, top, right, bottom = _shares(grey, random.uniform(0, 0.1, 4))
    return grey[top : grey.shape[0] - bottom, left : grey.shape[1] - right].copy()


def _marked(grey: Grey, random: Random) -> Grey:
    marked = grey.copy()
    height, width = grey.shape
    for text in ("PORTABLE", "AP ERECT 10:32", "R"):
        place = int(random.uniform(0, 0.7) * width), int(random.uniform(0.1, 0.95) * height)
        size = width / 600 * random.uniform(0.8, 2)
        cv2.putText(marked, text, place, 0, size, 255, max(1, width // 200))
    x, y = int(random.uniform(0.2, 0.8) * width), int(random.uniform(0.2, 0.8) * height)
    end = x + width // 8, y + height // 10
    cv2.arrowedLine(marked, (x, y), end, 255, max(2, width // 120))
    return marked


CHANGES: dict[str, Callable[[Grey, Random], Grey]] = {
    "resized to 0.4–0.9": _resized,
    "squeezed": _squeezed,
    "JPEG of quality 30": _jpeg,
    "4 bits": _four_bits,
    "16 bits, stretched": _sixteen_bits,
    "brightened, clipped": _brightened,
    "gamma 0.5–2": _gamma,
    "histogram equalised": _equalised,
    "CLAHE": _clahe,
    "inverted": _inverted,
    "padded by 2–10 % a side": _padded,
    "cropped by 0–10 % a side": _cropped,
    "mirrored": lambda grey, random: grey[:, ::-1].copy(),
    "rotated 90": lambda grey, random: np.rot90(grey, -1).copy(),
    "rotated 180": lambda grey, random: grey[::-1, ::-1].copy(),
    "rotated 270": lambda grey, random: np.rot90(grey).copy(),
    "written upon": _marked,
}
