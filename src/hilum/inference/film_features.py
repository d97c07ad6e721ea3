"""What tells a frontal chest film from other images, measured on its lungs and its greys.

Everything but ``direction`` is measured on 64×64 pixels, so that it costs 0.3 ms and depends
neither on the film's size nor on the network's. ``direction`` needs the fine lines that are lost
there: it is taken at the network's size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.imaging.masks import BinaryMask
from hilum.inference.postprocess import OutlinedLungs
from hilum.radiograph import LUNG_TARGETS, Structure

_SIDE = 64
_CORNER = 8
_ROWS, _COLUMNS = (
    steps.astype(np.float32)
    for steps in np.meshgrid(np.linspace(-1, 1, _SIDE), np.linspace(-1, 1, _SIDE), indexing="ij")
)


@dataclass(frozen=True)
class Unusual:
    """How a person is told that a feature is far from that of films."""

    low: str
    high: str


FEATURES: dict[str, Unusual] = {
    "lung_row": Unusual("the lungs lie too high", "the lungs lie too low"),
    "lung_level": Unusual(
        "the left lung lies too high beside the right",
        "the left lung lies too low beside the right",
    ),
    "lung_width": Unusual("the lungs are too narrow", "a lung is too wide"),
    "lung_fill": Unusual(
        "the outline of a lung is ragged", "the outlines of the lungs are too round"
    ),
    "lung_taper": Unusual(
        "the lungs are too narrow above", "the lungs do not become narrower towards the top"
    ),
    "lung_likeness": Unusual(
        "the two lungs are too different", "the two lungs are mirror images of each other"
    ),
    "lung_overlap": Unusual(
        "the two lungs are told apart too well", "the two lungs cannot be told apart"
    ),
    "lung_certainty": Unusual(
        "the lungs cannot be told from what is beside them", "the lungs stand out too clearly"
    ),
    "lung_grey": Unusual("the lungs are too dark", "the lungs are too bright"),
    "rim_contrast": Unusual(
        "what surrounds the lungs is too dark", "what surrounds the lungs is too bright"
    ),
    "symmetry": Unusual(
        "its left and right halves are too different",
        "its left and right halves are mirror images of each other",
    ),
    "direction": Unusual("too much in it runs across", "too much in it runs up and down"),
    "upper_corners": Unusual("its upper corners are too dark", "its upper corners are too bright"),
    "lower_corners": Unusual("its lower corners are too dark", "its lower corners are too bright"),
}
"""Every feature by name. A model file names those it uses, so that none may change its meaning."""


def measure_features(
    pixels: NDArray[np.uint8],
    outlined: OutlinedLungs,
    probabilities: NDArray[np.float32],
    targets: Sequence[Structure],
) -> dict[str, float] | None:
    """Each of :data:`FEATURES` of one image; None where no lung is left on 64×64 pixels.

    Args:
        pixels: what the network saw, S×S.
        outlined: the lungs as they were decided, of any size.
        probabilities: T×S×S, what the network gave for each of ``targets``.
        targets: what the planes outline; all but the lungs are ignored.
    """
    grey = cv2.resize(pixels, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    grey = (grey - grey.mean()) / (grey.std() + np.float32(1e-3))
    right, left = _small(outlined.right_lung), _small(outlined.left_lung)
    planes = {
        target: cv2.resize(plane, (_SIDE, _SIDE), interpolation=cv2.INTER_NEAREST)
        for target, plane in zip(targets, probabilities, strict=True)
        if target in LUNG_TARGETS
    }
    lungs = right | left
    if not lungs.any():
        return None
    values = _of_outlines(right, left) | _of_greys(grey, lungs)
    likeliest = np.max(list(planes.values()), axis=0)
    # Logarithms: of films these crowd at 1 and at 0, and a severe one is far from the crowd.
    values["lung_certainty"] = -float(np.log(1.003 - likeliest[lungs].mean()))
    values["lung_overlap"] = float(np.log(_overlap(planes, likeliest) + 1e-3))
    values["direction"] = _direction(pixels)
    return {name: values[name] for name in FEATURES}


def _small(lung: BinaryMask) -> BinaryMask:
    small = cv2.resize(lung.view(np.uint8), (_SIDE, _SIDE), interpolation=cv2.INTER_NEAREST)
    return small.view(np.bool_)


def _of_outlines(right: BinaryMask, left: BinaryMask) -> dict[str, float]:
    found = [lung for lung in (right, left) if lung.any()]
    rows = [float(_ROWS[lung].mean()) for lung in found]
    columns = [float(_COLUMNS[lung].mean()) for lung in found]
    both = len(found) == 2
    return {
        "lung_row": float(_ROWS[right | left].mean()),
        "lung_level": rows[1] - rows[0] if both else 0.0,
        "lung_width": max(int(np.count_nonzero(lung.any(axis=0))) for lung in found) / _SIDE,
        "lung_fill": min(map(_fill, found)),
        "lung_taper": sum(map(_upper_share, found)) / len(found),
        "lung_likeness": _likeness(right, left, sum(columns) / 2) if both else 0.0,
    }


def _fill(lung: BinaryMask) -> float:
    """The lung's area ÷ that of its convex hull."""
    outlines, _ = cv2.findContours(lung.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.contourArea(cv2.convexHull(np.vstack(outlines)))
    return float(np.count_nonzero(lung) / max(hull, 1.0))


def _upper_share(lung: BinaryMask) -> float:
    """The share of the lung's area in the upper half of its height."""
    filled = np.flatnonzero(lung.any(axis=1))
    middle = (int(filled[0]) + int(filled[-1]) + 1) // 2
    return float(np.count_nonzero(lung[:middle]) / np.count_nonzero(lung))


def _likeness(right: BinaryMask, left: BinaryMask, middle: float) -> float:
    """The IoU of the left lung and the right one mirrored at column ``middle`` (-1 to 1)."""
    mirrored = np.roll(right[:, ::-1], round(middle * _SIDE), axis=1)
    return float(np.count_nonzero(mirrored & left) / np.count_nonzero(mirrored | left))


def _of_greys(grey: NDArray[np.float32], lungs: BinaryMask) -> dict[str, float]:
    """Of greys in standard deviations from their mean."""
    inside = float(grey[lungs].mean())
    grown = cv2.dilate(lungs.view(np.uint8), np.ones((7, 7), np.uint8)).view(np.bool_)
    rim = grown & ~lungs
    upper, lower = grey[:_CORNER], grey[-_CORNER:]
    return {
        "lung_grey": inside,
        "rim_contrast": float(grey[rim].mean()) - inside if rim.any() else 0.0,
        "symmetry": float((grey * grey[:, ::-1]).mean()),
        "upper_corners": float(upper[:, :_CORNER].mean() + upper[:, -_CORNER:].mean()) / 2,
        "lower_corners": float(lower[:, :_CORNER].mean() + lower[:, -_CORNER:].mean()) / 2,
    }


def _overlap(planes: dict[Structure, NDArray[np.float32]], likeliest: NDArray[np.float32]) -> float:
    """What both lungs claim ÷ what either does; 0 where one plane holds both."""
    if not planes.keys() >= {Structure.RIGHT_LUNG, Structure.LEFT_LUNG}:
        return 0.0
    claimed = np.minimum(planes[Structure.RIGHT_LUNG], planes[Structure.LEFT_LUNG])
    return float(claimed.sum() / max(float(likeliest.sum()), 1.0))


def _direction(pixels: NDArray[np.uint8]) -> float:
    """The logarithm of the mean change from column to column ÷ that from row to row."""
    across = cv2.absdiff(pixels[:, 1:], pixels[:, :-1]).mean()
    down = cv2.absdiff(pixels[1:], pixels[:-1]).mean()
    return float(np.log((across + 0.1) / (down + 0.1)))
