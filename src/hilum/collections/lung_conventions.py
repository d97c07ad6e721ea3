"""What is told where lungs are outlined and nobody says what counts as lung."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hilum.collections.collection import Problem
from hilum.collections.words import CONVENTION_REMEDY
from hilum.radiograph import LUNG_TARGETS, Radiograph


def unknown_conventions(radiographs: Iterable[Radiograph]) -> Iterator[Problem]:
    """One problem for all ``radiographs`` whose lung masks have no convention, if any has."""
    lungs = set(LUNG_TARGETS)
    count = sum(r.lung_convention is None and not lungs.isdisjoint(r.masks) for r in radiographs)
    if count:
        detail = (
            f"what counts as lung is not known (images: {count}), so that no network learns from"
            f" these lungs or is judged by them; {CONVENTION_REMEDY}"
        )
        yield Problem(".", "unknown lung convention", detail)
