"""The few radiographs that the page shows → pictures with outlines, predicted anew.

Only what is shown is decoded and predicted again, one after another: memory stays flat.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hilum.dataset.lungs import LUNG_COLUMNS
from hilum.dataset.read import Dataset, Row
from hilum.evaluation.evaluate import predict_row
from hilum.evaluation.figures import Evaluation
from hilum.evaluation.judge import found_mask, outlined_structures, true_masks
from hilum.imaging.draw import (
    Canvas,
    Colour,
    draw_dashed_outline,
    draw_outline,
    grey_canvas,
    tint,
)
from hilum.imaging.masks import BinaryMask, resize_mask
from hilum.inference.predictor import Prediction, Predictor, Status
from hilum.radiograph import STORED_STRUCTURES, Split, Structure
from hilum.report.evaluation.choose import FINDING, everything_shown
from hilum.report.page import as_url

Pictures = Mapping[tuple[str, str], str]
"""Image and subject → a data: URL."""

# Okabe-Ito: orange and sky blue; solid and dashed.
FOUND_COLOUR: Colour = (0, 159, 230)
TRUE_COLOUR: Colour = (233, 180, 86)

_SIDE = 400
_QUALITY = 75


def draw_pictures(evaluation: Evaluation, predictor: Predictor, dataset: Dataset) -> Pictures:
    """Each picture that the page on ``evaluation`` has a place for: the film beside its outlines.

    Raises:
        DatasetError: a file is damaged.
    """
    wanted: dict[str, list[str]] = {}
    for shown in everything_shown(evaluation.cases):
        wanted.setdefault(shown.case.image_id, []).append(shown.subject)
    stored = set(outlined_structures(predictor.model.description)) & set(STORED_STRUCTURES)
    columns = sorted({*stored, *LUNG_COLUMNS})
    pictures: dict[tuple[str, str], str] = {}
    for row in dataset.rows(Split(evaluation.split), structures=columns) if wanted else ():
        subjects = wanted.pop(row.image_id, None)
        if subjects is not None:
            for subject, canvas in _draw(predictor, row, subjects).items():
                pictures[row.image_id, subject] = as_url(canvas, kind="webp", quality=_QUALITY)
        if not wanted:
            break
    return pictures


def _draw(predictor: Predictor, row: Row, subjects: list[str]) -> dict[str, Canvas]:
    prediction = predict_row(predictor, row)
    if prediction.status is not Status.OK or prediction.grey is None:
        return {}
    truths = true_masks(row, predictor.model.description)
    height, width = prediction.grey.shape
    scale = _SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    plain = grey_canvas(prediction.grey, width=size[0], height=size[1])
    gap = np.full((size[1], 2, 3), 255, np.uint8)
    return {
        subject: np.hstack([plain, gap, _outlined(plain, subject, prediction, truths)])
        for subject in subjects
    }


def _outlined(
    plain: Canvas, subject: str, prediction: Prediction, truths: Mapping[Structure, BinaryMask]
) -> Canvas:
    """A copy of ``plain`` with what was found and what is true."""
    canvas = plain.copy()
    height, width = plain.shape[:2]
    if subject == FINDING:
        shown = [Structure.LUNGS, Structure.INFECTION]
        if prediction.infection is not None:
            infection = resize_mask(prediction.infection, width=width, height=height)
            tint(canvas, infection, FOUND_COLOUR, opacity=0.25)
    else:
        shown = [Structure(subject)]
    for structure in shown:
        found = found_mask(prediction, structure)
        if found is not None:
            mask = resize_mask(found, width=width, height=height)
            draw_outline(canvas, mask, FOUND_COLOUR)
        truth = truths.get(structure)
        if truth is not None and (subject != FINDING or structure is Structure.INFECTION):
            mask = resize_mask(truth, width=width, height=height)
            draw_dashed_outline(canvas, mask, TRUE_COLOUR, length=8)
    return canvas
