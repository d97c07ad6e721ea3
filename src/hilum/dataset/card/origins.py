"""Class × collection × origin × split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from hilum.dataset.card.confounding import finding_of
from hilum.dataset.card.markdown import table
from hilum.dataset.write import PlacedRow
from hilum.radiograph import Split

_MOST_ORIGINS = 8
"""Of one collection, that have lines of their own; the rest is counted together."""


def origins_table(rows: Sequence[PlacedRow], splits: Sequence[Split]) -> str:
    """How many radiographs of each collection, origin and finding each split has."""
    named = _named_origins(rows)
    counts: Counter[tuple[str, str, str, Split]] = Counter()
    for row in rows:
        radiograph = row.row.prepared.radiograph
        origin = named[radiograph.collection, radiograph.origin]
        counts[radiograph.collection, origin, finding_of(row) or "unknown", row.split] += 1
    lines = (
        [*key, *(counts[(*key, split)] for split in splits)]
        for key in sorted({key[:3] for key in counts})
    )
    return table(["collection", "origin", "finding", *splits], lines)


def _named_origins(rows: Sequence[PlacedRow]) -> dict[tuple[str, str | None], str]:
    radiographs = [row.row.prepared.radiograph for row in rows]
    counts = Counter((r.collection, r.origin) for r in radiographs)
    return dict(
        pair
        for collection in {r.collection for r in radiographs}
        for pair in _of_collection(collection, counts)
    )


def _of_collection(
    collection: str, counts: Counter[tuple[str, str | None]]
) -> Iterator[tuple[tuple[str, str | None], str]]:
    mine = [(origin, count) for (name, origin), count in counts.items() if name == collection]
    known = sorted(((-count, origin) for origin, count in mine if origin is not None))
    rest = len(known) - _MOST_ORIGINS
    yield (collection, None), "unknown"
    for number, (_, origin) in enumerate(known):
        together = rest > 1 and number >= _MOST_ORIGINS
        yield (collection, origin), f"{rest} further origins" if together else origin
