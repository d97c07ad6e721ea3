"""Is this a frontal chest film? A linear model of a few features, fitted for one network.

Each feature is counted in standard deviations from the mean of films, linearly and squared: far
from films on either side speaks against one. The weights lie in the model file.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass

from hilum.inference.film_features import FEATURES

FARTHEST = 5.0
"""Standard deviations. What is farther counts as this far, so that no feature decides alone."""


@dataclass(frozen=True)
class Term:
    """What one feature adds to the score."""

    mean: float
    """Of films."""
    deviation: float
    """Of films; more than 0."""
    linear: float
    square: float

    def __call__(self, value: float) -> float:
        """The logarithm of the odds that ``value`` adds, 0 for films on average."""
        far = max(-FARTHEST, min(FARTHEST, (value - self.mean) / self.deviation))
        return self.linear * far + self.square * (far * far - 1)


@dataclass(frozen=True)
class FilmCheck:
    """Refuses what scores above ``limit``."""

    terms: Mapping[str, Term]
    """By name of the feature."""
    limit: float

    def __post_init__(self) -> None:
        if not self.terms:
            raise ValueError("the film check has no features")
        unknown = set(self.terms) - set(FEATURES)
        if unknown:
            raise ValueError(f"features of the film check are not known: {sorted(unknown)}")
        numbers = [number for term in self.terms.values() for number in dataclasses.astuple(term)]
        if not all(map(math.isfinite, [*numbers, self.limit])):
            raise ValueError("the film check has a number that is not finite")
        if any(term.deviation <= 0 for term in self.terms.values()):
            raise ValueError("the film check has a deviation that is not above 0")

    def score(self, features: Mapping[str, float]) -> float:
        """How little an image is like a film: logarithm of the odds, 0 for films on average."""
        return sum(term(features[name]) for name, term in self.terms.items())

    def refuse(self, features: Mapping[str, float]) -> str | None:
        """Why an image with these features is refused; None if it is not.

        The feature that speaks most against a film is named.
        """
        if self.score(features) <= self.limit:
            return None
        name = max(self.terms, key=lambda name: self.terms[name](features[name]))
        unusual = FEATURES[name]
        how = unusual.high if features[name] > self.terms[name].mean else unusual.low
        return f"this does not look like a frontal chest radiograph: {how}"
