"""Trained run → model file: exported, its operating points chosen, scored as it is served."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hilum.dataset.read import Dataset
from hilum.errors import OutputError
from hilum.evaluation.evaluate import evaluate
from hilum.evaluation.operating_points import (
    best_finding_threshold,
    best_mask_threshold,
    dice_by_threshold,
)
from hilum.evaluation.scored import with_scores_of
from hilum.evaluation.strata import Stratum
from hilum.inference.model import (
    Model,
    ModelDescription,
    OperatingPoints,
    read_model,
    rewrite_description,
)
from hilum.inference.predictor import Predictor
from hilum.inference.runtime import Runtime, load_runtime
from hilum.learning.arrays import TrainingArrays
from hilum.learning.export import export_onnx
from hilum.learning.recipe import Recipe
from hilum.learning.targets import UNKNOWN_FINDING
from hilum.learning.train import TrainedRun
from hilum.radiograph import Finding, Split, Structure

_CHECKED_IMAGES = 16
_LICENCE = (
    "Research use only. The weights were learned from images under the licences of the "
    "collections named; see their terms before any other use."
)


def finish(
    run: TrainedRun,
    recipe: Recipe,
    dataset: Dataset,
    output: Path,
    *,
    tell: Callable[[str], None] = print,
) -> Model:
    """Export the run's network to ``output`` and return the model as it was written.

    ``output`` appears once the model has its operating points and scores, not before.

    Raises:
        ModelError: the exported file does not agree with the trained network.
        OutputError: another file has come to lie at ``output``.
    """
    draft = ModelDescription(
        name=recipe.name,
        image_size=recipe.image_size,
        targets=recipe.targets,
        findings=recipe.findings,
        operating_points=OperatingPoints(dict.fromkeys(recipe.targets, 0.5), {}),
        lung_convention=recipe.lung_convention if recipe.targets else None,
        licence=_LICENCE,
        dataset_sha256=dataset.content_sha256,
        trained_on=tuple(sorted({row["collection"] for row in dataset.labels(Split.TRAIN)})),
        recipe=recipe.model_dump(mode="json"),
        started_from=None if run.start is None else run.start.purpose,
        variant=dataset.variant,
    )
    tell("exporting, and checking the file against the trained network")
    sample = np.linspace(0, len(run.validation) - 1, _CHECKED_IMAGES).astype(int)
    images = run.validation.images[np.unique(sample)]
    unfinished = output.with_name(f".{output.name}.unfinished")
    export_onnx(run.module.network, draft, unfinished, check_on=images)

    tell("choosing operating points on the validation split")
    network = load_runtime(read_model(unfinished).onnx)
    points = choose_operating_points(network, recipe, run.validation)
    description = dataclasses.replace(draft, operating_points=points)
    rewrite_description(unfinished, description)

    tell("scoring the validation split through the exported file")
    by = (Stratum.COLLECTION,)
    evaluation = evaluate(Predictor(unfinished), dataset, Split.VALIDATION, by=by)
    rewrite_description(unfinished, with_scores_of(description, evaluation))
    if output.exists():
        raise OutputError(
            "the output has come to exist meanwhile",
            path=output,
            remedy=f"the model is {unfinished}: move it to where you want it",
        )
    unfinished.replace(output)
    return read_model(output)


def choose_operating_points(
    network: Runtime, recipe: Recipe, arrays: TrainingArrays
) -> OperatingPoints:
    """The best threshold of each mask, and of COVID-19 where the model names findings."""
    dice: dict[Structure, list[NDArray[np.float64]]] = {target: [] for target in recipe.targets}
    classes = []
    for image, labels, known in zip(arrays.images, arrays.labels, arrays.known, strict=True):
        masks, probabilities = network(image[None])
        classes.append(probabilities[0])
        for bit, target in enumerate(recipe.targets):
            truth = ((labels >> bit) & 1).astype(bool)
            if known[bit] and truth.any():
                dice[target].append(dice_by_threshold(masks[0, bit], truth))
    thresholds = {target: best_mask_threshold(values) for target, values in dice.items()}
    if Finding.COVID not in recipe.findings:
        return OperatingPoints(thresholds, {})
    covid = recipe.findings.index(Finding.COVID)
    labelled = arrays.findings != UNKNOWN_FINDING
    threshold = best_finding_threshold(
        np.stack(classes)[labelled, covid], (arrays.findings[labelled] == covid).tolist()
    )
    return OperatingPoints(thresholds, {Finding.COVID: threshold})
