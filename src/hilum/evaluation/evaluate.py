"""A model file on one split of a dataset → its scores, through the code that users run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hilum.dataset.lungs import LUNG_COLUMNS, lungs_by_convention
from hilum.dataset.read import Dataset, Row
from hilum.errors import DatasetError
from hilum.evaluation.intervals import (
    Estimate,
    mean_with_interval,
    ratio_of_sums,
    share_with_interval,
)
from hilum.evaluation.overlap import dice_per_image, overlap_counts
from hilum.imaging.masks import BinaryMask
from hilum.imaging.read import decode_picture
from hilum.imaging.vary import PLAIN, FilmVariant
from hilum.inference.model import ModelDescription, Score
from hilum.inference.predictor import Prediction, Predictor, Status
from hilum.radiograph import LUNG_TARGETS, Finding, LungConvention, Split, Structure, View

_MASKS = (*LUNG_COLUMNS, Structure.INFECTION)
_LUNG_MASKS = (*LUNG_TARGETS, Structure.WHOLE_LUNGS)


@dataclass(frozen=True)
class Judged:
    """One radiograph's prediction beside its truth."""

    group: str
    collection: str
    truth: Finding | None
    predicted: Finding | None
    refused: bool
    overlaps: dict[Structure, tuple[int, int, int]]
    """Pixels in both, predicted, true: of each structure that is known; lungs: both together."""


def evaluate(predictor: Predictor, dataset: Dataset, split: Split) -> tuple[Score, ...]:
    """Every score this model can have on ``split``, each with n, interval and protocol.

    Each collection has its own, the largest first: a mean over several would say most about how
    large they are. Laterals are left out, and lung masks that cannot be had in the model's
    convention. A refused image counts as wrong: Dice 0, neither positive nor negative. What the
    model does not outline or name has no score.

    Raises:
        DatasetError: the dataset's films were changed, and not as the model asks for.
    """
    description = predictor.model.description
    refuse_other_variant(predictor, dataset.variant, path=dataset.folder)
    judged = [
        judge(predict_row(predictor, row), row, description)
        for row in dataset.rows(split, structures=_MASKS)
        if row.labels["view"] != View.LATERAL
    ]
    scores = []
    counts = Counter(one.collection for one in judged)
    for collection in sorted(counts, key=lambda name: (-counts[name], name)):
        of_it = [one for one in judged if one.collection == collection]
        where = f"{split} split of dataset {dataset.content_sha256[:16]}"
        scores += _scores(of_it, description, f"frontal radiographs of {collection}, {where}")
    return tuple(scores)


def _scores(judged: list[Judged], description: ModelDescription, protocol: str) -> list[Score]:
    scores = _lung_scores(judged, protocol)
    if Structure.INFECTION in description.targets:
        scores += _infection_scores(judged, protocol)
    if description.findings:
        scores += _finding_scores(judged, description.findings, protocol)
    share = share_with_interval(sum(one.refused for one in judged), len(judged))
    return [*scores, _score("refused", share, f"share; {protocol}")]


def predict_row(predictor: Predictor, row: Row) -> Prediction:
    """Predict a radiograph of a dataset as if it were a file.

    Plain films are changed as the model asks for; those of a dataset that was changed so are not
    changed again.

    Raises:
        DatasetError: the dataset's films were changed in another way.
    """
    refuse_other_variant(predictor, row.variant, path=row.image_id)
    picture = decode_picture(row.image, path=row.image_id, at_least=predictor.decoded_side)
    is_varied = row.variant != PLAIN
    return predictor.predict_picture(picture, row.image_id, is_varied=is_varied)


def refuse_other_variant(predictor: Predictor, found: FilmVariant, *, path: str | Path) -> None:
    """Refuse films that were changed (``found``) in another way than the model was made for.

    Raises:
        DatasetError: they were; ``path`` names them.
    """
    wanted = predictor.model.description.variant
    if found not in (PLAIN, wanted):
        raise DatasetError(
            "the images were changed in another way than those the model was made for",
            path=path,
            got=str(found),
            expected=str(PLAIN) if wanted == PLAIN else f"{wanted}, or {PLAIN}",
            remedy="compile the dataset without --enhance and --lungs-only: the model makes its"
            " change itself",
        )


def judge(prediction: Prediction, row: Row, description: ModelDescription) -> Judged:
    """Compare one prediction with the dataset's row, lungs in the model's convention."""
    predicted = {
        Structure.RIGHT_LUNG: prediction.right_lung,
        Structure.LEFT_LUNG: prediction.left_lung,
        Structure.INFECTION: prediction.infection,
        Structure.LUNGS: prediction.lungs,
    }
    truth: dict[Structure, BinaryMask | None] = {
        **lungs_by_convention(row, description.lung_convention),
        Structure.INFECTION: row.mask(Structure.INFECTION),
    }
    if Structure.WHOLE_LUNGS in description.targets:
        predicted[Structure.WHOLE_LUNGS] = prediction.whole_lungs
        whole = lungs_by_convention(row, LungConvention.PARTLY_BEHIND_HEART)
        truth[Structure.WHOLE_LUNGS] = whole.get(Structure.LUNGS)
    overlaps = {
        structure: _count(predicted[structure], mask)
        for structure, mask in truth.items()
        if mask is not None
    }
    return Judged(
        group=str(row.labels["group_id"]),
        collection=str(row.labels["collection"]),
        truth=row.finding,
        predicted=prediction.finding,
        refused=prediction.status is not Status.OK,
        overlaps=overlaps,
    )


def _count(predicted: BinaryMask | None, truth: BinaryMask) -> tuple[int, int, int]:
    if predicted is None:
        predicted = np.zeros_like(truth)
    both, found, true = overlap_counts(predicted[None], truth[None])
    return int(both[0]), int(found[0]), int(true[0])


def _lung_scores(judged: list[Judged], protocol: str) -> list[Score]:
    scores = []
    for structure in _LUNG_MASKS:
        dice, _, groups = _dice(judged, structure)
        if len(groups):
            mean = mean_with_interval(dice, groups)
            scores.append(_score(f"{structure} Dice", mean, f"mean over all images; {protocol}"))
    return scores


def _infection_scores(judged: list[Judged], protocol: str) -> list[Score]:
    """The infection's Dice in its three definitions, which papers print under one name."""
    dice, counts, groups = _dice(judged, Structure.INFECTION)
    both, found, true = counts.T.astype(np.float64)
    filled = true > 0
    kept = [group for group, keep in zip(groups, filled, strict=True) if keep]
    definitions = (
        ("all images", mean_with_interval(dice, groups), "mean, empty on empty = 1"),
        ("infected images", mean_with_interval(dice[filled], kept), "mean"),
        (
            "pooled",
            ratio_of_sums(2 * both[filled], (found + true)[filled], kept),
            "pixels of infected images together",
        ),
    )
    return [
        _score(f"infection Dice, {name}", estimate, f"{how}; {protocol}")
        for name, estimate, how in definitions
        if estimate.n
    ]


def _dice(
    judged: list[Judged], structure: Structure
) -> tuple[NDArray[np.float64], NDArray[np.int64], list[str]]:
    """Of the N images where ``structure`` is known: Dice (N), pixel counts (N×3), groups."""
    known = [one for one in judged if structure in one.overlaps]
    counts = np.array([one.overlaps[structure] for one in known], np.int64).reshape(-1, 3)
    dice = dice_per_image(*counts.T)
    dice[[one.refused for one in known]] = 0  # where truth is empty too: nothing was said
    return dice, counts, [one.group for one in known]


def _finding_scores(
    judged: list[Judged], findings: Sequence[Finding], protocol: str
) -> list[Score]:
    known = [(one, one.truth) for one in judged if one.truth is not None]
    figures = []
    if Finding.COVID in findings:
        groups = [one.group for one, _ in known]
        is_covid = np.array([truth == Finding.COVID for _, truth in known], np.float64)
        called = np.array([one.predicted == Finding.COVID for one, _ in known], np.float64)
        cleared = np.array(
            [not one.refused and one.predicted != Finding.COVID for one, _ in known], np.float64
        )
        negative = 1 - is_covid
        figures += [
            ("COVID-19 sensitivity", ratio_of_sums(is_covid * called, is_covid, groups)),
            ("COVID-19 specificity", ratio_of_sums(negative * cleared, negative, groups)),
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
