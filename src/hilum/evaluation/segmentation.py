"""Masks of cases → overlap in its named definitions, distance of outlines, error of area."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from hilum.evaluation.cases import Case, MaskCase
from hilum.evaluation.distances import FRAME, TOLERANCE
from hilum.evaluation.measure import Flags, Floats, Measure, Needed, mean_columns, quotient
from hilum.evaluation.overlap import dice_per_image, iou_per_image
from hilum.radiograph import Structure

TASK = "segmentation"

BASELINE = "whole_lungs_as_infection"
"""Subject of the predicted lungs taken for infection."""

ALL_IMAGES, WITH_TARGET, POOLED = (
    "mean over all images",
    "mean over images with the target",
    "pooled",
)
HAUSDORFF, SURFACE_DICE = "95th-percentile Hausdorff distance", "surface Dice"

_DEFINED = {
    "Dice": "2·|A∩B| ÷ (|A| + |B|)",
    "IoU": "|A∩B| ÷ |A∪B|",
}
_PIXELS = f"pixels of a frame whose longer side is {FRAME}"


def segmentation_measures(cases: Sequence[Case], structures: Sequence[Structure]) -> list[Measure]:
    """The figures of each of ``structures``; of infection beside those of the whole lungs.

    A refused image has an empty mask, and no agreement where the true one is empty too.
    """
    refused = np.array([case.refused for case in cases], np.bool_)
    measures = []
    for structure in structures:
        measures += _of_masks(structure, [case.masks.get(structure) for case in cases], refused)
        if structure is Structure.INFECTION:
            whole = [case.whole_lungs_as_infection for case in cases]
            if any(mask is not None for mask in whole):
                measures += _of_masks(BASELINE, whole, refused)
    return measures


def _of_masks(subject: str, masks: Sequence[MaskCase | None], refused: Flags) -> list[Measure]:
    known = np.array([mask is not None for mask in masks], np.bool_)
    counts = np.array([(m.both, m.found, m.true) if m else (0, 0, 0) for m in masks], np.int64)
    both, found, true = counts.T
    filled = known & (true > 0)
    needs_known = (Needed(known, f"with a known mask of {subject}"),)
    needs_target = (Needed(filled, f"with {subject}"),)
    make = partial(Measure, TASK, subject)
    measures = []
    for name, per_image, above, below in (
        ("Dice", dice_per_image, 2 * both, found + true),
        ("IoU", iou_per_image, both, found + true - both),
    ):
        values = np.where(refused, 0.0, per_image(both, found, true))
        how = _DEFINED[name]
        measures += [
            make(
                f"{name}, {ALL_IMAGES}",
                needs_known,
                mean_columns(values, known),
                quotient,
                definition=f"{how}, mean over all images; empty on empty is 1",
            ),
            make(
                f"{name}, {WITH_TARGET}",
                needs_target,
                mean_columns(values, filled),
                quotient,
                definition=f"{how}, mean over images whose true mask is not empty",
            ),
            make(
                f"{name}, {POOLED}",
                needs_target,
                np.where(filled[:, None], np.column_stack([above, below]), 0.0),
                quotient,
                definition=f"{how} of the pixels of all images with the target together:"
                " larger films weigh more",
            ),
        ]
    return [*measures, *_of_outlines(subject, masks, needs_target)] + [
        make(name, needs_target, mean_columns(values, filled), quotient, "%", definition)
        for name, values, definition in _area_errors(found, true)
    ]


def _of_outlines(
    subject: str, masks: Sequence[MaskCase | None], needs_target: tuple[Needed, ...]
) -> list[Measure]:
    hausdorff = _values([None if mask is None else mask.hausdorff95 for mask in masks])
    surface = _values([None if mask is None else mask.surface_dice for mask in masks])
    both_filled = ~np.isnan(hausdorff)
    filled = needs_target[0].cases & ~np.isnan(surface)
    return [
        Measure(
            TASK,
            subject,
            HAUSDORFF,
            (Needed(both_filled, f"where {subject} is both true and found"),),
            mean_columns(hausdorff, both_filled),
            quotient,
            "px",
            f"{_PIXELS}; mean over images where neither mask is empty",
        ),
        Measure(
            TASK,
            subject,
            SURFACE_DICE,
            (Needed(filled, needs_target[0].words),),
            mean_columns(surface, filled),
            quotient,
            definition=f"share of both outlines at most {TOLERANCE:g} {_PIXELS} apart; mean over"
            " images with the target",
        ),
    ]


def _area_errors(
    found: NDArray[np.int64], true: NDArray[np.int64]
) -> list[tuple[str, Floats, str]]:
    error = 100 * (found - true) / np.maximum(true, 1)
    what = "(predicted − true area) ÷ true area; mean over images with the target"
    return [
        ("area error", error, what),
        ("absolute area error", np.abs(error), f"size of {what}"),
    ]


def _values(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], np.float64)
