"""What was done to one image to make its twin, in a few fixed words."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.twins.fingerprint import Fingerprint
from hilum.twins.register import GREY
from hilum.twins.transform import Transform

SAME_PIXELS = "same pixels"

_EDGE = 0.012
"""Share of a side from which on an edge was moved."""

_SHAPE = 0.02
"""By which width to height changes when an image was squeezed."""


def name_change(
    a: Fingerprint,
    b: Fingerprint,
    transform: Transform,
    is_inverted: bool,
    greys: tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.bool_]] | None,
) -> str:
    """What differs between a and b, joined by commas; ``re-encoded`` where nothing else does.

    Either of the two may be the original: what is cropped in one shows more in the other.
    """
    words = [transform.orientation] if transform.orientation else []
    words += _edges(a, b, transform)
    words += _scales(a, b, transform, has_own_edges=bool({"cropped", "padded"} & set(words)))
    if is_inverted:
        words.append("inverted")
    if greys is not None:
        words += _greys(*greys, a, b)
    return ", ".join(words) or "re-encoded"


def _edges(a: Fingerprint, b: Fingerprint, transform: Transform) -> list[str]:
    words = set()
    for one, other, there in ((a, b, transform), (b, a, transform.inverse())):
        left, top, right, bottom = _mapped((0, 0, one.width, one.height), there)
        width, height = other.width, other.height
        # How far the other reaches beyond this image, on each side, as shares of the other.
        beyond = (left / width, top / height, 1 - right / width, 1 - bottom / height)
        x0, y0, x1, y1 = other.box
        content = (left / width - x0, top / height - y0, x1 - right / width, y1 - bottom / height)
        for reach, shown in zip(beyond, content, strict=True):
            if reach > _EDGE:
                words.add("cropped" if shown > _EDGE else "padded")
    return sorted(words)


def _mapped(
    box: tuple[float, float, float, float], transform: Transform
) -> tuple[float, float, float, float]:
    (x0, y0), (x1, y1) = transform.of(box[:2]), transform.of(box[2:])
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _scales(
    a: Fingerprint, b: Fingerprint, transform: Transform, *, has_own_edges: bool
) -> list[str]:
    x, y = (float(abs(row[0]) + abs(row[1])) for row in transform.matrix)
    if max(x / y, y / x) > 1 + _SHAPE:
        return ["squeezed"]
    size = (b.height, b.width) if transform.is_turned else (b.width, b.height)
    if not has_own_edges and (a.width, a.height) == size:
        return []
    return ["resized"] if max(x, 1 / x) > 1 + _EDGE else []


def bring_greys(
    one: NDArray[np.uint8], other: NDArray[np.uint8], unit: NDArray[np.float64]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.bool_]]:
    """(one, other in one's frame, where both are seen) of squares of :data:`GREY` pixels."""
    matrix = unit.copy()
    matrix[:, 2] = GREY * matrix[:, 2] + matrix[:, :2] @ (0.5, 0.5) - 0.5
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (GREY, GREY)
    seen = cv2.warpAffine(np.full(size, 255, np.uint8), matrix, size, flags=flags) > 250
    brought = np.asarray(cv2.warpAffine(other, matrix, size, flags=flags), np.uint8)
    return one, brought, np.asarray(seen, np.bool_)


def _greys(
    one: NDArray[np.uint8],
    other: NDArray[np.uint8],
    seen: NDArray[np.bool_],
    a: Fingerprint,
    b: Fingerprint,
) -> list[str]:
    """Words on contrast and marks."""
    if seen.sum() < 100:
        return []
    table, offset = _grey_table(one[seen], other[seen])
    left = np.abs(other - table[one]) * seen
    rising = table if offset >= 0 else 255 - table
    usual = float(np.median(left[seen]))
    words = []
    became_even = abs(a.evenness - b.evenness) > 0.12 and max(a.evenness, b.evenness) > 0.93
    if usual > 7 or became_even:
        words.append("equalised")
    else:
        shares = np.bincount(one[seen], minlength=256) / max(int(seen.sum()), 1)
        if float((np.abs(rising - np.arange(256)) * shares).sum()) > 5:
            words.append("brightened/contrast")
    # Writing: small places that differ far more than all the rest.
    strong = left > max(40.0, 8 * usual)
    if 0.0008 < strong[seen].mean() < 0.12:
        words.append("marked")
    return words


def _grey_table(
    here: NDArray[np.uint8], there: NDArray[np.uint8]
) -> tuple[NDArray[np.float64], float]:
    """(the other's usual grey for each of 256 greys here, the sign of their relation)."""
    order = np.argsort(here, kind="stable")
    here, there = here[order], there[order]
    steps = np.unique(here[np.linspace(0, len(here) - 1, 17).astype(np.int64)])
    edges = [0, *np.searchsorted(here, steps[1:-1]).tolist(), len(here)]
    middles, usual = [], []
    for low, high in itertools.pairwise(edges):
        if high - low >= 8:
            middles.append(float(here[(low + high) // 2]))
            usual.append(float(np.median(there[low:high])))
    if not middles:
        return np.arange(256.0), 1.0
    table = np.interp(np.arange(256), middles, usual)
    if len(middles) > 1:  # beyond the outer steps, on as between them
        slope = (usual[-1] - usual[0]) / (middles[-1] - middles[0])
        greys = np.arange(256)
        table += slope * (np.minimum(greys - middles[0], 0) + np.maximum(greys - middles[-1], 0))
    return np.clip(table, 0, 255), usual[-1] - usual[0]
