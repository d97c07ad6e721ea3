"""What a person who trains or tests on a dataset should know first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from statistics import median

from hilum.dataset.card.confounding import collection_warnings, finding_of, origin_warnings
from hilum.dataset.write import PlacedRow
from hilum.radiograph import UNSTATED_LICENCE, Split

_FEWEST_AGES = 10
"""Of one finding, with which its ages are compared to those of others."""

_FEW = 30
"""Test images of one finding below which a score says little."""


def warnings(rows: Sequence[PlacedRow]) -> list[str]:
    """One sentence each, never none: unknowns are told too."""
    return [
        *origin_warnings(rows),
        *collection_warnings(rows),
        *_age_warnings(rows),
        *_test_warnings(rows),
        *_other_warnings(rows),
        "Images of unknown patients count as one patient each.",
    ]


def _age_warnings(rows: Sequence[PlacedRow]) -> Iterator[str]:
    ages: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        name, age = finding_of(row), row.row.prepared.radiograph.age
        if name is not None and age is not None:
            ages[name].append(age)
    told = [name for name in sorted(ages) if len(ages[name]) >= _FEWEST_AGES]
    for name in told:
        outside = [
            other
            for other in told
            if not min(ages[other]) <= median(ages[name]) <= max(ages[other])
        ]
        if outside:
            yield (
                f"**{name}** has patients of other ages (median {median(ages[name]):g}) than "
                f"{', '.join(outside)}: a network can win by telling the age."
            )


def _test_warnings(rows: Sequence[PlacedRow]) -> Iterator[str]:
    if not any(row.split is Split.TEST for row in rows):
        yield "There is no test split: nothing here can be scored."
        return
    counts = Counter(finding_of(row) for row in rows if row.split is Split.TEST)
    names = sorted({name for row in rows if (name := finding_of(row))})
    few = [f"{name} {counts[name]}" for name in names if counts[name] < _FEW]
    if few:
        yield f"Few test images, on which no score can rest: {', '.join(few)}."


def _other_warnings(rows: Sequence[PlacedRow]) -> Iterator[str]:
    radiographs = [row.row.prepared.radiograph for row in rows]
    unstated = sum(UNSTATED_LICENCE.name in r.licence.name for r in radiographs)
    if unstated:
        yield f"No licence is stated for {unstated} images; that is no permission."
    unknown = sum(r.finding is None for r in radiographs)
    if unknown:
        yield f"The finding of {unknown} images is unknown; unknown is not normal."
    conventions = sorted({str(r.lung_convention) for r in radiographs if r.lung_convention})
    if len(conventions) > 1:
        yield f"Lungs are drawn by {len(conventions)} conventions ({', '.join(conventions)}), " + (
            "whose areas are not comparable."
        )
