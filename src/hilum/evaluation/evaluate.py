"""A model file on one split of a dataset → its scores, through the code that users run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hilum.dataset.read import Dataset, Row
from hilum.evaluation.intervals import Estimate, mean_with_interval, ratio_of_sums
from hilum.evaluation.overlap import dice_per_image, overlap_counts
from hilum.imaging.masks import BinaryMask
from hilum.inference.model import Score
from hilum.inference.predictor import Prediction, Predictor
from hilum.radiograph import Finding, Split, Structure

_MASKS = (Structure.RIGHT_LUNG, Structure.LEFT_LUNG, Structure.INFECTION)


@dataclass(frozen=True)
class Judged:
    """One radiograph's prediction beside its truth."""

    group: str
    truth: Finding | None
    predicted: Finding | None
    overlaps: dict[Structure, tuple[int, int, int]]
    """Pixels in both, predicted, true: of each structure that is known; lungs: both together."""


def evaluate(
    predictor: Predictor,
    dataset: Dataset,
    split: Split,
    *,
    advance: Callable[[], None] = lambda: None,
) -> tuple[Score, ...]:
    """Every score this model can have on ``split``, each with n, interval and protocol.

    A refused image counts as one on which nothing was found. What the model does not outline
    or name has no score.
    """
    description = predictor.model.description
    judged = []
    for row in dataset.rows(split, structures=_MASKS):
        judged.append(judge(predictor(row.pixels()), row))
        advance()
    protocol = f"{split} split of dataset {dataset.content_sha256[:16]}"
    scores = _lung_scores(judged, protocol)
    if Structure.INFECTION in description.targets:
        scores += _infection_scores(judged, protocol)
    if description.findings:
        scores += _finding_scores(judged, description.findings, protocol)
    return tuple(scores)


def judge(prediction: Prediction, row: Row) -> Judged:
    """Compare one prediction with the dataset's row."""
    predicted = {
        Structure.RIGHT_LUNG: prediction.right_lung,
        Structure.LEFT_LUNG: prediction.left_lung,
        Structure.INFECTION: prediction.infection,
        Structure.LUNGS: prediction.lungs,
    }
    truth = {structure: row.mask(structure) for structure in _MASKS}
    right, left = truth[Structure.RIGHT_LUNG], truth[Structure.LEFT_LUNG]
    truth[Structure.LUNGS] = None if right is None or left is None else right | left
    overlaps = {
        structure: _count(predicted[structure], mask)
        for structure, mask in truth.items()
        if mask is not None
    }
    return Judged(str(row.labels["group_id"]), row.finding, prediction.finding, overlaps)


def _count(predicted: BinaryMask | None, truth: BinaryMask) -> tuple[int, int, int]:
    if predicted is None:
        predicted = np.zeros_like(truth)
    both, found, true = overlap_counts(predicted[None], truth[None])
    return int(both[0]), int(found[0]), int(true[0])


def _lung_scores(judged: list[Judged], protocol: str) -> list[Score]:
    scores = []
    for structure in (Structure.LUNGS, Structure.RIGHT_LUNG, Structure.LEFT_LUNG):
        both, found, true, groups = _overlaps(judged, structure)
        if len(groups):
            mean = mean_with_interval(dice_per_image(both, found, true), groups)
            scores.append(_score(f"{structure} Dice", mean, f"mean over all images; {protocol}"))
    return scores


def _infection_scores(judged: list[Judged], protocol: str) -> list[Score]:
    """The infection's Dice in its three definitions, which papers print under one name."""
    both, found, true, groups = _overlaps(judged, Structure.INFECTION)
    dice = dice_per_image(both, found, true)
    filled = true > 0
    kept = [group for group, keep in zip(groups, filled, strict=True) if keep]
    definitions = (
        (mean_with_interval(dice, groups), "mean over all images, empty on empty = 1"),
        (mean_with_interval(dice[filled], kept), "mean over images with infection"),
        (
            ratio_of_sums(
                2 * both[filled].astype(np.float64),
                (found + true)[filled].astype(np.float64),
                kept,
            ),
            "pooled over images with infection",
        ),
    )
    return [_score("infection Dice", e, f"{name}; {protocol}") for e, name in definitions if e.n]


def _overlaps(
    judged: list[Judged], structure: Structure
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], list[str]]:
    known = [one for one in judged if structure in one.overlaps]
    counts = np.array([one.overlaps[structure] for one in known], np.int64).reshape(-1, 3)
    return counts[:, 0], counts[:, 1], counts[:, 2], [one.group for one in known]


def _finding_scores(
    judged: list[Judged], findings: Sequence[Finding], protocol: str
) -> list[Score]:
    known = [(one, one.truth) for one in judged if one.truth is not None]
    figures = []
    if Finding.COVID in findings:
        groups = [one.group for one, _ in known]
        is_covid = np.array([truth == Finding.COVID for _, truth in known], np.float64)
        called = np.array([one.predicted == Finding.COVID for one, _ in known], np.float64)
        negative = 1 - is_covid
        figures += [
            ("COVID-19 sensitivity", ratio_of_sums(is_covid * called, is_covid, groups)),
            ("COVID-19 specificity", ratio_of_sums(negative * (1 - called), negative, groups)),
        ]
    # What the model has no name for cannot be called right, and does not count as wrong.
    named = [(one, truth) for one, truth in known if any(truth.is_a(f) for f in findings)]
    right = [one.predicted is not None and truth.is_a(one.predicted) for one, truth in named]
    accuracy = mean_with_interval(np.array(right, np.float64), [one.group for one, _ in named])
    figures.append(("finding accuracy", accuracy))
    return [_score(name, estimate, protocol) for name, estimate in figures if estimate.n]


def _score(name: str, estimate: Estimate, protocol: str) -> Score:
    value, low, high = (round(x, 4) for x in (estimate.value, estimate.low, estimate.high))
    return Score(name, value, low, high, estimate.n, protocol)
