"""The scales on which it is said how severe a film is: unit, range and who defined them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """A severity scale; every one begins at 0, which is nothing seen."""

    name: str
    maximum: float
    unit: str
    """``percent`` or ``points``."""
    meaning: str
    source: str

    @property
    def column(self) -> str:
        """Its column in tables, which carries the range: a score without its scale means nothing.

        >>> GEOGRAPHIC_EXTENT.column
        'geographic_extent_0_to_8'
        """
        return f"{self.name}_0_to_{self.maximum:g}"

    def holds(self, value: float) -> bool:
        """Whether ``value`` lies on the scale; NaN does not."""
        return 0 <= value <= self.maximum

    def nearest(self, value: float) -> float:
        """The point of the scale nearest to ``value``."""
        return min(max(value, 0.0), self.maximum)


INFECTED_PERCENT = Scale(
    "infected_percent",
    100.0,
    "percent",
    "infected lung pixels ÷ lung pixels × 100",
    "Tahir et al. 2021, doi 10.1016/j.compbiomed.2021.105002",
)
"""Measured from masks; its column in predictions is its name alone."""

GEOGRAPHIC_EXTENT = Scale(
    "geographic_extent",
    8.0,
    "points",
    "of each lung 0 to 4: nothing, less than 25, 50, 75 % or more of it involved; both added",
    "Cohen et al. 2020, arXiv 2005.11856",
)
OPACITY = Scale(
    "opacity",
    6.0,
    "points",
    "of each lung 0 to 3: nothing, ground glass, consolidation, white-out; both added",
    "Cohen et al. 2020, arXiv 2005.11856",
)
BRIXIA = Scale(
    "brixia",
    18.0,
    "points",
    "of six zones, the thirds of each lung, 0 to 3: nothing to alveolar predominance; all added",
    "Borghesi and Maroldi 2020, doi 10.1007/s11547-020-01200-3",
)
"""A type for readers' scores. hilum converts nothing to it."""

READERS_SCALES = (GEOGRAPHIC_EXTENT, OPACITY, BRIXIA)
"""What collections have scores on."""
