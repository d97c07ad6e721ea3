"""Cases by what they come from and of whom they are. Unknown is a stratum of its own."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from hilum.evaluation.cases import Case

UNKNOWN = "unknown"

_AGES = ((18, "<18"), (40, "18–39"), (60, "40–59"), (80, "60–79"), (float("inf"), "80+"))
"""Below so many years: the band."""


class Stratum(enum.StrEnum):
    """By what cases are parted."""

    COLLECTION = "collection"
    ORIGIN = "origin"
    SEX = "sex"
    AGE = "age"
    PROJECTION = "projection"


def stratum_of(case: Case, by: Stratum) -> str:
    """The name of the stratum that ``case`` is in: ``age=40–59``, ``sex=unknown``."""
    value = {
        Stratum.COLLECTION: case.collection,
        Stratum.ORIGIN: case.origin,
        Stratum.SEX: case.sex,
        Stratum.AGE: age_band(case.age),
        Stratum.PROJECTION: case.projection,
    }[by]
    return f"{by}={value or UNKNOWN}"


def age_band(age: float | None) -> str:
    """The band of an age in years.

    >>> age_band(17.9), age_band(40), age_band(None)
    ('<18', '40–59', 'unknown')
    """
    if age is None:
        return UNKNOWN
    return next((band for below, band in _AGES if age < below), UNKNOWN)


def strata(cases: Sequence[Case], by: Stratum) -> dict[str, list[Case]]:
    """Name of each stratum → its cases; the largest first, equally large ones by name."""
    parts: dict[str, list[Case]] = {}
    for case in cases:
        parts.setdefault(stratum_of(case, by), []).append(case)
    return dict(sorted(parts.items(), key=lambda item: (-len(item[1]), item[0])))
