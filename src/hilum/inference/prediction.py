"""What was found on one image."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hilum.imaging.masks import BinaryMask
from hilum.inference.severity import UNMEASURED, Severity, measure_severity
from hilum.inference.shown import Frame
from hilum.radiograph import Finding, Structure


class Status(enum.StrEnum):
    """What became of an image."""

    OK = "ok"
    REFUSED = "refused"
    """It was read, but is nothing the model may judge."""
    FAILED = "failed"
    """It could not be read."""


@dataclass(frozen=True)
class Prediction:
    """What was found on one image. Research use only; never a diagnosis.

    Masks are bool H×W of the original image's size, None unless ``status`` is ok and the model
    outlines them; right and left are the patient's.
    """

    path: str
    status: Status
    reason: str = ""
    """Why it was refused or failed, or why a percentage is unknown."""
    width: int | None = None
    height: int | None = None
    finding: Finding | None = None
    probabilities: dict[Finding, float] = field(default_factory=dict)
    """Of each class of the finding head."""
    finding_caution: str = ""
    """What an audit found against the finding of this model; empty where no finding is named."""
    right_lung: BinaryMask | None = None
    left_lung: BinaryMask | None = None
    infection: BinaryMask | None = None
    """Inside the lungs; empty unless the finding is COVID-19; None if the model has none."""
    whole_lungs: BinaryMask | None = None
    """Both lungs and what radiologists count to them behind the heart; None if the model has none.
    Nothing is measured by it."""
    others: dict[Structure, BinaryMask] = field(default_factory=dict)
    """What else the model outlines: heart, airways, ground glass, …"""
    severity: Severity = UNMEASURED
    grey: NDArray[np.uint8] | None = None
    """The image itself, uint8, perhaps of reduced size: for drawing upon."""
    mask_probabilities: NDArray[np.float32] | None = None
    """T×S×S as the network gave them, before any decision, of the part that it saw."""
    frame: Frame | None = None
    """Which part of the image that is."""

    @property
    def lungs(self) -> BinaryMask | None:
        """Both lungs together."""
        if self.right_lung is None or self.left_lung is None:
            return None
        return self.right_lung | self.left_lung

    def mask(self, structure: Structure) -> BinaryMask | None:
        """The mask of ``structure``; None if the model has none or nothing was predicted."""
        named = {
            Structure.LUNGS: self.lungs,
            Structure.RIGHT_LUNG: self.right_lung,
            Structure.LEFT_LUNG: self.left_lung,
            Structure.INFECTION: self.infection,
            Structure.WHOLE_LUNGS: self.whole_lungs,
        }
        return named[structure] if structure in named else self.others.get(structure)

    def percent_of_lungs(self, structure: Structure) -> float | None:
        """Lung pixels that ``structure`` covers ÷ lung pixels × 100; None where it is unknown.

        As with infection, it is known only where both lungs were found.
        """
        mask = self.mask(structure)
        if mask is None or self.right_lung is None or self.left_lung is None:
            return None
        return measure_severity(self.right_lung, self.left_lung, mask).infected_percent

    @property
    def lungs_percent(self) -> float | None:
        """Lung pixels ÷ all pixels × 100."""
        lungs = self.lungs
        return None if lungs is None else 100 * np.count_nonzero(lungs) / lungs.size

    @property
    def infected_percent(self) -> float | None:
        """Infected lung pixels ÷ lung pixels × 100; None where it cannot be known."""
        return self.severity.infected_percent
