"""Lung masks of a dataset in the convention that is wanted, where they allow it."""

from __future__ import annotations

from hilum.dataset.read import Row
from hilum.imaging.masks import BinaryMask, take_away
from hilum.radiograph import LungConvention, Structure

LUNG_COLUMNS = (Structure.RIGHT_LUNG, Structure.LEFT_LUNG, Structure.CARDIOMEDIASTINUM)
"""What :func:`lung_by_convention` needs of a row."""


def lung_by_convention(
    row: Row, side: Structure, convention: LungConvention | None
) -> BinaryMask | None:
    """One lung of ``row`` as ``convention`` draws it; None where that is unknown.

    Where heart and mediastinum are outlined too, lungs drawn partly behind the heart give the
    aerated ones: what lies before the heart is taken away. Nothing else is ever converted.
    """
    lung, drawn = row.mask(side), row.labels["lung_convention"]
    if lung is None or convention is None or drawn == convention:
        return None if convention is None else lung
    heart = row.mask(Structure.CARDIOMEDIASTINUM)
    asked = drawn, convention
    if heart is None or asked != (LungConvention.PARTLY_BEHIND_HEART, LungConvention.AERATED):
        return None
    return take_away(lung, heart)


def both_lungs(row: Row, convention: LungConvention | None) -> BinaryMask | None:
    """Both lungs of ``row`` in one mask; None where either is unknown."""
    right, left = (
        lung_by_convention(row, side, convention)
        for side in (Structure.RIGHT_LUNG, Structure.LEFT_LUNG)
    )
    return None if right is None or left is None else right | left
