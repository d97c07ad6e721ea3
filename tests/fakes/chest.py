"""A drawn frontal chest radiograph: plausible enough for readers, trainers and figures."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Chest:
    """A drawn radiograph and its truth. Image-left is the patient's right."""

    pixels: NDArray[np.uint8]
    """H×W grey, bright = dense."""
    right_lung: NDArray[np.bool_]
    left_lung: NDArray[np.bool_]
    infection: NDArray[np.bool_]
    """Inside the lungs; all False where the chest is not infected."""

    @property
    def lungs(self) -> NDArray[np.bool_]:
        """Both lungs in one mask."""
        return self.right_lung | self.left_lung


def draw_chest(
    rng: np.random.Generator, *, size: tuple[int, int] = (96, 96), infected: bool = False
) -> Chest:
    """Draw a chest of ``size`` (height, width) with lungs, heart, spine, ribs and noise.

    The lungs are two separate components. ``infected`` adds one or two hazy opacities to the
    lower lungs; the same generator state always draws the same chest. Ribs and vessels are each
    chest's own, so that two of them are not taken for copies of one.
    """
    height, width = size
    centre = width * (0.5 + rng.uniform(-0.02, 0.02))
    scale = rng.uniform(0.94, 1.06)
    right = _lung(size, centre - 0.21 * width, 0.135 * width * scale, 0.30 * height * scale)
    left = _lung(size, centre + 0.22 * width, 0.125 * width * scale, 0.29 * height * scale)
    heart = _ellipse(size, (centre + 0.07 * width, 0.62 * height), (0.13 * width, 0.14 * height))
    left = _largest_component(left & ~heart)

    body = _ellipse(size, (centre, 0.55 * height), (0.46 * width, 0.54 * height))
    picture = np.where(body, 0.55, 0.06).astype(np.float32)
    picture[right | left] = 0.22
    picture[heart] = 0.72
    spine = np.abs(np.arange(width) - centre) < 0.035 * width
    picture[:, spine] += np.float32(0.16)
    # Their own generator: what follows is drawn as it was before there were vessels.
    own = np.random.default_rng(np.array([centre / width, scale]).view(np.uint64))
    picture += _ribs(own, size, centre)
    picture += _vessels(own, size)
    infection = _opacities(rng, right, left) if infected else np.zeros(size, np.bool_)
    haze = cv2.GaussianBlur(infection.astype(np.float32), (0, 0), max(0.8, width / 60))
    picture += np.float32(0.34) * haze
    picture = cv2.GaussianBlur(picture, (0, 0), max(0.5, width / 160))
    picture += rng.normal(0.0, 0.02, size).astype(np.float32)
    pixels = (np.clip(picture, 0.0, 1.0) * 255).astype(np.uint8)
    return Chest(pixels, right, left, infection)


def _largest_component(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    return np.asarray(labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])), np.bool_)


def _ellipse(
    size: tuple[int, int], centre: tuple[float, float], radii: tuple[float, float]
) -> NDArray[np.bool_]:
    rows, columns = np.ogrid[: size[0], : size[1]]
    inside = ((columns - centre[0]) / radii[0]) ** 2 + ((rows - centre[1]) / radii[1]) ** 2 <= 1
    return np.asarray(inside, np.bool_)


def _lung(
    size: tuple[int, int], x: float, half_width: float, half_height: float
) -> NDArray[np.bool_]:
    """An ellipse with a narrower apex, cut off below by the dome of the diaphragm."""
    height, width = size
    rows, columns = np.ogrid[:height, :width]
    y = 0.5 * height
    along = np.clip((rows - (y - half_height)) / (2 * half_height), 0.0, 1.0)
    breadth = half_width * (0.72 + 0.38 * along)
    inside = ((columns - x) / breadth) ** 2 + ((rows - y) / half_height) ** 2 <= 1
    dome = _ellipse(size, (x, y + 1.12 * half_height), (1.3 * half_width, 0.36 * half_height))
    return np.asarray(inside & ~dome, np.bool_)


def _ribs(rng: np.random.Generator, size: tuple[int, int], centre: float) -> NDArray[np.float32]:
    height, width = size
    rows, columns = np.ogrid[:height, :width]
    spacing, phase, droop = rng.uniform(0.075, 0.105), rng.uniform(), rng.uniform(0.3, 0.8)
    sag = droop * ((columns - centre) / width) ** 2 * height
    wave = np.sin(2 * np.pi * ((rows - sag) / (spacing * height) + phase))
    return (0.05 * np.clip(wave, 0.0, 1.0)).astype(np.float32)


def _vessels(rng: np.random.Generator, size: tuple[int, int]) -> NDArray[np.float32]:
    """Short bright strokes all over, as blood vessels and bones give every person's own."""
    height, width = size
    strokes = np.zeros(size, np.float32)
    for _ in range(160):
        x, y, angle = rng.uniform(0.03, 0.97, 3) * (width, height, 2 * np.pi)
        length = rng.uniform(0.05, 0.16) * min(size)
        end = (round(x + length * np.cos(angle)), round(y + length * np.sin(angle)))
        thickness = max(1, round(width * rng.uniform(0.006, 0.018)))
        cv2.line(strokes, (round(x), round(y)), end, float(rng.uniform(0.5, 1.0)), thickness)
    return 0.22 * strokes


def _opacities(
    rng: np.random.Generator, right: NDArray[np.bool_], left: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    height, width = right.shape
    infection = np.zeros_like(right)
    sides = [right, left] if rng.random() < 0.7 else [right]
    for lung in sides:
        rows, columns = np.nonzero(lung)
        lower = np.flatnonzero(rows >= np.quantile(rows, 0.5))
        pick = int(rng.choice(lower))
        radii = (width * rng.uniform(0.05, 0.09), height * rng.uniform(0.05, 0.10))
        spot = _ellipse(right.shape, (float(columns[pick]), float(rows[pick])), radii)
        infection |= spot & lung
    return infection
