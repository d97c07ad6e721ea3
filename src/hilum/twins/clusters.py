"""Pairs → clusters of images that show one exposure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from hilum.errors import HilumError
from hilum.twins.find import TwinPair

STRONG = 0.78
"""Score from which on one pair alone joins whatever it touches."""


def clusters(count: int, pairs: Sequence[TwinPair]) -> list[list[int]]:
    """Clusters of two images or more among ``count``, each sorted, in order of their first image.

    Strong pairs join all that they touch. A weak pair (score below :data:`STRONG`) adds a single
    image to what it resembles most; two clusters that strong pairs made are joined by weak pairs
    only where there are two of them or more. So no single doubtful pair glues two exposures.

    Raises:
        HilumError: a pair names an image that there is not.
    """
    if any(not 0 <= pair.a < pair.b < count for pair in pairs):
        raise HilumError("a pair names an image that there is not", expected=f"below {count}")
    parent = list(range(count))

    def find(number: int) -> int:
        while parent[number] != number:
            parent[number] = number = parent[parent[number]]
        return number

    def join(one: int, other: int) -> None:
        low, high = sorted((find(one), find(other)))
        parent[high] = low

    for pair in pairs:
        if pair.score >= STRONG:
            join(pair.a, pair.b)
    size: defaultdict[int, int] = defaultdict(int)
    for number in range(count):
        size[find(number)] += 1
    single = {number for number in range(count) if size[find(number)] == 1}
    bridges: defaultdict[tuple[int, int], list[TwinPair]] = defaultdict(list)
    for pair in pairs:
        low, high = sorted((find(pair.a), find(pair.b)))
        if low != high:
            bridges[low, high].append(pair)
    best_first = sorted(bridges.items(), key=lambda item: (-max(p.score for p in item[1]), item[0]))
    for (low, high), between in best_first:
        alone = {low, high} & single
        if alone or len(between) > 1:
            join(low, high)
        single -= {low, high}
    members: defaultdict[int, list[int]] = defaultdict(list)
    for number in range(count):
        members[find(number)].append(number)
    return [group for _, group in sorted(members.items()) if len(group) > 1]
