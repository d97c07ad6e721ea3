"""Fingerprints → pairs of images that show one exposure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

from hilum.twins.change import SAME_PIXELS
from hilum.twins.fingerprint import Fingerprint
from hilum.twins.guess import content_guess
from hilum.twins.index import Candidate, propose
from hilum.twins.judge import Load, Question, TwinPair, judge_pixels, judge_thumbnails
from hilum.twins.register import Registration
from hilum.twins.transform import Transform
from hilum.workers import HERE, Progress, Workers, no_progress

__all__ = ["Load", "TwinPair", "find_twins"]

Answer = TypeVar("Answer")

_CHUNK = 32
"""Questions judged at a time, by one process; those of a chunk share the images they load."""


def find_twins(
    fingerprints: Sequence[Fingerprint],
    *,
    load: Load,
    sources: Sequence[Any] | None = None,
    workers: Workers = HERE,
    progress: Progress = no_progress,
    exhaustive: bool | None = None,
) -> list[TwinPair]:
    """All pairs found, sorted. Of images with equal pixels each is paired with the first only.

    Args:
        fingerprints: one for each image; blank images have no twins.
        load: gives the pixels (H×W) of an image, all of them or those of a reduced decode, or the
            :func:`hilum.twins.register.content_of` that was kept of them.
        sources: what ``load`` is given for each image; None: its number.
        workers: for several ``load`` and ``sources`` have to be picklable.
        progress: told of each candidate.
        exhaustive: compare all codes; by default only up to
            :data:`hilum.twins.index.BRUTE_FORCE_UP_TO` images.

    Raises:
        HilumError: ``load`` gives pixels of another size than the fingerprint's.
    """
    first, pairs = _equal_pixels(fingerprints)
    chosen = sorted(n for n in first.values() if not fingerprints[n].is_blank)
    candidates = propose([fingerprints[n] for n in chosen], exhaustive=exhaustive)

    def question(candidate: Candidate, small: Registration | None = None) -> Question:
        a, b = chosen[candidate.a], chosen[candidate.b]
        prints = fingerprints[a], fingerprints[b]
        if small is None:
            return Question(a, b, prints, content_guess(candidate, *prints))
        given = (a, b) if sources is None else (sources[a], sources[b])
        return Question(a, b, prints, small.unit, given)

    asked = _Asked(workers, progress)
    alike = list(asked("comparing", judge_thumbnails, candidates, question))
    judge = partial(judge_pixels, load)
    found = asked("laying over", judge, alike, lambda one: question(*one))
    pairs += [pair for _, pair in found]
    return sorted(pairs, key=lambda pair: (pair.a, pair.b))


Asked = TypeVar("Asked")


class _Asked:
    """Puts questions to judges and keeps the answers in order."""

    def __init__(self, workers: Workers, progress: Progress) -> None:
        self._workers = workers
        self._progress = progress

    def __call__(
        self,
        step: str,
        judge: Callable[[list[Question]], list[Answer | None]],
        items: Sequence[Asked],
        question: Callable[[Asked], Question],
    ) -> Iterator[tuple[Asked, Answer]]:
        """Each of ``items`` that has an answer, and the answer."""
        advance = self._progress(step, len(items))
        chunks = [items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK)]
        questions = ([question(one) for one in chunk] for chunk in chunks)
        answers = self._workers.map_ordered(judge, questions)
        for chunk, told in zip(chunks, answers, strict=True):
            for one, answer in zip(chunk, told, strict=True):
                advance()
                if answer is not None:
                    yield one, answer


def _equal_pixels(
    fingerprints: Sequence[Fingerprint],
) -> tuple[dict[bytes, int], list[TwinPair]]:
    """The first image of each digest, and a pair of it with each further one."""
    first: dict[bytes, int] = {}
    pairs = []
    for number, one in enumerate(fingerprints):
        original = first.setdefault(one.digest, number)
        if original != number and one.shows_something:
            size = (one.width, one.height)
            same = Transform.resizing(size, size)
            pairs.append(TwinPair(original, number, SAME_PIXELS, 1.0, same))
    return first, pairs
