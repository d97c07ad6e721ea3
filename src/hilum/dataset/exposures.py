"""Rows → exposures: which images are of one exposure, which of them is kept, how the others lie."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hilum.dataset.prepare import Prepared, film
from hilum.twins.clusters import clusters
from hilum.twins.find import TwinPair, find_twins
from hilum.twins.transform import Transform
from hilum.workers import Progress, no_progress

_OWN_DETAIL = 0.2
"""Power beyond what fits into the smaller image, over that of the finest which does, below which
an image counts as enlarged."""

_NEARLY = 0.05
"""Relative difference of the numbers of pixels up to which two images are of one resolution."""


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


def find_exposures(
    rows: Sequence[Prepared], *, workers: int = 1, progress: Progress = no_progress
) -> list[Exposure]:
    """``rows`` as exposures, in the order of their first rows.

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
    pairs = find_twins(
        [row.fingerprint for row in firsts],
        load=film,
        sources=firsts,
        workers=workers,
        progress=progress,
    )
    found = clusters(len(firsts), pairs)
    by_first = {group[0]: group for group in found}
    covered = {number for group in found for number in group}
    exposures = []
    for number, row in enumerate(firsts):
        if number in by_first:
            exposures.append(_exposure(by_first[number], firsts, pairs, copies))
        elif number not in covered:
            exposures.append(Exposure(row, _equal(row, copies, None, _whole(row))))
    return exposures


def _exposure(
    cluster: Sequence[int],
    firsts: Sequence[Prepared],
    pairs: Sequence[TwinPair],
    copies: Mapping[str, Sequence[Prepared]],
) -> Exposure:
    ranked = _best_first([firsts[number] for number in cluster])
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


def _best_first(rows: Sequence[Prepared]) -> list[Prepared]:
    """``rows`` of one exposure, which are given in their order."""
    largest_first = sorted(rows, key=lambda row: -_pixels(row))
    own = {row.image_id: _pixels(row) for row in rows}
    for number, row in enumerate(largest_first[:-1]):
        smaller = largest_first[number + 1]
        if _pixels(row) > (1 + _NEARLY) * _pixels(smaller) and _is_enlarged(row, smaller):
            own[row.image_id] = _pixels(smaller)
    # In steps, for what is nearly as large as something else must be so both ways.
    return sorted(
        rows,
        key=lambda row: (
            -round(math.log(own[row.image_id]) / math.log(1 + _NEARLY)),
            own[row.image_id] < _pixels(row),
            round(row.fingerprint.evenness, 1),
            -row.stored_size,
        ),
    )


def _pixels(row: Prepared) -> int:
    return row.fingerprint.width * row.fingerprint.height


def _is_enlarged(row: Prepared, smaller: Prepared) -> bool:
    """Whether ``row`` shows hardly anything finer than fits into the size of ``smaller``.

    Of 24 films of public collections all reduced to 256×256 pixels and enlarged again with cubic
    or Lanczos interpolation fell below the limit in most cases; of the films themselves few did.
    """
    pixels = film(row).astype(np.float32)
    height, width = pixels.shape
    window = np.outer(np.hanning(height), np.hanning(width))
    power = np.abs(np.fft.rfft2((pixels - pixels.mean()) * window)) ** 2
    rows = np.abs(np.fft.fftfreq(height))[:, np.newaxis] * height / smaller.fingerprint.height
    columns = np.fft.rfftfreq(width)[np.newaxis] * width / smaller.fingerprint.width
    # In cycles per pixel of the smaller one, which shows none finer than a half.
    frequency = np.maximum(rows, columns)
    coarser = power[(frequency > 0.35) & (frequency <= 0.5)].sum()
    return bool(power[frequency > 0.55].sum() < _OWN_DETAIL * coarser)
