"""Codes → pairs of images that may be twins: the nearest neighbours, by faiss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from hilum.twins.fingerprint import Fingerprint
from hilum.twins.hashes import BITS, ORIENTATIONS, codes, coefficients, oriented

BRUTE_FORCE_UP_TO = 20_000
"""Images up to which every code is compared with every other."""

MOST_BITS = 76
"""Bits of 256 by which codes of one exposure may differ."""

_NEIGHBOURS = 4
"""Asked for at each query."""

_CHUNK = 512
"""Images whose codes are held at once."""

_WINDOW_ORIENTATIONS = (ORIENTATIONS[0], (False, True, False))
"""Of the sub-windows: as they are, and mirrored left to right."""

_LIST = 256
"""Codes per list of the inverted file, on average."""

_PROBES = 24
"""Lists that are searched for a code."""


@dataclass(frozen=True, order=True)
class Candidate:
    """A query's answer: the ``window`` of image ``a``, turned, looks like all of image ``b``."""

    bits: int
    """By which the codes differ."""
    window: int
    orientation: tuple[bool, bool, bool]
    a: int
    b: int


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
    whole = np.concatenate([codes(part[:, 0]) for _, part in _chunks(fingerprints)])
    if exhaustive is None:
        exhaustive = len(fingerprints) <= BRUTE_FORCE_UP_TO
    index = _flat(whole) if exhaustive else _inverted_file(whole)
    best: dict[tuple[int, int], Candidate] = {}
    for start, part in _chunks(fingerprints):
        for window, orientation, query in _queries(part):
            distances, neighbours = index.search(query, _NEIGHBOURS)
            near = (distances <= MOST_BITS) & (neighbours >= 0)
            near &= neighbours != np.arange(start, start + len(part))[:, None]
            for row, column in zip(*np.nonzero(near), strict=True):
                a, b = start + int(row), int(neighbours[row, column])
                bits = int(distances[row, column])
                one = Candidate(bits, window, orientation, a, b)
                key = (min(a, b), max(a, b))
                if key not in best or one < best[key]:
                    best[key] = one
    return [best[key] for key in sorted(best)]


def _chunks(
    fingerprints: Sequence[Fingerprint],
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    for start in range(0, len(fingerprints), _CHUNK):
        pictures = np.stack([one.picture() for one in fingerprints[start : start + _CHUNK]])
        yield start, coefficients(pictures)


def _queries(
    part: NDArray[np.float32],
) -> Iterator[tuple[int, tuple[bool, bool, bool], NDArray[np.uint8]]]:
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
    index._quantizer = quantizer  # the index only points at it
    return index
