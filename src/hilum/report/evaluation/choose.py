"""Which radiographs are shown: the best, median and worst of each target, and the worst misses."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from hilum.evaluation.cases import Case
from hilum.evaluation.overlap import dice_per_image
from hilum.radiograph import Finding, Structure

PER_RANK, PER_MISS = 3, 6

FINDING = "finding"
"""Subject of a picture that shows a wrong finding."""


@dataclass(frozen=True)
class Shown:
    """A radiograph to show, and for what."""

    case: Case
    subject: str
    """The structure outlined, or :data:`FINDING`."""
    dice: float | None = None
    probability: float | None = None
    """Of COVID-19."""


@dataclass(frozen=True)
class Gallery:
    """A row of pictures."""

    title: str
    shown: tuple[Shown, ...]


def example_galleries(cases: Sequence[Case], structure: Structure) -> list[Gallery]:
    """The best, median and worst by Dice, of images that have the structure and were judged."""
    ranked = sorted(
        (
            Shown(case, structure.value, dice=_dice(case, structure))
            for case in cases
            if not case.refused and structure in case.masks and case.masks[structure].true
        ),
        key=lambda shown: (-(shown.dice or 0.0), shown.case.image_id),
    )
    n = len(ranked)
    each = max(1, min(PER_RANK, n // 3))
    middle = (n - each + 1) // 2
    parts = {"Best": range(each), "Worst": range(max(each, n - each), n)}
    taken = {number for numbers in parts.values() for number in numbers}
    parts["Median"] = range(middle, middle + each)
    galleries = []
    for title in ("Best", "Median", "Worst"):
        numbers = [k for k in parts[title] if k < n and (title != "Median" or k not in taken)]
        if numbers:
            said = f"{title} of {n} by Dice"
            galleries.append(Gallery(said, tuple(ranked[k] for k in numbers)))
    return galleries


def miss_galleries(cases: Sequence[Case]) -> list[Gallery]:
    """Images with COVID-19 called something else, and the reverse: those where it was surest."""
    judged = [
        Shown(case, FINDING, probability=case.probabilities[Finding.COVID])
        for case in cases
        if case.truth is not None
        and case.predicted is not None
        and math.isfinite(case.probabilities.get(Finding.COVID, math.nan))
    ]
    missed = [s for s in judged if _is_covid(s.case.truth) and not _is_covid(s.case.predicted)]
    called = [s for s in judged if not _is_covid(s.case.truth) and _is_covid(s.case.predicted)]
    missed.sort(key=lambda s: (s.probability or 0.0, s.case.image_id))
    called.sort(key=lambda s: (-(s.probability or 0.0), s.case.image_id))
    titles = (
        "COVID-19 that was missed (false negatives)",
        "Called COVID-19 without it (false positives)",
    )
    parts = [(title, part) for title, part in zip(titles, (missed, called), strict=True) if part]
    return [Gallery(f"{title}: {_surest(part)}", tuple(part[:PER_MISS])) for title, part in parts]


def _surest(part: Sequence[Shown]) -> str:
    return f"all {len(part)}" if len(part) <= PER_MISS else f"the {PER_MISS} surest of {len(part)}"


def everything_shown(cases: Sequence[Case]) -> Iterator[Shown]:
    """Each picture that the page has a place for."""
    for structure in structures_of(cases):
        for gallery in example_galleries(cases, structure):
            yield from gallery.shown
    for gallery in miss_galleries(cases):
        yield from gallery.shown


def structures_of(cases: Sequence[Case]) -> list[Structure]:
    """What any case has a mask of; infection first, then by the vocabulary's order."""
    known = {structure for case in cases for structure in case.masks}
    ordered = [structure for structure in Structure if structure in known]
    return sorted(ordered, key=lambda structure: structure is not Structure.INFECTION)


def _dice(case: Case, structure: Structure) -> float:
    mask = case.masks[structure]
    counts = (np.array([count]) for count in (mask.both, mask.found, mask.true))
    return float(dice_per_image(*counts)[0])


def _is_covid(finding: Finding | None) -> bool:
    return finding is not None and finding.is_a(Finding.COVID)
