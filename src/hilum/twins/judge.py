"""Pairs that may be twins → those that are: first by thumbnails, then by pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hilum.errors import HilumError
from hilum.twins.change import bring_greys, name_change
from hilum.twins.fingerprint import Fingerprint
from hilum.twins.guess import whole_of
from hilum.twins.register import (
    Content,
    Pyramid,
    Registration,
    content_of,
    pyramid,
    register,
    thumbnail_pyramid,
)
from hilum.twins.transform import Transform

Load = Callable[[Any], NDArray[np.uint8] | Content]
"""Source of an image → its pixels, H×W, all or those of a reduced decode; or what was kept."""

PIXELS_AGREE = 0.68
"""Score of the registration from which on two images are twins. Looked at one by one: two films of
one patient reach 0.65 (Shenzhen 477 and 605), and the poorest copies in COVID-QU-Ex are at 0.78."""

_WORTH_LOADING = 0.85
"""Score of the thumbnails from which on pixels are looked at: 5 % of the false pairs that codes
propose. Only copies written upon in large letters were seen below it."""

_WORTH_REFINING = 0.8
"""The same after three steps of registration."""


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Question:
    """Whether two images are twins; ``a`` may be the greater number."""

    a: int
    b: int
    prints: tuple[Fingerprint, Fingerprint]
    guess: NDArray[np.float64]
    """2×3, from the unit square of a's content to that of b's."""
    sources: tuple[Any, Any] = (None, None)
    """From which pixels are loaded."""


def judge_thumbnails(questions: Sequence[Question]) -> list[Registration | None]:
    """How the thumbnails lie on each other; None where the pixels are not worth a look."""
    pyramids: dict[int, Pyramid] = {}
    answers: list[Registration | None] = []
    for one in questions:
        for number, its in zip((one.a, one.b), one.prints, strict=True):
            if number not in pyramids:
                pyramids[number] = thumbnail_pyramid(its)
        small = register(pyramids[one.a], pyramids[one.b], one.guess, promising=_WORTH_REFINING)
        answers.append(small if small is not None and small.score >= _WORTH_LOADING else None)
    return answers


def judge_pixels(load: Load, questions: Sequence[Question]) -> list[TwinPair | None]:
    """The pairs whose pixels agree.

    Raises:
        HilumError: ``load`` gives pixels of another size than the fingerprint's.
    """
    pyramids: dict[int, Pyramid] = {}
    answers: list[TwinPair | None] = []
    for one in questions:
        for number, its, source in zip((one.a, one.b), one.prints, one.sources, strict=True):
            if number not in pyramids:
                pyramids[number] = _loaded(load, number, its, source)
        pixels = pyramids[one.a], pyramids[one.b]
        found = register(*pixels, one.guess)
        is_twin = found is not None and found.score >= PIXELS_AGREE
        answers.append(_twin_pair(one, found, pixels) if found is not None and is_twin else None)
    return answers


def _twin_pair(
    question: Question, found: Registration, pixels: tuple[Pyramid, Pyramid]
) -> TwinPair:
    """The pair, lower number first, with what differs."""
    a, b = question.prints
    transform = whole_of(a, b, found)
    greys = bring_greys(pixels[0].grey, pixels[1].grey, found.unit)
    if question.a > question.b:
        a, b, transform = b, a, transform.inverse()
    low, high = sorted((question.a, question.b))
    change = name_change(a, b, transform, found.is_inverted, greys)
    return TwinPair(low, high, change, round(found.score, 4), transform)


def _loaded(load: Load, number: int, its: Fingerprint, source: Any) -> Pyramid:
    given = load(source)
    if isinstance(given, Content):
        return pyramid(given)
    reduced = [(-(-its.height // by), -(-its.width // by)) for by in (1, 2, 4, 8)]
    if given.shape not in reduced:
        raise HilumError(
            "the pixels of an image are not those of its fingerprint",
            got=f"{given.shape[1]}×{given.shape[0]} for image {number}",
            expected=f"{its.width}×{its.height}, or 1/2, 1/4 or 1/8 of it",
            remedy="let nothing write to the folder meanwhile",
        )
    return pyramid(content_of(given, its))
