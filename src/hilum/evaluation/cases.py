"""One radiograph's prediction beside its truth: what every figure is computed from."""

from __future__ import annotations

from dataclasses import dataclass, field

from hilum.radiograph import Finding, Structure


@dataclass(frozen=True)
class MaskCase:
    """A predicted mask against the true one."""

    both: int
    """Pixels in both masks, at the size of the true one."""
    found: int
    true: int
    hausdorff95: float | None = None
    """95th-percentile Hausdorff distance; None where either mask is empty. Distances are in pixels
    of a frame whose longer side is 256: public films tell no millimetres."""
    surface_dice: float | None = None
    """Normalised surface Dice at a tolerance of 2 such pixels; None where both masks are empty."""


@dataclass(frozen=True)
class Case:
    """What is known and what was said of one radiograph. None is unknown."""

    image_id: str
    group: str
    """Patient and copies; drawn as a whole."""
    collection: str
    origin: str | None
    sex: str | None
    age: float | None
    projection: str | None
    """PA, AP, …"""
    dataset_finding: Finding | None
    """What the dataset says."""
    truth: Finding | None
    """The same in the model's words, where ``--map`` says that one of its classes means it."""
    refused: bool
    """The model would not judge it, or could not: nothing was said, which is never right."""
    reason: str = ""
    predicted: Finding | None = None
    probabilities: dict[Finding, float] = field(default_factory=dict)
    masks: dict[Structure, MaskCase] = field(default_factory=dict)
    """Of each structure that is known and that the model outlines; lungs: both together."""
    whole_lungs_as_infection: MaskCase | None = None
    """The predicted lungs taken for infection: the baseline that needs no knowledge of it."""
    infected_percent: float | None = None
    """Infected lung pixels ÷ lung pixels × 100, as predicted."""
    true_infected_percent: float | None = None
    """The same of the true masks."""
    severity: dict[str, float] = field(default_factory=dict)
    """Readers' scores by the dataset's column name."""
    source_path: str = ""
    """Of the image, inside its collection's folder."""
    fold: int | None = None
    """Which was held out from the model that judged it; None: none was."""
