"""Two images laid over each other on their pixels: where one lies in the other, and how alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.twins.contrast import both_contrasts, local_contrast
from hilum.twins.fingerprint import Fingerprint

WORK = 192
"""Side of the square both images are squeezed to."""

GREY = 96
"""Side of the square in which greys are compared."""

_COARSE = 48
"""Side of the coarsest level."""


_STEPS = (6, 5, 5)
"""At most, at each side from coarse to fine."""

_GLANCE = 3
"""Steps that show whether there is any hope."""

Pixels = TypeVar("Pixels", NDArray[np.float32], NDArray[np.uint8])

_SETTLED = 0.02
"""Pixels of a level by which the edges move in the last step of it."""

_BLOCKS = 8
"""Blocks along each side in which the likeness is judged."""


@dataclass(frozen=True)
class Registration:
    """Where a lies in b."""

    unit: NDArray[np.float64]
    """2×3, from the unit square of a to that of b."""
    score: float
    """How alike fine structure is, −1 to 1: the lower third of the blocks' correlations."""
    is_inverted: bool


@dataclass(frozen=True)
class Content:
    """All that registration looks at: an image without its borders."""

    grey: NDArray[np.uint8]
    """H×W; of many pixels squeezed to WORK×WORK."""


@dataclass(frozen=True)
class Pyramid:
    """An image's content squeezed to squares of several sizes, ready to be laid over others."""

    levels: tuple[NDArray[np.float32], ...]
    """Coarse to fine, in local standard deviations."""
    judged: tuple[NDArray[np.float32], ...]
    """By which likeness is told, the most favourable of them; as large as the last level."""
    grey: NDArray[np.uint8]
    """GREY×GREY; empty where only a fingerprint is known."""


def content_of(grey: NDArray[np.uint8], one: Fingerprint) -> Content:
    """The content of ``grey``, H×W: ``one``'s pixels, of a reduced decode perhaps."""
    left, top, right, bottom = _edges(one, width=grey.shape[1], height=grey.shape[0])
    content = grey[top:bottom, left:right]
    # A copy, so that what is kept does not keep the whole image.
    return Content(content.copy() if content.size <= 4 * WORK**2 else _squeezed(content))


def _squeezed(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(grey, (WORK, WORK), interpolation=cv2.INTER_AREA), np.uint8)


def pyramid(content: Content) -> Pyramid:
    """Contrast is gone in all but ``grey``."""
    whole = _squeezed(content.grey).astype(np.float32)
    coarse, middle = (
        np.asarray(cv2.resize(whole, (side, side), interpolation=cv2.INTER_AREA), np.float32)
        for side in (_COARSE, GREY)
    )
    fine, bold = both_contrasts(whole, 3.0)
    levels = (local_contrast(coarse, 4.0), local_contrast(middle, 4.0), fine)
    return Pyramid(levels, (fine, bold), np.rint(middle).astype(np.uint8))


def thumbnail_pyramid(one: Fingerprint) -> Pyramid:
    """The content of a fingerprint, of one level only."""
    picture = one.picture()
    return Pyramid((picture,), (picture,), np.zeros((0, 0), np.uint8))


def content_pixels(one: Fingerprint) -> tuple[int, int, int, int]:
    """(left, upper, right, lower) edge of an image's content in whole pixels."""
    return _edges(one, width=one.width, height=one.height)


def _edges(one: Fingerprint, *, width: int, height: int) -> tuple[int, int, int, int]:
    left, top, right, bottom = one.box
    x, y = round(left * width), round(top * height)
    return x, y, max(x + 1, round(right * width)), max(y + 1, round(bottom * height))


def register(
    a: Pyramid, b: Pyramid, guess: NDArray[np.float64], *, promising: float | None = None
) -> Registration | None:
    """Lay ``b`` over ``a``, beginning at ``guess``; None where they drift apart.

    Args:
        a: one image.
        b: the other.
        guess: 2×3, from the unit square of a to that of b; its turn or flip is kept.
        promising: score that has to be reached after the first :data:`_GLANCE` steps; else None.
    """
    straight, turn = _straighten(guess)
    turned = [turned_picture(level, turn) for level in b.levels]
    # (scale x, shift x, scale y, shift y) from a's unit square to that of b as turned.
    at = np.array([straight[0, 0], straight[0, 2], straight[1, 1], straight[1, 2]])
    if promising is not None:
        at = _refine(a.levels[0], turned[0], at, _GLANCE)
        if not _is_sane(at) or _likeness(a.levels[0], turned[0], at)[0] < promising:
            return None
    for one, other, steps in zip(a.levels, turned, _STEPS, strict=False):
        at = _refine(one, other, at, steps)
        if not _is_sane(at):
            return None
    score, correlation = max(
        _likeness(one, turned_picture(other, turn), at)
        for one, other in zip(a.judged, b.judged, strict=True)
    )
    unit = turn @ np.array([[at[0], 0, at[1]], [0, at[2], at[3]], [0, 0, 1]])
    return Registration(unit[:2], score, correlation < 0)


def _straighten(guess: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(3×3 with scales above 0, 3×3 turn of the unit square): their product turn @ straight."""
    linear = np.sign(np.round(guess[:, :2], 6))
    turn = np.eye(3)
    turn[:2, :2] = linear
    turn[:2, 2] = (linear.sum(axis=1) < 0).astype(float)
    full = np.vstack([guess, (0.0, 0.0, 1.0)])
    return np.linalg.inv(turn) @ full, turn


def turned_picture(level: Pixels, turn: NDArray[np.float64]) -> Pixels:
    """Square ``level`` of b such that what b shows at turn @ p is shown at p."""
    linear = turn[:2, :2]
    # turned[y, x] = level at turn(x, y).
    if linear[0, 0]:
        picture = level[:, ::-1] if linear[0, 0] < 0 else level
        picture = picture[::-1] if linear[1, 1] < 0 else picture
    else:
        # x of b comes from y of a, y of b from x of a.
        picture = level[:, ::-1] if linear[0, 1] < 0 else level
        picture = picture[::-1] if linear[1, 0] < 0 else picture
        picture = picture.T
    return np.ascontiguousarray(picture)


def _sample(
    picture: NDArray[np.float32], at: NDArray[np.float64], side: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """``picture`` of b in a's frame, and where b reaches."""
    scale_x, shift_x, scale_y, shift_y = at
    matrix = np.array(
        [
            [scale_x, 0, 0.5 * scale_x + shift_x * side - 0.5],
            [0, scale_y, 0.5 * scale_y + shift_y * side - 0.5],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(
        picture, matrix, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    centres = (np.arange(side) + 0.5) / side
    x, y = scale_x * centres + shift_x, scale_y * centres + shift_y
    inside = np.outer((y > 0) & (y < 1), (x > 0) & (x < 1))
    return np.asarray(warped, np.float32), inside


def _refine(
    one: NDArray[np.float32],
    other: NDArray[np.float32],
    at: NDArray[np.float64],
    steps: int,
) -> NDArray[np.float64]:
    """Gauss-Newton steps towards the least squared difference."""
    side = len(one)
    gx = np.asarray(cv2.Sobel(other, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8), np.float32)
    gy = np.asarray(cv2.Sobel(other, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8), np.float32)
    centres = ((np.arange(side) + 0.5) / side - 0.5).astype(np.float32)
    for _ in range(steps):
        warped, inside = _sample(other, at, side)
        if inside.mean() < 0.2:
            return at
        dx, _ = _sample(gx, at, side)
        dy, _ = _sample(gy, at, side)
        weight = inside.astype(np.float32)
        product = float((weight * one * warped).sum())
        gain = product / (float((weight * warped * warped).sum()) + 1e-6)
        sign = 1.0 if gain >= 0 else -1.0
        difference = one - sign * warped
        # What differs much is written upon one of them, or lies outside the other.
        weight *= 1.0 / (1.0 + difference * difference)
        root = np.sqrt(weight)
        dx *= root
        dy *= root
        rows = (dx * centres, dx, dy * centres[:, None], dy, sign * difference * root)
        # By OpenCV, since numpy's product starts threads that cost more than they save.
        products = cv2.mulTransposed(np.stack(rows).reshape(5, -1), False)
        normal, right = products[:4, :4], products[:4, 4]
        step = np.linalg.solve(normal + 1e-6 * np.trace(normal) * np.eye(4), right)
        step = np.clip(step, -3.0, 3.0).astype(np.float64)
        # In pixels about the centre; scales have their edges half a side away.
        at = at + np.array(
            [
                step[0] / side,
                (step[1] - 0.5 * step[0]) / side,
                step[2] / side,
                (step[3] - 0.5 * step[2]) / side,
            ]
        )
        if not _is_sane(at) or float(np.abs(step).max()) < _SETTLED:
            break
    return at


def _is_sane(at: NDArray[np.float64]) -> bool:
    return bool(np.isfinite(at).all() and 0.4 < at[0] < 2.5 and 0.4 < at[2] < 2.5)


def _likeness(
    one: NDArray[np.float32], other: NDArray[np.float32], at: NDArray[np.float64]
) -> tuple[float, float]:
    """(lower third of the blocks' correlations, correlation of all: below 0 where inverted)."""
    side = len(one)
    warped, inside = _sample(other, at, side)
    weight = inside.astype(np.float32)
    products = np.stack(
        [one * warped * weight, one * one * weight, warped * warped * weight, weight]
    )
    size = side // _BLOCKS
    sums = products.reshape(4, _BLOCKS, size, _BLOCKS, size).sum(axis=(2, 4)).reshape(4, -1)
    totals = sums.sum(axis=1)
    if float(totals[3]) / side**2 < 0.2:
        return 0.0, 0.0
    correlation = float(totals[0] / np.sqrt(totals[1] * totals[2] + 1e-6))
    # Blocks of both images' content: black margins say nothing.
    energy = np.minimum(sums[1], sums[2]) / np.maximum(sums[3], 1)
    counts = (sums[3] > 0.5 * size * size) & (energy > 0.05)
    if counts.sum() < 8:
        return 0.0, correlation
    each = sums[0, counts] / np.sqrt(sums[1, counts] * sums[2, counts] + 1e-6)
    each = each if correlation >= 0 else -each
    return float(np.quantile(each, 1 / 3)), correlation
