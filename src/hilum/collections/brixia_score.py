"""The Brixia score: six zones of the lungs, each 0 to 3, and their sum (Borghesi et al., 2020)."""

from __future__ import annotations

from collections.abc import Sequence

from hilum.radiograph import SeverityScore
from hilum.scales import BRIXIA

_ZONES = 6


def brixia_score(zones: Sequence[str], total: str) -> SeverityScore | None:
    """The sum of six zones as a score of the scale ``brixia``, 0 to 18; None if they are damaged.

    Args:
        zones: what is written for A, B, C (the right lung from above) and D, E, F (the left).
        total: the sum that is written beside them; the score is damaged if it is another.

    >>> brixia_score("012300", "6")
    SeverityScore(scale='brixia', value=6.0, maximum=18.0)
    >>> brixia_score("012300", "7"), brixia_score("01230", "6"), brixia_score("000004", "4")
    (None, None, None)
    """
    if len(zones) != _ZONES or not all(zone in tuple("0123") for zone in zones):
        return None
    value = sum(map(int, zones))
    if total.removesuffix(".0") != str(value):
        return None
    return SeverityScore(BRIXIA.name, float(value), BRIXIA.maximum)
