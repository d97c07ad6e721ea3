"""Drawing whole groups into parts: seeded, stratified by class × origin."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from hilum.dataset.classes import class_of
from hilum.dataset.merge import MergedRow
from hilum.radiograph import Finding


def draw_parts(
    members: Mapping[str, Sequence[MergedRow]],
    shares: Sequence[float],
    *,
    classes: Sequence[Finding],
    seed: str,
) -> dict[str, int]:
    """Group → number of its part, of ``shares`` that add up to 1.

    The groups of a class stand in line, those of an origin together and shuffled; each goes to
    the part that lacks most images of the class so far. So every stratum is shared out, and what
    a small one leaves over is carried to the next. A group's class and origin are those of most of
    its rows; an unknown origin is one of its own.
    """
    strata: dict[tuple[str, str], list[str]] = defaultdict(list)
    for group, rows in members.items():
        strata[stratum(rows, classes)].append(group)
    lines: dict[str, list[str]] = defaultdict(list)
    for name, origin in sorted(strata):
        groups = sorted(strata[name, origin])
        random.Random(f"{seed}:{name}:{origin}").shuffle(groups)
        lines[name] += groups

    drawn: dict[str, int] = {}
    total = [0.0] * len(shares)
    for name in sorted(lines):
        own = [0.0] * len(shares)
        for group in lines[name]:
            # Decided without the group itself, else all large groups would go to the largest part.
            # Rounded, so that equal lacks are equal; then the part that lacks most of all images.
            open_parts = [part for part, share in enumerate(shares) if share > 0]
            chosen = max(open_parts, key=lambda p: (round(own[p], 6), round(total[p], 6), -p))
            size = len(members[group])
            for part, share in enumerate(shares):
                own[part] += share * size
                total[part] += share * size
            own[chosen] -= size
            total[chosen] -= size
            drawn[group] = chosen
    return drawn


def stratum(rows: Sequence[MergedRow], classes: Sequence[Finding]) -> tuple[str, str]:
    """(class, origin) that most of ``rows`` have; of equals the first in alphabetical order."""
    counts = Counter(
        (
            str(class_of(row.prepared.radiograph.finding, classes)),
            row.prepared.radiograph.origin or "",
        )
        for row in rows
    )
    return min(counts, key=lambda key: (-counts[key], key))
