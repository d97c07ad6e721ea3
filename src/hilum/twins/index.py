"""Codes → pairs of images that may be twins: the nearest neighbours, by faiss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import faiss
import numpy as np
from numpy.typing import NDArray

from hilum.twins.fingerprint import Fingerprint
from hilum.twins.hashes import (
    BITS,
    FREQUENCIES,
    ORIENTATIONS,
    Orientation,
    codes,
    coefficients,
    oriented,
    windows,
)

BRUTE_FORCE_UP_TO = 10_000
"""Images up to which every code is compared with every other."""

_MOST_BITS, _MOST_BITS_OF_WINDOWS = 74, 69
"""Bits of 256 by which codes of one exposure may differ."""

_NONE = np.empty((0, len(windows()), FREQUENCIES, FREQUENCIES), np.float32)

_NEIGHBOURS = 5
"""Asked for at each query; the image itself is among them, with borders and without."""

_MOST_EACH = 8
"""Candidates kept of an image, the nearest, so that their number grows no faster than the images';
one is kept as well where it is among those of the other image."""

_CHUNK = 512
"""Images whose codes are held at once."""

_WINDOW_ORIENTATIONS: tuple[Orientation, ...] = (ORIENTATIONS[0], (False, True, False))
"""Of the sub-windows: as they are, and mirrored left to right."""

_LIST = 256
"""Codes per list of the inverted file, on average."""

_PROBES = 24
"""Lists that are searched for a code."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A query's answer: the ``window`` of image ``a``, turned, looks like all of image ``b``."""

    bits: int
    """By which the codes differ."""
    window: int
    orientation: Orientation
    a: int
    b: int
    a_has_borders: bool
    b_has_borders: bool
    """Whether the image was looked at with its borders, or its content only."""


def propose(
    fingerprints: Sequence[Fingerprint], *, exhaustive: bool | None = None
) -> list[Candidate]:
    """The best candidate of each pair of images that may be twins, sorted by images.

    Args:
        fingerprints: none of them blank.
        exhaustive: compare all with all; None: up to :data:`BRUTE_FORCE_UP_TO` images.
    """
    if len(fingerprints) < 2:
        return []
    views = [
        (number, has_borders)
        for number, one in enumerate(fingerprints)
        for has_borders in ((False, True) if one.bordered else (False,))
    ]
    image = np.array([number for number, _ in views])
    whole = np.concatenate([codes(part[:, 0]) for _, part in _chunks(fingerprints, views)])
    if exhaustive is None:
        exhaustive = len(fingerprints) <= BRUTE_FORCE_UP_TO
    index = _flat(whole) if exhaustive else _inverted_file(whole)
    best = np.empty((0, 4), np.int64)  # bits, query, view of a, view of b; one row a pair
    for start, part in _chunks(fingerprints, views):
        found = [best]
        for number, (window, _, query) in enumerate(_queries(part)):
            distances, neighbours = index.search(query, _NEIGHBOURS)
            itself = image[neighbours] == image[start : start + len(part), None]
            most = _MOST_BITS_OF_WINDOWS if window else _MOST_BITS
            rows, columns = np.nonzero((distances <= most) & (neighbours >= 0) & ~itself)
            near = distances[rows, columns], neighbours[rows, columns]
            numbers = np.full(len(rows), number)
            found.append(np.stack([near[0], numbers, start + rows, near[1]], axis=1))
        best = _nearest_of_each(_best_of_each_pair(np.concatenate(found), image), image)
    kinds = [(window, orientation) for window, orientation, _ in _queries(_NONE)]
    candidates = []
    for bits, number, one, other in best.tolist():
        (a, a_has_borders), (b, b_has_borders) = views[one], views[other]
        candidates.append(Candidate(bits, *kinds[number], a, b, a_has_borders, b_has_borders))
    return candidates


def _best_of_each_pair(found: NDArray[np.int64], image: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of the rows (bits, query, view of a, of b) the least of each two images, sorted by these.

    ``image`` is that of each view.
    """
    low, high = image[found[:, 2:]].min(axis=1), image[found[:, 2:]].max(axis=1)
    order = np.lexsort((found[:, 3], found[:, 2], found[:, 1], found[:, 0], high, low))
    low, high = low[order], high[order]
    is_first = np.ones(len(order), np.bool_)
    is_first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    return found[order[is_first]]


def _nearest_of_each(pairs: NDArray[np.int64], image: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those of the rows (bits, query, view of a, of b) that are among the nearest of either image,
    in order."""
    bits, query = pairs[:, 0], pairs[:, 1]
    # A window has fewer bits to differ by.
    bits = bits + np.where(query >= 2 * len(ORIENTATIONS), _MOST_BITS - _MOST_BITS_OF_WINDOWS, 0)
    kept = np.zeros(len(pairs), np.bool_)
    rows, bits = np.tile(np.arange(len(pairs)), 2), np.tile(bits, 2)
    of = image[pairs[:, 2:].T.ravel()]
    order = np.lexsort((rows, bits, of))
    of = of[order]
    first = np.searchsorted(of, of)  # of the same image
    kept[rows[order][np.arange(len(order)) - first < _MOST_EACH]] = True
    return pairs[kept]


def _chunks(
    fingerprints: Sequence[Fingerprint], views: Sequence[tuple[int, bool]]
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    for start in range(0, len(views), _CHUNK):
        some = views[start : start + _CHUNK]
        pictures = [fingerprints[n].picture(has_borders=has_borders) for n, has_borders in some]
        yield start, coefficients(np.stack(pictures))


def _queries(
    part: NDArray[np.float32],
) -> Iterator[tuple[int, Orientation, NDArray[np.uint8]]]:
    """(window, orientation, codes) of all that is asked of a chunk; an inversion is asked too."""
    for orientation in ORIENTATIONS:
        query = codes(oriented(part[:, 0], orientation))
        yield 0, orientation, query
        yield 0, orientation, ~query
    for window in range(1, part.shape[1]):
        for orientation in _WINDOW_ORIENTATIONS:
            yield window, orientation, codes(oriented(part[:, window], orientation))


def _flat(whole: NDArray[np.uint8]) -> faiss.IndexBinary:
    index = faiss.IndexBinaryFlat(BITS)
    index.add(whole)
    return index


def _inverted_file(whole: NDArray[np.uint8]) -> faiss.IndexBinary:
    """Lists of equal mean length, found through a graph, so that a query costs about the same."""
    lists = max(1, len(whole) // _LIST)
    quantizer = faiss.IndexBinaryHNSW(BITS, 16)
    quantizer.hnsw.efSearch = 2 * _PROBES
    index = faiss.IndexBinaryIVF(quantizer, BITS, lists)
    index.cp.niter = 6
    index.cp.max_points_per_centroid = 32
    index.train(whole)
    index.add(whole)
    index.nprobe = _PROBES
    index.own_fields = True
    cast(Any, quantizer).this.disown()  # the index frees it
    return index
