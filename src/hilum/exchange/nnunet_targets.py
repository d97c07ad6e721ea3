"""What nnU-Net can learn from a dataset: targets that overlap are datasets of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hilum.dataset.read import Row
from hilum.radiograph import STORED_STRUCTURES, LungConvention, Structure

_FIRST_NUMBER = 501
_SIDES = (Structure.RIGHT_LUNG, Structure.LEFT_LUNG)


@dataclass(frozen=True)
class Target:
    """One nnU-Net dataset: structures that do not overlap."""

    number: int
    name: str
    structures: tuple[Structure, ...]
    """Labels 1, 2, … in this order."""
    convention: LungConvention | None = None
    """What counts as lung, where lungs are outlined and it is known."""

    @property
    def folder_name(self) -> str:
        """As nnU-Net asks for it.

        >>> TARGETS[0].folder_name
        'Dataset501_LungsAerated'
        """
        return f"Dataset{self.number:03}_{self.name}"

    @property
    def ignore(self) -> int:
        """The label of pixels of which nobody knows what they are: the highest, as nnU-Net asks."""
        return len(self.structures) + 1

    def label_map(self, row: Row) -> NDArray[np.uint8] | None:
        """H×W labels; None where nothing of the target is known.

        Where one lung is known and the other is not, all outside of it may be the other:
        ``ignore``. So is what lies in both lungs.
        """
        known = [(n, row.mask(s)) for n, s in enumerate(self.structures, start=1)]
        masks = [(label, mask) for label, mask in known if mask is not None]
        is_lungs = self.structures == _SIDES
        if not masks or (is_lungs and row.labels["lung_convention"] != self.convention):
            return None
        outside = 0 if len(masks) == len(self.structures) else self.ignore
        labels = np.full(masks[0][1].shape, outside, np.uint8)
        for label, mask in masks:
            labels[mask] = np.where((labels[mask] > 0) & (outside == 0), self.ignore, label)
        return labels


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _targets() -> tuple[Target, ...]:
    found: list[Target] = []
    for convention in (*LungConvention, None):
        name = "Lungs" + _camel(convention or "convention_unknown")
        found.append(Target(_FIRST_NUMBER + len(found), name, _SIDES, convention))
    for structure in STORED_STRUCTURES:
        if structure not in _SIDES:
            found.append(Target(_FIRST_NUMBER + len(found), _camel(structure), (structure,)))
    return tuple(found)


TARGETS = _targets()
"""Their numbers are the same in every export; 1 to 10 are the Medical Segmentation Decathlon's."""
