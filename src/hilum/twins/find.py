"""Fingerprints → pairs of images that show one exposure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hilum.errors import HilumError
from hilum.twins.change import SAME_PIXELS, bring_greys, name_change
from hilum.twins.fingerprint import Fingerprint
from hilum.twins.guess import content_guess, whole_of
from hilum.twins.index import Candidate, propose
from hilum.twins.register import Prepared, Registration, prepare, prepare_thumbnail, register
from hilum.twins.transform import Transform
from hilum.workers import Progress, no_progress

Load = Callable[[int], NDArray[np.uint8]]

PIXELS_AGREE = 0.53
"""Score of the registration from which on two images are twins."""

_PIXELS_AGREE_AT_LEAST, _ALMOST_EQUAL = 0.45, 0.95
"""A lower score of the pixels will do where that of the thumbnails is at least the second."""

THUMBNAILS_AGREE = 0.95
"""The same, where there are no pixels to look at."""

_WORTH_LOADING = 0.65
"""Score of the thumbnails from which on pixels are looked at."""

_HELD = 256
"""Images held ready: 0.2 MB each."""


@dataclass(frozen=True)
class TwinPair:
    """Two images of one exposure; ``a`` < ``b`` are their numbers."""

    a: int
    b: int
    change: str
    """What differs, see :mod:`hilum.twins.change`."""
    score: float
    """How alike the fine structure is, up to 1; 1 for equal pixels."""
    transform: Transform
    """From a's pixels to b's."""


def find_twins(
    fingerprints: Sequence[Fingerprint],
    *,
    load: Load | None = None,
    progress: Progress = no_progress,
    exhaustive: bool | None = None,
) -> list[TwinPair]:
    """All pairs found, sorted. Of images with equal pixels each is paired with the first only.

    Args:
        fingerprints: one for each image; blank images have no twins.
        load: gives the pixels (H×W) of the image of that number; without it the thumbnails
            decide, which misses more, and the transforms are less exact.
        progress: told of each candidate.
        exhaustive: compare all codes; by default only up to 10,000 images.

    Raises:
        HilumError: ``load`` gives pixels of another size than the fingerprint's.
    """
    first, pairs = _equal_pixels(fingerprints)
    chosen = sorted(n for n in first.values() if not fingerprints[n].is_blank)
    candidates = propose([fingerprints[n] for n in chosen], exhaustive=exhaustive)
    judge = _Judge(fingerprints, load)
    advance = progress("comparing", len(candidates))
    for candidate in candidates:
        one = Candidate(
            *(candidate.bits, candidate.window, candidate.orientation),
            *(chosen[candidate.a], chosen[candidate.b]),
        )
        pair = judge(one)
        if pair is not None:
            pairs.append(pair)
        advance()
    return sorted(pairs, key=lambda pair: (pair.a, pair.b))


def _equal_pixels(
    fingerprints: Sequence[Fingerprint],
) -> tuple[dict[bytes, int], list[TwinPair]]:
    """The first image of each digest, and a pair of it with each further one."""
    first: dict[bytes, int] = {}
    pairs = []
    for number, one in enumerate(fingerprints):
        original = first.setdefault(one.digest, number)
        if original != number and not one.is_blank:
            size = (one.width, one.height)
            same = Transform.resizing(size, size)
            pairs.append(TwinPair(original, number, SAME_PIXELS, 1.0, same))
    return first, pairs


class _Judge:
    """Decides on candidates, in an order in which few images are loaded twice."""

    def __init__(self, fingerprints: Sequence[Fingerprint], load: Load | None) -> None:
        self._fingerprints = fingerprints
        self._load = load
        self._held: OrderedDict[int, Prepared] = OrderedDict()

    def __call__(self, candidate: Candidate) -> TwinPair | None:
        a, b = (self._fingerprints[n] for n in (candidate.a, candidate.b))
        guess = content_guess(candidate.window, candidate.orientation)
        small = register(prepare_thumbnail(a), prepare_thumbnail(b), guess)
        if small is None or small.score < _WORTH_LOADING:
            return None
        if self._load is None:
            if small.score < THUMBNAILS_AGREE:
                return None
            return self._pair(candidate, small, None)
        pixels = self._pixels(candidate.a), self._pixels(candidate.b)
        found = register(*pixels, small.unit)
        if found is None:
            return None
        # Noise may hide fine structure; then the coarse one has to agree almost wholly.
        least = _PIXELS_AGREE_AT_LEAST if small.score >= _ALMOST_EQUAL else PIXELS_AGREE
        return self._pair(candidate, found, pixels) if found.score >= least else None

    def _pair(
        self,
        candidate: Candidate,
        found: Registration,
        pixels: tuple[Prepared, Prepared] | None,
    ) -> TwinPair:
        a, b = (self._fingerprints[n] for n in (candidate.a, candidate.b))
        transform = whole_of(a, b, found)
        greys = None if pixels is None else bring_greys(pixels[0].grey, pixels[1].grey, found.unit)
        if candidate.a > candidate.b:
            a, b, transform = b, a, transform.inverse()
        low, high = sorted((candidate.a, candidate.b))
        change = name_change(a, b, transform, found.correlation < 0, greys)
        return TwinPair(low, high, change, round(found.score, 4), transform)

    def _pixels(self, number: int) -> Prepared:
        if number in self._held:
            self._held.move_to_end(number)
            return self._held[number]
        if self._load is None:
            raise HilumError("there are no pixels to look at", got=f"image {number}")
        grey = self._load(number)
        one = self._fingerprints[number]
        if grey.shape != (one.height, one.width):
            raise HilumError(
                "the pixels of an image are not those of its fingerprint",
                got=f"{grey.shape[1]}×{grey.shape[0]} for image {number}",
                expected=f"{one.width}×{one.height}",
                remedy="let nothing write to the folder meanwhile",
            )
        self._held[number] = prepared = prepare(grey, one)
        if len(self._held) > _HELD:
            self._held.popitem(last=False)
        return prepared
