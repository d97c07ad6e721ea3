"""One prediction beside the dataset's row → a case."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from hilum.dataset.lungs import lungs_by_convention
from hilum.dataset.read import Row
from hilum.dataset.schema import SEVERITY_COLUMNS
from hilum.evaluation.cases import Case, MaskCase
from hilum.evaluation.distances import outline_distances
from hilum.imaging.masks import BinaryMask
from hilum.inference.model import ModelDescription
from hilum.inference.predictor import Prediction, Status
from hilum.inference.severity import measure_severity
from hilum.radiograph import LUNG_TARGETS, Finding, LungConvention, Structure

NO_NUMBER = "the model gave no number"
"""How the reason begins why what is not finite cannot be judged."""

_EACH_LUNG = (Structure.RIGHT_LUNG, Structure.LEFT_LUNG)


def outlined_structures(description: ModelDescription) -> tuple[Structure, ...]:
    """What a model outlines and can be judged on: the lungs together and each, then the others."""
    targets = description.targets
    has_lungs = Structure.LUNGS in targets or set(targets) >= set(_EACH_LUNG)
    others = sorted(set(targets) - set(LUNG_TARGETS))
    return (*(LUNG_TARGETS if has_lungs else ()), *others)


def judge(
    prediction: Prediction,
    row: Row,
    description: ModelDescription,
    classes: Mapping[Finding, Finding] | None = None,
) -> Case:
    """Compare one prediction with the dataset's row, lungs in the model's convention.

    Args:
        prediction: of the row's image.
        row: with the masks of what the model outlines, and of the lungs.
        description: the model's.
        classes: finding of the dataset → the model's class that means it.
    """
    reason = _no_number(prediction, description)
    refused = prediction.status is not Status.OK or bool(reason)
    truths = true_masks(row, description)
    found = {name: None if refused else prediction.mask(name) for name in truths}
    infection = truths.get(Structure.INFECTION)
    labels = row.labels
    return Case(
        image_id=row.image_id,
        group=str(labels["group_id"]),
        collection=str(labels["collection"]),
        origin=labels["origin"],
        sex=labels["sex"],
        age=labels["age"],
        projection=labels["view"],
        dataset_finding=row.finding,
        truth=_in_model_words(row.finding, classes or {}),
        refused=refused,
        reason=reason or (prediction.reason if refused else ""),
        predicted=None if refused else prediction.finding,
        probabilities={} if refused else prediction.probabilities,
        masks={name: compare_masks(found[name], truth) for name, truth in truths.items()},
        whole_lungs_as_infection=None
        if infection is None or not set(LUNG_TARGETS) <= set(outlined_structures(description))
        else compare_masks(None if refused else prediction.lungs, infection),
        infected_percent=None if refused else prediction.infected_percent,
        true_infected_percent=_true_percent(row, truths),
        severity={
            column: float(labels[column])
            for column in SEVERITY_COLUMNS.values()
            if labels[column] is not None
        },
        source_path=str(labels["source_path"]),
    )


def compare_masks(found: BinaryMask | None, truth: BinaryMask) -> MaskCase:
    """A predicted mask (None: nothing) against the true one, both bool H×W."""
    if found is None:
        found = np.zeros_like(truth)
    distances = outline_distances(found, truth)
    return MaskCase(
        both=int(np.count_nonzero(found & truth)),
        found=int(np.count_nonzero(found)),
        true=int(np.count_nonzero(truth)),
        hausdorff95=distances.hausdorff95,
        surface_dice=distances.surface_dice,
    )


def _no_number(prediction: Prediction, description: ModelDescription) -> str:
    """Why what the network gave cannot be judged; empty where all are numbers."""
    masks = prediction.mask_probabilities
    bad = [finding.value for finding, p in prediction.probabilities.items() if not math.isfinite(p)]
    if masks is not None:
        named = zip(description.targets, masks, strict=True)
        bad += [target.value for target, plane in named if not np.isfinite(plane).all()]
    return f"{NO_NUMBER} for {', '.join(bad)}" if bad else ""


def true_masks(row: Row, description: ModelDescription) -> dict[Structure, BinaryMask]:
    """Of each structure that the model outlines and the dataset knows."""
    lungs = lungs_by_convention(row, description.lung_convention)
    truths = {}
    for structure in outlined_structures(description):
        if structure in LUNG_TARGETS:
            truth = lungs.get(structure)
        elif structure is Structure.WHOLE_LUNGS:
            whole = lungs_by_convention(row, LungConvention.PARTLY_BEHIND_HEART)
            truth = whole.get(Structure.LUNGS)
        else:
            truth = row.mask(structure)
        if truth is not None:
            truths[structure] = truth
    return truths


def _true_percent(row: Row, truths: Mapping[Structure, BinaryMask]) -> float | None:
    """Infected percent of the true masks; opacity of another cause is not measured."""
    measured = (*_EACH_LUNG, Structure.INFECTION)
    if not set(measured) <= truths.keys():
        return None
    if row.finding not in (None, Finding.COVID, Finding.NORMAL):
        return None
    right, left, infection = (truths[structure] for structure in measured)
    return measure_severity(right, left, infection).infected_percent


def _in_model_words(truth: Finding | None, classes: Mapping[Finding, Finding]) -> Finding | None:
    if truth is None:
        return None
    for named, meant in classes.items():
        if truth.is_a(named):
            return meant
    return truth
