"""How far one label tells another, and which classes share no source."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Association:
    """Cramér's V of two labels; None where one of them takes a single value."""

    v: float | None
    n: int
    """Radiographs of which both labels are known."""


def cramers_v(pairs: Iterable[tuple[str | None, str | None]]) -> Association:
    """Cramér's V with Bergsma's bias correction, over the pairs in which both are known.

    0: neither tells the other; 1: one follows from the other. After W. Bergsma, A bias-correction
    for Cramér's V and Tschuprow's T, 2013, doi 10.1016/j.jkss.2012.10.002.

    >>> cramers_v([("a", "x")] * 50 + [("b", "y")] * 50)
    Association(v=1.0, n=100)
    >>> cramers_v([("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")])
    Association(v=0.0, n=4)
    """
    return association_of(Counter((a, b) for a, b in pairs if a is not None and b is not None))


def association_of(counts: Counter[tuple[str, str]]) -> Association:
    """The same, of how often each pair of labels occurs."""
    n = counts.total()
    rows, columns = _margin(counts, 0), _margin(counts, 1)
    if min(len(rows), len(columns)) < 2:
        return Association(None, n)
    chi_square = n * (sum(c * c / (rows[a] * columns[b]) for (a, b), c in counts.items()) - 1)
    r, k = len(rows), len(columns)
    phi_square = max(0.0, chi_square / n - (r - 1) * (k - 1) / (n - 1))
    least = min(r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)) - 1
    if least <= 0:  # as many values as radiographs: nothing can be said
        return Association(None, n)
    return Association(min(1.0, round(math.sqrt(phi_square / least), 12)), n)


def _margin(counts: Mapping[tuple[str, str], int], side: int) -> Counter[str]:
    margin: Counter[str] = Counter()
    for pair, count in counts.items():
        margin[pair[side]] += count
    return margin


@dataclass(frozen=True)
class Sharing:
    """One class against the others: with which does it share a source?"""

    name: str
    known: int
    unknown: int
    """Radiographs of which the source is (not) known."""
    sources: int
    shares: tuple[str, ...]
    shares_none: tuple[str, ...]
    unidentified: tuple[str, ...]
    """No known source in common, and of one of the two some sources are unknown."""


def compare_sources(pairs: Sequence[tuple[str, str | None]]) -> list[Sharing]:
    """Each class of (class, source) against each other one; an unknown source is None."""
    sources: dict[str, set[str]] = defaultdict(set)
    known: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    for name, source in pairs:
        (unknown if source is None else known)[name] += 1
        sources[name] |= set() if source is None else {source}
    compared = []
    for name in sorted(sources):
        others = [other for other in sorted(sources) if other != name]
        apart = [other for other in others if not sources[name] & sources[other]]
        compared.append(
            Sharing(
                name=name,
                known=known[name],
                unknown=unknown[name],
                sources=len(sources[name]),
                shares=tuple(other for other in others if other not in apart),
                shares_none=tuple(o for o in apart if not unknown[name] and not unknown[o]),
                unidentified=tuple(o for o in apart if unknown[name] or unknown[o]),
            )
        )
    return compared
