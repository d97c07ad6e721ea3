"""Images that are no frontal chest film, made from films or drawn: to fit and judge the refusal.

Every kind is a function of a generator and, where it starts from one, of a film (H×W uint8); it
gives H×W uint8. None of them stands for a real lateral view or CT slice: those come from
collections.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

_SIDE = 256
"""Pixels of a side of what is drawn from nothing."""


def turned_right(film: Grey, _rng: np.random.Generator) -> Grey:
    """By 90°, clockwise."""
    return np.rot90(film, -1).copy()


def turned_left(film: Grey, _rng: np.random.Generator) -> Grey:
    """By 90°, counter-clockwise."""
    return np.rot90(film).copy()


def upside_down(film: Grey, _rng: np.random.Generator) -> Grey:
    """Turned by 180°."""
    return np.rot90(film, 2).copy()


def negative(film: Grey, _rng: np.random.Generator) -> Grey:
    """Black for white."""
    return 255 - film


def one_side(film: Grey, rng: np.random.Generator) -> Grey:
    """One half of the chest alone."""
    width = film.shape[1] * rng.uniform(0.4, 0.5)
    start = rng.choice([0.04, 0.96 - width / film.shape[1]]) * film.shape[1]
    return film[:, int(start) : int(start + width)]


def patch(film: Grey, rng: np.random.Generator) -> Grey:
    """A third of the film in either direction, from anywhere."""
    height, width = film.shape[0] // 3, film.shape[1] // 3
    top, left = rng.integers(0, 2 * height), rng.integers(0, 2 * width)
    return film[top : top + height, left : left + width]


def lower_part(film: Grey, rng: np.random.Generator) -> Grey:
    """What lies below the lungs' middle: diaphragm and abdomen."""
    return film[int(film.shape[0] * rng.uniform(0.6, 0.7)) :]


def upper_part(film: Grey, rng: np.random.Generator) -> Grey:
    """Neck, shoulders and the tips of the lungs."""
    return film[: int(film.shape[0] * rng.uniform(0.25, 0.4))]


def two_side_by_side(film: Grey, rng: np.random.Generator) -> Grey:
    """The film beside a darker or brighter copy of itself, as a figure shows two days."""
    other = np.clip(film * rng.uniform(0.7, 1.2), 0, 255).astype(np.uint8)
    return np.hstack([film, other])


def mirrored_half(film: Grey, rng: np.random.Generator) -> Grey:
    """One half and its mirror image."""
    half = film[:, : film.shape[1] // 2]
    if rng.random() < 0.5:
        half = film[:, film.shape[1] // 2 :][:, ::-1]
    return np.hstack([half, half[:, ::-1]])


def clouds(rng: np.random.Generator) -> Grey:
    """Noise of 4×4 to 64×64 pixels, enlarged."""
    coarse = rng.integers(0, 256, 2 * (int(2 ** rng.uniform(2, 6)),), np.uint8)
    method = int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC]))
    return _bytes(cv2.resize(coarse, (_SIDE, _SIDE), interpolation=method))


def texture(rng: np.random.Generator) -> Grey:
    """Noise whose power falls with frequency, as in photographs of landscapes."""
    down, across = np.fft.fftfreq(_SIDE)[:, None], np.fft.fftfreq(_SIDE)[None]
    fall = np.hypot(down, across * rng.uniform(0.4, 2.5)) + 1 / _SIDE
    waves = np.fft.fft2(rng.normal(size=(_SIDE, _SIDE))) / fall ** rng.uniform(1.0, 1.8)
    return _stretched(np.fft.ifft2(waves).real)


def gradient(rng: np.random.Generator) -> Grey:
    """A slope from dark to bright, straight or round, with a little noise."""
    rows, columns = _grid()
    angle = rng.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * rows + np.sin(angle) * columns
    if rng.random() < 0.5:
        slope = np.hypot(rows - rng.uniform(-0.3, 0.3), columns - rng.uniform(-0.3, 0.3))
    return _stretched(slope * rng.choice([-1, 1]) + rng.normal(0, 0.01, slope.shape))


def shapes(rng: np.random.Generator) -> Grey:
    """Ellipses and bars of any grey on a plain ground."""
    picture = np.full((_SIDE, _SIDE), rng.integers(0, 256), np.uint8)
    for _ in range(rng.integers(2, 9)):
        centre, axes = rng.integers(0, _SIDE, 2).tolist(), rng.integers(10, 90, 2).tolist()
        shade = int(rng.integers(0, 256))
        if rng.random() < 0.5:
            cv2.ellipse(picture, centre, axes, float(rng.uniform(0, 180)), 0, 360, shade, -1)
        else:
            corner = (centre[0] + axes[0], centre[1] + axes[1])
            cv2.rectangle(picture, centre, corner, shade, -1)
    return _softened(picture, rng)


def page(rng: np.random.Generator) -> Grey:
    """Large words and a framed picture on paper."""
    picture = np.full((_SIDE, _SIDE), rng.integers(200, 256), np.uint8)
    thickness = int(rng.integers(2, 6))
    for line in range(30, _SIDE, int(rng.integers(25, 60))):
        word = "".join(rng.choice(list("ABCDEFGHKLMNORSTUX "), 12))
        place = (int(rng.integers(0, 30)), line)
        scale = float(rng.uniform(0.7, 1.5))
        cv2.putText(picture, word, place, cv2.FONT_HERSHEY_SIMPLEX, scale, 20, thickness)
    top, left = rng.integers(0, _SIDE // 2, 2)
    picture[top : top + 100, left : left + 100] = rng.integers(40, 200)
    return _softened(picture, rng)


def limb(rng: np.random.Generator) -> Grey:
    """One to five rays of bright bones in soft parts on black, as of a hand, an arm or a leg."""
    picture = np.full((_SIDE, _SIDE), 8, np.uint8)
    rays, base = int(rng.integers(1, 6)), np.array([_SIDE / 2, _SIDE * rng.uniform(0.8, 1.1)])
    breadth = int(rng.integers(60, 110) / rays**0.6)
    tilt = rng.uniform(-0.3, 0.3)
    angles = tilt + (np.arange(rays) - (rays - 1) / 2) * rng.uniform(0.2, 0.35)
    ends = [base + rng.uniform(170, 240) * np.array([np.sin(a), -np.cos(a)]) for a in angles]
    for end in ends:
        _stroke(picture, base, end, breadth, int(rng.integers(70, 130)))
    for end in ends:
        joints = np.linspace(0, 1, int(rng.integers(2, 5)))
        for start, stop in zip(joints[:-1] + 0.02, joints[1:] - 0.02, strict=True):
            along = end - base
            _stroke(picture, base + start * along, base + stop * along, breadth // 3, 210)
    return _softened(picture, rng)


def axial_slice(rng: np.random.Generator) -> Grey:
    """A body's outline across, with two dark lungs, a heart and a vertebra, on black."""
    rows, columns = _grid()
    picture = np.full(rows.shape, rng.uniform(0, 15))
    wide, tall = rng.uniform(0.75, 0.98), rng.uniform(0.5, 0.8)
    picture[(columns / wide) ** 2 + (rows / tall) ** 2 < 1] = rng.uniform(110, 180)
    for side in (-1, 1):
        size = wide * rng.uniform(0.34, 0.42), tall * rng.uniform(0.6, 0.75)
        lung = ((columns - side * 0.45 * wide) / size[0]) ** 2 + (rows / size[1]) ** 2 < 1
        picture[lung] = rng.uniform(5, 70)
    picture[((columns - 0.1) / 0.28) ** 2 + ((rows + 0.15) / 0.25) ** 2 < 1] = 160
    picture[(columns / 0.12) ** 2 + ((rows - 0.7 * tall) / 0.12) ** 2 < 1] = 230
    vessels = texture(rng).astype(np.float64) - 128
    return _softened(_bytes(picture + rng.uniform(0.05, 0.3) * vessels), rng)


FROM_A_FILM: dict[str, Callable[[Grey, np.random.Generator], Grey]] = {
    "turned right": turned_right,
    "turned left": turned_left,
    "upside down": upside_down,
    "negative": negative,
    "one side": one_side,
    "patch": patch,
    "lower part": lower_part,
    "upper part": upper_part,
    "two side by side": two_side_by_side,
    "mirrored half": mirrored_half,
}

DRAWN: dict[str, Callable[[np.random.Generator], Grey]] = {
    "clouds": clouds,
    "texture": texture,
    "gradient": gradient,
    "shapes": shapes,
    "page": page,
    "limb": limb,
    "axial slice": axial_slice,
}


def varied(image: Grey, rng: np.random.Generator) -> Grey:
    """``image`` perhaps mirrored, a little cropped, brightened or darkened."""
    top, left = (rng.uniform(0, 0.08, 2) * image.shape).astype(int)
    bottom, right = ((1 - rng.uniform(0, 0.08, 2)) * image.shape).astype(int)
    cropped = image[top:bottom, left:right]
    if rng.random() < 0.5:
        cropped = cropped[:, ::-1]
    return _bytes(255 * (cropped / 255.0) ** rng.uniform(0.75, 1.33))


def _grid() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Row and column of each pixel, from -1 to 1."""
    steps = np.linspace(-1, 1, _SIDE)
    rows, columns = np.meshgrid(steps, steps, indexing="ij")
    return rows, columns


def _stroke(
    picture: Grey, start: NDArray[np.float64], end: NDArray[np.float64], breadth: int, shade: int
) -> None:
    points = [tuple(map(int, point)) for point in (start, end)]
    cv2.line(picture, points[0], points[1], shade, max(1, breadth), cv2.LINE_AA)


def _softened(picture: Grey, rng: np.random.Generator) -> Grey:
    """As a scanner would see it: a little blurred and noisy."""
    blurred = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.6, 2.5)))
    return _bytes(blurred + rng.normal(0, rng.uniform(0, 5), picture.shape))


def _stretched(values: NDArray[np.float64]) -> Grey:
    low, high = values.min(), values.max()
    return _bytes(255 * (values - low) / (high - low))


def _bytes(values: NDArray[np.generic]) -> Grey:
    grey: Grey = np.clip(values, 0, 255).astype(np.uint8)
    return grey
