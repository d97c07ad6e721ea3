"""Codes → pairs of images that may be twins: the nearest neighbours, by faiss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
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
from hilum.workers import map_threads

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
"""Views that a thread asks for at a time."""

_HELD = 100_000
"""Neighbours at least that are held before only the nearest are kept."""

_WINDOW_ORIENTATIONS: tuple[Orientation, ...] = (ORIENTATIONS[0], (False, True, False))
"""Of the sub-windows: as they are, and mirrored left to right."""

_LIST = 128
"""Codes per list of the inverted file, on average."""

_PROBES = 48
"""Lists that are searched for a code: of 5,000 pairs among 100,000 images 11 are overlooked."""


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
    fingerprints: Sequence[Fingerprint], *, exhaustive: bool | None = None, threads: int = 1
) -> list[Candidate]:
    """The best candidate of each pair of images that may be twins, sorted by images.

    Args:
        fingerprints: none of them blank.
        exhaustive: compare all with all; None: up to :data:`BRUTE_FORCE_UP_TO` images.
        threads: that search, each some images at a time.
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
    found: list[NDArray[np.int64]] = []
    ask = partial(_neighbours, index, image)
    for some in map_threads(ask, _chunks(fingerprints, views), threads=threads):
        found.append(some)
        if sum(map(len, found)) > max(len(best), _HELD):
            best = _best_of_all([best, *found], image)
            found = []
    best = _best_of_all([best, *found], image)
    kinds = [(window, orientation) for window, orientation, _ in _queries(_NONE)]
    candidates = []
    for bits, number, one, other in best.tolist():
        (a, a_has_borders), (b, b_has_borders) = views[one], views[other]
        candidates.append(Candidate(bits, *kinds[number], a, b, a_has_borders, b_has_borders))
    return candidates


def _neighbours(
    index: faiss.IndexBinary, image: NDArray[np.int64], chunk: tuple[int, NDArray[np.float32]]
) -> NDArray[np.int64]:
    """Rows (bits, query, view of a, of b) of what is near to the views of a chunk.

    ``image`` is that of each view.
    """
    # Of this thread alone. Those that faiss starts for each search wait for one another.
    faiss.omp_set_num_threads(1)
    start, part = chunk
    windows_asked, _, queries = zip(*_queries(part), strict=True)
    distances, neighbours = index.search(np.concatenate(queries), _NEIGHBOURS)
    most = np.where(windows_asked, _MOST_BITS_OF_WINDOWS, _MOST_BITS).repeat(len(part))
    view = np.tile(np.arange(start, start + len(part)), len(queries))
    itself = image[neighbours] == image[view, None]
    rows, columns = np.nonzero((distances <= most[:, None]) & (neighbours >= 0) & ~itself)
    near = distances[rows, columns], neighbours[rows, columns]
    return np.stack([near[0], rows // len(part), view[rows], near[1]], axis=1, dtype=np.int64)


def _best_of_all(found: Sequence[NDArray[np.int64]], image: NDArray[np.int64]) -> NDArray[np.int64]:
    return _nearest_of_each(_best_of_each_pair(np.concatenate(found), image), image)


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
    """Lists of equal mean length."""
    quantizer = faiss.IndexBinaryFlat(BITS)
    index = faiss.IndexBinaryIVF(quantizer, BITS, max(1, len(whole) // _LIST))
    index.cp.niter = 6
    index.cp.max_points_per_centroid = 32
    index.train(whole)
    index.add(whole)
    index.nprobe = _PROBES
    index.per_invlist_search = True  # for all queries at once: half the time
    index.own_fields = True
    cast(Any, quantizer).this.disown()  # the index frees it
    return index
