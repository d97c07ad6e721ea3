"""A measured figure with everything needed to quote it."""

from __future__ import annotations

from dataclasses import dataclass, field

from hilum.evaluation.cases import Case

EVERYTHING = "all"
"""The stratum of all cases."""


@dataclass(frozen=True)
class Figure:
    """One score, or the reason why there is none."""

    task: str
    """``coverage``, ``segmentation``, ``detection`` or ``severity``."""
    subject: str
    """The structure, finding or scale it is of: ``infection``, ``covid``, ``geographic_extent``."""
    name: str
    """``Dice, mean over images with the target``, ``sensitivity``, …"""
    value: float | None
    low: float | None
    high: float | None
    """Bounds of the 95 % interval."""
    n: int
    """Images it comes from."""
    groups: int
    """Patients (with their copies) among these: what is drawn for the interval."""
    stratum: str = EVERYTHING
    """``collection=covid-qu-ex``, ``sex=F``, ``age=40–59``, …"""
    unit: str = ""
    """Empty for shares between 0 and 1."""
    definition: str = ""
    reason: str = ""
    """Why value or interval are None."""


@dataclass(frozen=True)
class Evaluation:
    """A model file on one split of a dataset."""

    model: str
    """Its name."""
    model_sha256: str
    dataset: str
    """The folder's name."""
    dataset_sha256: str
    split: str
    cases: tuple[Case, ...]
    figures: tuple[Figure, ...]
    left_out: dict[str, int] = field(default_factory=dict)
    """Reason → radiographs of the split that are no case."""
    notes: tuple[str, ...] = ()
    """What a reader of the figures must know, a sentence each."""
    against: str = ""
    """Name and hash of a second model that judged the same cases."""
    differences: tuple[Figure, ...] = ()
    """Each figure less that of the second model, on the same cases and draws."""
