"""Rows → exposures: which images are of one exposure, which of them is kept, how the others lie."""

from __future__ import annotations

import enum
import math
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hilum.dataset.prepare import Prepared, film
from hilum.twins.clusters import clusters
from hilum.twins.find import TwinPair, find_twins
from hilum.twins.transform import Transform
from hilum.workers import Progress, no_progress

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
    twins: Twins = Twins.UNITE,
    *,
    workers: int = 1,
    progress: Progress = no_progress,
) -> Exposures:
    """``rows`` as exposures.

    The image that leads shows most: the one with the most pixels of its own (an enlargement counts
    as what it was made from); of nearly as many, the one that was not enlarged, then not equalised;
    then the larger file; then the one given first.

    Raises:
        ImageError: a source file changed or vanished since it was prepared.
    """
    copies: defaultdict[str, list[Prepared]] = defaultdict(list)
    for row in rows:
        copies[row.image_id].append(row)
    firsts = [group[0] for group in copies.values()]
    if twins is Twins.IGNORE:
        return Exposures([_alone(row, copies) for row in firsts], [])
    pairs = find_twins(
        [row.fingerprint for row in firsts],
        load=film,
        sources=firsts,
        workers=workers,
        progress=progress,
    )
    if twins is Twins.GROUP:
        return Exposures([_alone(row, copies) for row in firsts], pairs)
    found = clusters(len(firsts), pairs)
    cluster_of = {number: place for place, group in enumerate(found) for number in group}
    within: list[list[TwinPair]] = [[] for _ in found]
    between = []
    for pair in pairs:
        place = cluster_of.get(pair.a)
        if place is not None and place == cluster_of.get(pair.b):
            within[place].append(pair)
        else:
            between.append(pair)
    exposures: list[Exposure] = []
    index: dict[int, int] = {}
    for number, row in enumerate(firsts):
        place = cluster_of.get(number)
        if place is None:
            index[number] = len(exposures)
            exposures.append(_alone(row, copies))
        elif found[place][0] == number:
            index |= dict.fromkeys(found[place], len(exposures))
            exposures.append(_exposure(found[place], firsts, within[place], copies))
    links = [replace(p, a=index[p.a], b=index[p.b]) for p in between]
    return Exposures(exposures, links)


def _alone(row: Prepared, copies: Mapping[str, Sequence[Prepared]]) -> Exposure:
    return Exposure(row, _equal(row, copies, None, _whole(row)))


def _exposure(
    cluster: Sequence[int],
    firsts: Sequence[Prepared],
    pairs: Sequence[TwinPair],
    copies: Mapping[str, Sequence[Prepared]],
) -> Exposure:
    ranked = _best_first([firsts[number] for number in cluster], cluster, pairs)
    leader = ranked[0]
    numbers = {firsts[number].image_id: number for number in cluster}
    paths = _ways(numbers[leader.image_id], pairs)
    others = list(_equal(leader, copies, None, _whole(leader)))
    for row in ranked[1:]:
        change, way = paths[numbers[row.image_id]]
        others.append(Member(row, change, way))
        others += _equal(row, copies, change, way)
    return Exposure(leader, tuple(others))


def _equal(
    row: Prepared, copies: Mapping[str, Sequence[Prepared]], change: str | None, way: Transform
) -> tuple[Member, ...]:
    """The files that are equal to that of ``row`` byte for byte."""
    return tuple(Member(copy, change, way) for copy in copies[row.image_id][1:])


def _whole(row: Prepared) -> Transform:
    size = (row.fingerprint.width, row.fingerprint.height)
    return Transform.resizing(size, size)


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
    rows: Sequence[Prepared], numbers: Sequence[int], pairs: Sequence[TwinPair]
) -> list[Prepared]:
    """``rows`` of one exposure, which are given in their order, with the pairs among them."""
    place = {number: index for index, number in enumerate(numbers)}
    own = [_pixels(row) for row in rows]
    smallest_first = sorted(range(len(rows)), key=lambda index: own[index])
    for index in smallest_first:
        for pair in pairs:
            ends = place[pair.a], place[pair.b]
            if index not in ends:
                continue
            other = ends[0] if ends[1] == index else ends[1]
            way = pair.transform if ends[1] == index else pair.transform.inverse()
            # From the other image to this one: above 1 where this one has more pixels of a place.
            scale = math.sqrt(abs(_determinant(way)))
            if scale > 1 + _NEARLY and _is_enlarged(rows[index], scale):
                own[index] = min(own[index], round(_pixels(rows[index]) / scale**2), own[other])
    # In steps, for what is nearly as large as something else must be so both ways.
    order = sorted(
        range(len(rows)),
        key=lambda index: (
            -round(math.log(own[index]) / math.log(1 + _NEARLY)),
            own[index] < _pixels(rows[index]),
            round(rows[index].fingerprint.evenness, 1),
            -rows[index].file_size,
        ),
    )
    return [rows[index] for index in order]


def _determinant(transform: Transform) -> float:
    (a, b, _), (c, d, _) = transform.matrix
    return a * d - b * c


def _pixels(row: Prepared) -> int:
    return row.fingerprint.width * row.fingerprint.height


def _is_enlarged(row: Prepared, scale: float) -> bool:
    """Whether ``row`` shows hardly anything finer than it would reduced by ``scale``, above 1.

    Of 24 films of public collections all reduced to 256×256 pixels and enlarged again with cubic
    or Lanczos interpolation fell below the limit in most cases; of the films themselves few did.
    """
    pixels = film(row).astype(np.float32)
    height, width = pixels.shape
    window = np.outer(np.hanning(height), np.hanning(width))
    power = np.abs(np.fft.rfft2((pixels - pixels.mean()) * window)) ** 2
    rows, columns = np.abs(np.fft.fftfreq(height))[:, np.newaxis], np.fft.rfftfreq(width)
    # In cycles per pixel of the reduced image, which shows none finer than a half.
    frequency = np.maximum(rows, columns[np.newaxis]) * scale
    finer = power[frequency > _FINER].sum()
    coarser = power[(frequency > 0.35) & (frequency <= 0.5)].sum()
    return bool(finer < _OWN_DETAIL * coarser)
