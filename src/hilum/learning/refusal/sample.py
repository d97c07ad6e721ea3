"""What the check is fitted on: one image and what was measured on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hilum.radiograph import Split

FILM, LATERAL, SLICE = "film", "lateral view", "CT slice"
REAL = (FILM, LATERAL, SLICE)


@dataclass(frozen=True)
class Sample:
    """One image and what was measured on it."""

    kind: str
    """One of :data:`REAL` or of :mod:`hilum.learning.refusal.not_films`."""
    collection: str
    """Whence it, or the film it was made from, comes; empty if drawn from nothing."""
    group: str
    """Images of one patient and copies of one image share it."""
    path: Path | None = None
    number: int = 0
    """Seeds what is drawn."""
    official_split: Split | None = None
    is_variant: bool = False
    """For fitting, never for judging."""
    is_learned: bool = False
    """The network learned from an image of its group."""
    features: Mapping[str, float] | None = None
    """None: refused before the check is asked."""
    thumbnail: NDArray[np.float32] | None = field(default=None, compare=False)
    """Of a real image: 1,024 standardised greys whose squares add up to 1."""
