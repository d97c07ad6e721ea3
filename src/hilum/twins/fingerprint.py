"""An image's fingerprint: a small picture in which contrast and borders count for nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.errors import HilumError
from hilum.twins.contrast import local_contrast

SIDE = 48
"""Pixels of a side of the small picture; squeezed to a square, so that width to height is free."""

_WORK = 256
"""The longer side that is enough to find borders and to make the small picture from."""

ENOUGH = 256
"""Pixels of the shorter side from which on a reduced decode serves like the whole."""

_FLAT = 4.0
"""Greys by which a row or column may vary (standard deviation) and still be border."""

_HARDLY = 0.02
"""Share of a side up to which borders make no difference to the small picture."""

_BLANK = 3.0
"""Standard deviation of all greys up to which an image shows nothing."""

LEAST_SIDE = 80
"""Pixels of the shorter side from which on an image shows enough to be told from others."""

_STEP = 40.0
"""Steps of the stored byte per local standard deviation."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is kept of an image to find its twins: 2.4 KB, with borders 4.7.

    Picklable, and equal for equal pixels.

    ``thumbnail`` holds :data:`SIDE`² bytes: the content without uniform borders, squeezed to a
    square, each pixel as its distance from the local mean in local standard deviations.
    """

    width: int
    height: int
    """Of the image itself, pixels."""
    digest: bytes
    """16 bytes of the size and the greys: all of them, or those of a reduced decode."""
    box: tuple[float, float, float, float]
    """Left, upper, right and lower edge of what lies within uniform borders, shares of the side."""
    thumbnail: bytes
    spread: float
    """Standard deviation of the content's greys."""
    evenness: float = 0.0
    """How evenly the content uses all greys, 0–1; near 1 after an equalisation."""
    bordered: bytes = b""
    """As ``thumbnail``, of the image with its borders; empty where there are hardly any. What is
    border and what is not changes with the contrast, and with a word written upon it."""

    @property
    def shows_something(self) -> bool:
        """Whether equal pixels mean equal films: one grey all over could be any."""
        return self.spread > _BLANK

    @property
    def is_blank(self) -> bool:
        """Whether nothing can be told from it but that pixels are equal."""
        return not self.shows_something or min(self.width, self.height) < LEAST_SIDE

    def picture(self, *, has_borders: bool = False) -> NDArray[np.float32]:
        """The small picture, SIDE×SIDE, in local standard deviations."""
        stored = self.bordered if has_borders else self.thumbnail
        greys = np.frombuffer(stored, np.uint8).reshape(SIDE, SIDE)
        return (greys.astype(np.float32) - 128.0) / np.float32(_STEP)


def fingerprint(grey: NDArray[np.uint8], *, size: tuple[int, int] | None = None) -> Fingerprint:
    """The fingerprint of decoded pixels, H×W.

    Args:
        grey: all of the image; where only a reduced decode is at hand, that.
        size: (width, height) of the image, where ``grey`` is reduced.

    Raises:
        HilumError: ``grey`` is no 8-bit picture of one channel.
    """
    if grey.ndim != 2 or grey.dtype != np.uint8 or not grey.size:
        raise HilumError(
            "no fingerprint can be made of this array",
            got=f"{grey.dtype} of shape {grey.shape}",
            expected="uint8, height × width",
        )
    height, width = grey.shape
    small = _reduced(grey)
    left, top, right, bottom = content_box(small)
    content = small[top:bottom, left:right]
    squeezed = _squeezed(content)
    rows, columns = small.shape
    box = left / columns, top / rows, right / columns, bottom / rows
    has_borders = max(box[0], box[1], 1 - box[2], 1 - box[3]) > _HARDLY
    width, height = size or (width, height)
    shape = np.array([*grey.shape, height, width], "<i8").tobytes()
    return Fingerprint(
        width=width,
        height=height,
        digest=hashlib.sha256(shape + grey.tobytes()).digest()[:16],
        box=box,
        thumbnail=_stored(squeezed),
        spread=float(squeezed.std()),
        evenness=_evenness(content),
        bordered=_stored(_squeezed(small)) if has_borders else b"",
    )


def content_box(grey: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """(left, upper, right, lower) edge in pixels of what lies within uniform borders.

    The whole where too little would be left for a radiograph.
    """
    left, top, right, bottom = 0, 0, grey.shape[1], grey.shape[0]
    for _ in range(3):  # a margin in two greys is a border around a border
        within = grey[top:bottom, left:right]
        outermost = (within[0], within[-1], within[:, 0], within[:, -1])
        if min(float(one.std()) for one in outermost) > _FLAT:
            break
        part = grey[top:bottom, left:right].astype(np.float32)
        rows = np.flatnonzero(part.std(axis=1) > _FLAT)
        columns = np.flatnonzero(part.std(axis=0) > _FLAT)
        if len(rows) < 3 or len(columns) < 3:
            break
        cut = int(rows[0]), len(part) - 1 - int(rows[-1])
        cut_across = int(columns[0]), part.shape[1] - 1 - int(columns[-1])
        if not any((*cut, *cut_across)):
            break
        # One more than the border: reducing has mixed its last pixel with what follows.
        top, bottom = top + cut[0] + (cut[0] > 0), bottom - cut[1] - (cut[1] > 0)
        left = left + cut_across[0] + (cut_across[0] > 0)
        right = right - cut_across[1] - (cut_across[1] > 0)
    if right - left < 0.3 * grey.shape[1] or bottom - top < 0.3 * grey.shape[0]:
        return 0, 0, grey.shape[1], grey.shape[0]
    return left, top, right, bottom


def _reduced(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = _WORK / max(grey.shape)
    if scale >= 1:
        return grey
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    # Averages of whole blocks are quick; what is left is less than half, where every pixel counts.
    by = int(1 / scale)
    if 1 < by <= min(grey.shape):
        grey = grey[: grey.shape[0] // by * by, : grey.shape[1] // by * by]
        blocks = (grey.shape[1] // by, grey.shape[0] // by)
        grey = np.asarray(cv2.resize(grey, blocks, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _squeezed(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    return cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)


def _stored(squeezed: NDArray[np.float32]) -> bytes:
    picture = local_contrast(squeezed, SIDE / 12)
    stored: NDArray[np.uint8] = np.rint(picture * _STEP + 128).astype(np.uint8)
    return stored.tobytes()


def _evenness(content: NDArray[np.uint8]) -> float:
    """1 less the greatest distance of the greys' cumulated shares from an even distribution."""
    counts = cv2.calcHist([content], [0], None, [256], [0, 256]).ravel()
    shares = np.cumsum(counts, dtype=np.float64) / content.size
    return float(1 - np.abs(shares - np.arange(1, 257) / 256).max())
