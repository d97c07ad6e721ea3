"""An evaluation → the figures that a model file keeps: the few that a reader asks for first."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from hilum.dataset.schema import SEVERITY_COLUMNS
from hilum.evaluation.detection import EVERY_FINDING
from hilum.evaluation.figures import EVERYTHING, Evaluation, Figure
from hilum.evaluation.segmentation import (
    ALL_IMAGES,
    BASELINE,
    HAUSDORFF,
    POOLED,
    WITH_TARGET,
)
from hilum.evaluation.severity import ALL_PERCENTS
from hilum.evaluation.strata import Stratum
from hilum.evaluation.tabular import short
from hilum.inference.model import ModelDescription, Score
from hilum.radiograph import LUNG_TARGETS, Finding, Structure

_ALWAYS_THERE = (*LUNG_TARGETS, Structure.WHOLE_LUNGS)

_KEPT: dict[tuple[str, str], tuple[str, str]] = {
    **{
        (structure.value, f"Dice, {ALL_IMAGES}"): (f"{structure} Dice", ALL_IMAGES)
        for structure in _ALWAYS_THERE
    },
    ("lungs", HAUSDORFF): ("lungs Hausdorff 95 %", "mean, pixels of a 256-pixel frame"),
    ("infection", f"Dice, {ALL_IMAGES}"): (
        "infection Dice, all images",
        "mean, empty on empty = 1",
    ),
    ("infection", f"Dice, {WITH_TARGET}"): ("infection Dice, infected images", "mean"),
    (BASELINE, f"Dice, {WITH_TARGET}"): (
        "whole lungs as infection, Dice, infected images",
        "mean; the baseline",
    ),
    ("infection", f"Dice, {POOLED}"): (
        "infection Dice, pooled",
        "pixels of infected images together",
    ),
    ("infection", HAUSDORFF): ("infection Hausdorff 95 %", "mean, pixels of a 256-pixel frame"),
    (Finding.COVID, "sensitivity"): ("COVID-19 sensitivity", "share"),
    (Finding.COVID, "specificity"): ("COVID-19 specificity", "share"),
    (Finding.COVID, "AUROC"): ("COVID-19 AUROC", "one against all others"),
    (EVERY_FINDING, "accuracy"): ("finding accuracy", "share"),
    (ALL_PERCENTS, "mean absolute error"): (
        "infected percent, mean absolute error",
        "against that of the true masks, in percent",
    ),
    **{
        (column, "Pearson r"): (f"infected percent, Pearson r with {column}", "readers' score")
        for column in SEVERITY_COLUMNS.values()
    },
    ("images", "refused"): ("refused", "share"),
}


def model_scores(evaluation: Evaluation) -> tuple[Score, ...]:
    """The main figures of each collection, the largest first, then of all where there are several.

    Figures without a value are left out; those of fewer than ten patients have no interval.
    """
    by_collection = f"{Stratum.COLLECTION}="
    collections = list(
        dict.fromkeys(f.stratum for f in evaluation.figures if f.stratum.startswith(by_collection))
    )
    strata = collections + [EVERYTHING] * (len(collections) != 1)
    scores: list[Score] = []
    for stratum in strata:
        name = stratum.removeprefix(by_collection)
        whose = "all collections" if stratum == EVERYTHING else name
        where = f"frontal radiographs of {whose}, {_images_of(evaluation)}"
        scores += _scores([f for f in evaluation.figures if f.stratum == stratum], where)
    return tuple(scores)


def with_scores_of(description: ModelDescription, evaluation: Evaluation) -> ModelDescription:
    """``description`` with the scores of ``evaluation`` before those it has of other images."""
    where = _images_of(evaluation)
    kept = [score for score in description.scores if where not in score.protocol]
    return dataclasses.replace(description, scores=(*model_scores(evaluation), *kept))


def _images_of(evaluation: Evaluation) -> str:
    return f"{evaluation.split} split of dataset {evaluation.dataset_sha256[:16]}"


def main_differences(evaluation: Evaluation) -> tuple[Score, ...]:
    """The same figures less those of the second model."""
    return tuple(_scores(evaluation.differences, f"less {evaluation.against}"))


def _scores(figures: Sequence[Figure], where: str) -> list[Score]:
    by_name = {(figure.subject, figure.name): figure for figure in figures}
    words = _KEPT | {name: given for name in by_name if (given := _words_of_other(*name))}
    scores = []
    for name, (said, how) in words.items():
        figure = by_name.get(name)
        if figure is None or figure.value is None:
            continue
        value, low, high = map(short, (figure.value, figure.low, figure.high))
        scores.append(Score(said, value, low, high, figure.n, f"{how}; {where}"))
    return scores


def _words_of_other(subject: str, name: str) -> tuple[str, str] | None:
    """What the Dice of a structure is called that has no place of its own among the main ones."""
    has_place = any(subject == kept for kept, _ in _KEPT)
    if has_place or name != f"Dice, {WITH_TARGET}":
        return None
    return f"{subject} Dice", WITH_TARGET
