"""Lung masks of a dataset in the convention that is wanted, where they allow it."""

from __future__ import annotations

from hilum.dataset.read import Row
from hilum.imaging.masks import BinaryMask, take_away
from hilum.radiograph import LungConvention, Structure

LUNG_COLUMNS = (Structure.RIGHT_LUNG, Structure.LEFT_LUNG, Structure.CARDIOMEDIASTINUM)
"""What :func:`lungs_by_convention` needs of a row."""

_BEHIND_HEART_TO_AERATED = (LungConvention.PARTLY_BEHIND_HEART, LungConvention.AERATED)


def lungs_by_convention(row: Row, convention: LungConvention | None) -> dict[Structure, BinaryMask]:
    """Right lung, left lung and both as ``convention`` draws them; what is unknown is left out.

    Where heart and mediastinum are outlined too, lungs drawn partly behind the heart give the
    aerated ones: what lies before the heart is taken away. Nothing else is ever converted.
    """
    drawn = row.labels["lung_convention"]
    if drawn is None or convention is None:
        return {}
    heart = row.mask(Structure.CARDIOMEDIASTINUM)
    lungs = {}
    for side in (Structure.RIGHT_LUNG, Structure.LEFT_LUNG):
        lung = row.mask(side)
        if lung is None:
            continue
        if drawn == convention:
            lungs[side] = lung
        elif heart is not None and (drawn, convention) == _BEHIND_HEART_TO_AERATED:
            lungs[side] = take_away(lung, heart)
    if len(lungs) == 2:
        right, left = lungs.values()
        lungs[Structure.LUNGS] = right | left
    return lungs
