"""How much of the lungs is infected: infected lung pixels ÷ lung pixels × 100.

The definition is that of Tahir et al. 2021, doi 10.1016/j.compbiomed.2021.105002; the six
zones are the thirds of each lung's own height.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hilum.imaging.masks import BinaryMask

ZONES = ("upper", "middle", "lower")


@dataclass(frozen=True)
class LungSeverity:
    """Infected percent of one lung, whole and of its upper, middle and lower third."""

    infected_percent: float | None
    zones: tuple[float | None, float | None, float | None]


UNMEASURED_LUNG = LungSeverity(None, (None, None, None))


@dataclass(frozen=True)
class Severity:
    """Infected percents, 0–100; None where they cannot be known."""

    infected_percent: float | None
    right_lung: LungSeverity
    left_lung: LungSeverity


UNMEASURED = Severity(None, UNMEASURED_LUNG, UNMEASURED_LUNG)


def measure_severity(
    right_lung: BinaryMask, left_lung: BinaryMask, infection: BinaryMask
) -> Severity:
    """Percents from bool H×W masks of one size.

    A lung whose mask is empty has no percents, and then the whole has none either: nobody
    knows how ill the lung is that cannot be seen.
    """
    right = _measure_lung(right_lung, infection)
    left = _measure_lung(left_lung, infection)
    whole = None
    if right.infected_percent is not None and left.infected_percent is not None:
        lungs = right_lung | left_lung
        whole = _percent(np.count_nonzero(infection & lungs), np.count_nonzero(lungs))
    return Severity(whole, right, left)


def _measure_lung(lung: BinaryMask, infection: BinaryMask) -> LungSeverity:
    lung_rows = np.count_nonzero(lung, axis=1)
    filled = np.flatnonzero(lung_rows)
    if len(filled) == 0:
        return UNMEASURED_LUNG
    infected_rows = np.count_nonzero(lung & infection, axis=1)
    top, bottom = int(filled[0]), int(filled[-1]) + 1
    edges = [top + round((bottom - top) * part / 3) for part in range(4)]
    upper, middle, lower = (
        _percent_of_rows(infected_rows[start:end], lung_rows[start:end])
        for start, end in itertools.pairwise(edges)
    )
    return LungSeverity(_percent_of_rows(infected_rows, lung_rows), (upper, middle, lower))


def _percent_of_rows(infected: NDArray[np.intp], lung: NDArray[np.intp]) -> float | None:
    return _percent(infected.sum(), lung.sum())


def _percent(
    infected: int | np.signedinteger[Any], lung: int | np.signedinteger[Any]
) -> float | None:
    return None if lung == 0 else float(100 * infected / lung)
