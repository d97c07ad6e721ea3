"""Rows → exposures: which images are of one exposure, which of them is kept, how the others lie."""

from __future__ import annotations

import enum
import math
from collections import defaultdict, deque
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hilum.dataset.prepare import Prepared, pixels_of
from hilum.twins.clusters import clusters
from hilum.twins.find import TwinPair, find_twins
from hilum.twins.fingerprint import Fingerprint
from hilum.twins.transform import Transform
from hilum.workers import HERE, Progress, Workers, no_progress

_OWN_DETAIL = 0.2
"""Power beyond what fits into the smaller image, over that of the finest which does, below which
an image counts as enlarged."""

_NEARLY = 0.15
"""Relative difference of resolution up to which two images count as equally fine: there is no room
for finer detail to be seen in."""

_FINER = 0.53
"""Cycles per pixel of a reduced image from which on only a finer one shows anything."""


@dataclass(frozen=True)
class Member:
    """Another image of an exposure than the one that is kept."""

    row: Prepared
    change: str | None
    """How it differs from the leader, as :class:`hilum.twins.find.TwinPair` names it; None: equal
    byte for byte."""
    to_leader: Transform
    """From its pixels to the leader's, of the whole films."""


@dataclass(frozen=True)
class Exposure:
    """One exposure: an image that is kept, and what else shows it, the better ones first."""

    leader: Prepared
    others: tuple[Member, ...] = ()


class Twins(enum.StrEnum):
    """What becomes of twins; files that are equal byte for byte are one radiograph in any case."""

    UNITE = "unite"
    """One radiograph, with the labels of all."""
    GROUP = "group"
    """Radiographs of their own, never in two splits."""
    IGNORE = "ignore"
    """They are not looked for: for those who want the leaks that were published."""


@dataclass(frozen=True)
class Exposures:
    """All rows, by exposure."""

    each: list[Exposure]
    """In the order of their first rows."""
    links: list[TwinPair]
    """Pairs of :attr:`each`, by index, that are twins but were not united."""


def find_exposures(
    rows: Sequence[Prepared],
    prints: Mapping[str, Fingerprint],
    twins: Twins = Twins.UNITE,
    *,
    workers: Workers = HERE,
    progress: Progress = no_progress,
) -> Exposures:
    """``rows`` as exposures; ``prints`` has the fingerprint of each ``image_id``.

    The image that leads shows most: the one with the most pixels of its own (an enlargement counts
    as what it was made from); of nearly as many, the one that was not enlarged, then not equalised;
    then the larger file; then the one given first.

    Raises:
        ImageError: a source file changed or vanished since it was prepared.
    """
    copies: defaultdict[str, list[Prepared]] = defaultdict(list)
    for row in rows:
        copies[row.image_id].append(row)
    films = [_Film(prints[name], tuple(equal)) for name, equal in copies.items()]
    if twins is Twins.IGNORE:
        return Exposures([film.alone for film in films], [])
    pairs = find_twins(
        [film.print for film in films],
        load=pixels_of,
        sources=[film.row for film in films],
        workers=workers,
        progress=progress,
    )
    if twins is Twins.GROUP:
        return Exposures([film.alone for film in films], pairs)
    found = clusters(len(films), pairs)
    cluster_of = {number: place for place, group in enumerate(found) for number in group}
    within: list[list[TwinPair]] = [[] for _ in found]
    between = []
    for pair in pairs:
        place = cluster_of.get(pair.a)
        if place is not None and place == cluster_of.get(pair.b):
            within[place].append(pair)
        else:
            between.append(pair)
    enlarged = _find_enlarged(films, within, workers)
    exposures: list[Exposure] = []
    index: dict[int, int] = {}
    for number, film in enumerate(films):
        place = cluster_of.get(number)
        if place is None:
            index[number] = len(exposures)
            exposures.append(film.alone)
        elif found[place][0] == number:
            index |= dict.fromkeys(found[place], len(exposures))
            ranked = _best_first(found[place], films, within[place], enlarged)
            exposures.append(_exposure(ranked, films, within[place]))
    links = [replace(p, a=index[p.a], b=index[p.b]) for p in between]
    return Exposures(exposures, links)


@dataclass(frozen=True)
class _Film:
    """A file, wherever it was found."""

    print: Fingerprint
    rows: tuple[Prepared, ...]
    """Equal byte for byte, in the order given."""

    @property
    def row(self) -> Prepared:
        return self.rows[0]

    @property
    def alone(self) -> Exposure:
        """An exposure that nothing else shows."""
        return Exposure(self.row, self.copies(None, self.whole))

    @property
    def whole(self) -> Transform:
        size = (self.print.width, self.print.height)
        return Transform.resizing(size, size)

    @property
    def pixels(self) -> int:
        return self.print.width * self.print.height

    def copies(self, change: str | None, way: Transform) -> tuple[Member, ...]:
        """The further files that are equal to the first."""
        return tuple(Member(row, change, way) for row in self.rows[1:])


def _exposure(ranked: Sequence[int], films: Sequence[_Film], pairs: Sequence[TwinPair]) -> Exposure:
    leader = films[ranked[0]]
    paths = _ways(ranked[0], pairs)
    others = list(leader.copies(None, leader.whole))
    for number in ranked[1:]:
        change, way = paths[number]
        others += (Member(films[number].row, change, way), *films[number].copies(change, way))
    return Exposure(leader.row, tuple(others))


def _ways(leader: int, pairs: Sequence[TwinPair]) -> dict[int, tuple[str, Transform]]:
    """From each image that pairs join to ``leader``: what differs, and the way; fewest steps."""
    steps: defaultdict[int, list[tuple[float, int, TwinPair]]] = defaultdict(list)
    for pair in pairs:
        steps[pair.a].append((-pair.score, pair.b, pair))
        steps[pair.b].append((-pair.score, pair.a, pair))
    ways: dict[int, tuple[str, Transform]] = {}
    waiting = deque([leader])
    while waiting:
        here = waiting.popleft()
        for _, there, pair in sorted(steps[here], key=lambda step: step[:2]):
            if there == leader or there in ways:
                continue
            step = pair.transform if pair.a == there else pair.transform.inverse()
            if here == leader:
                ways[there] = (pair.change, step)
            else:
                changes = dict.fromkeys((*pair.change.split(", "), *ways[here][0].split(", ")))
                ways[there] = (", ".join(changes), step.then(ways[here][1]))
            waiting.append(there)
    return ways


def _best_first(
    cluster: Sequence[int],
    films: Sequence[_Film],
    pairs: Sequence[TwinPair],
    enlarged: Container[tuple[int, float]],
) -> list[int]:
    """The numbers of ``cluster``, which is sorted; ``pairs`` are those within it."""
    own = {number: films[number].pixels for number in cluster}
    smallest_first = sorted(_finer(pairs), key=lambda one: (films[one[0]].pixels, one[0]))
    for number, other, scale in smallest_first:
        if (number, scale) in enlarged:
            reduced = round(films[number].pixels / scale**2)
            own[number] = min(own[number], reduced, own[other])
    # In steps, for what is nearly as large as something else must be so both ways.
    return sorted(
        cluster,
        key=lambda number: (
            -round(math.log(own[number]) / math.log(1 + _NEARLY)),
            own[number] < films[number].pixels,
            round(films[number].print.evenness, 1),
            -films[number].row.file_size,
        ),
    )


def _finer(pairs: Sequence[TwinPair]) -> Iterator[tuple[int, int, float]]:
    """(image, other image, how many times as many pixels a side it has of a place), above 1."""
    for pair in pairs:
        (a, b, _), (c, d, _) = pair.transform.matrix
        scale = math.sqrt(abs(a * d - b * c))
        if scale > 1 + _NEARLY:
            yield pair.b, pair.a, scale
        elif 1 / scale > 1 + _NEARLY:
            yield pair.a, pair.b, 1 / scale


def _find_enlarged(
    films: Sequence[_Film], clusters: Sequence[Sequence[TwinPair]], workers: Workers
) -> set[tuple[int, float]]:
    """The images, with the scale, that :func:`_finer` names and that only were enlarged by it."""
    scales: defaultdict[int, list[float]] = defaultdict(list)
    for pairs in clusters:
        for number, _, scale in _finer(pairs):
            scales[number].append(scale)
    questions = [(films[number].row, asked) for number, asked in scales.items()]
    answers = workers.map_ordered(_are_enlarged, questions)
    return {
        (number, scale)
        for (number, asked), told in zip(scales.items(), answers, strict=True)
        for scale, is_enlarged in zip(asked, told, strict=True)
        if is_enlarged
    }


def _are_enlarged(question: tuple[Prepared, Sequence[float]]) -> list[bool]:
    """Whether a film shows hardly anything finer than it would reduced by each scale, above 1.

    Of 24 films of public collections all reduced to 256×256 pixels and enlarged again with cubic
    or Lanczos interpolation fell below the limit in most cases; of the films themselves few did.
    """
    row, scales = question
    pixels = pixels_of(row).astype(np.float32)
    height, width = pixels.shape
    window = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)
    power = np.abs(np.fft.rfft2((pixels - pixels.mean()) * window)) ** 2
    rows, columns = np.abs(np.fft.fftfreq(height))[:, np.newaxis], np.fft.rfftfreq(width)
    frequency = np.maximum(rows, columns[np.newaxis])
    told = []
    for scale in scales:
        # In cycles per pixel of the reduced image, which shows none finer than a half.
        reduced = frequency * scale
        finer = power[reduced > _FINER].sum()
        coarser = power[(reduced > 0.35) & (reduced <= 0.5)].sum()
        told.append(bool(finer < _OWN_DETAIL * coarser))
    return told
