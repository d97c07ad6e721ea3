"""Trained run → model file: exported, its operating points chosen, scored as it is served."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np

from hilum.dataset.read import Dataset
from hilum.evaluation.evaluate import evaluate
from hilum.evaluation.operating_points import best_finding_threshold, best_mask_threshold
from hilum.inference.model import Model, ModelDescription, OperatingPoints, read_model
from hilum.inference.predictor import Predictor
from hilum.inference.runtime import Runtime, load_runtime
from hilum.learning.arrays import TrainingArrays
from hilum.learning.export import export_onnx, rewrite_description
from hilum.learning.recipe import Recipe
from hilum.learning.train import TrainedRun
from hilum.radiograph import Finding, Split, Structure

_CHECKED_IMAGES = 16
_LICENCE = (
    "Research use only. The weights were learned from images under the licences of the "
    "collections named; see their terms before any other use."
)
_LUNGS = frozenset({Structure.LUNGS, Structure.RIGHT_LUNG, Structure.LEFT_LUNG})


def finish(
    run: TrainedRun,
    recipe: Recipe,
    dataset: Dataset,
    output: Path,
    *,
    tell: Callable[[str], None] = print,
) -> Model:
    """Export the run's network to ``output`` and return the model as it was written.

    Raises:
        ModelError: the exported file does not agree with the trained network.
    """
    draft = ModelDescription(
        name=recipe.name,
        image_size=recipe.image_size,
        targets=recipe.targets,
        findings=recipe.findings,
        operating_points=OperatingPoints(dict.fromkeys(recipe.targets, 0.5), {}),
        lung_convention=recipe.lung_conventions[0] if _LUNGS & set(recipe.targets) else None,
        licence=_LICENCE,
        dataset_sha256=dataset.content_sha256,
        trained_on=tuple(sorted({row["collection"] for row in dataset.labels(Split.TRAIN)})),
        recipe=recipe.model_dump(mode="json"),
    )
    tell("exporting, and checking the file against the trained network")
    sample = np.linspace(0, len(run.validation) - 1, _CHECKED_IMAGES).astype(int)
    images = run.validation.images[np.unique(sample)]
    export_onnx(run.module.network, draft, output, check_on=images)

    tell("choosing operating points on the validation split")
    points = choose_operating_points(load_runtime(read_model(output).onnx), recipe, run.validation)
    description = dataclasses.replace(draft, operating_points=points)
    rewrite_description(output, description)

    tell("scoring the validation split through the exported file")
    scores = evaluate(Predictor(output), dataset, Split.VALIDATION)
    rewrite_description(output, dataclasses.replace(description, scores=scores))
    return read_model(output)


def choose_operating_points(
    network: Runtime, recipe: Recipe, arrays: TrainingArrays
) -> OperatingPoints:
    """The best threshold of each mask, and of COVID-19 where the model names findings."""
    outputs = [network(arrays.images[index : index + 1]) for index in range(len(arrays))]
    masks = {}
    for bit, target in enumerate(recipe.targets):
        known = arrays.known[:, bit]
        truth = ((arrays.labels[known] >> bit) & 1).astype(bool)
        probability = np.stack([masks[0, bit] for masks, _ in outputs])[known]
        masks[target] = best_mask_threshold(probability, truth)
    finding = {}
    if Finding.COVID in recipe.findings:
        covid = recipe.findings.index(Finding.COVID)
        known = arrays.findings >= 0
        probability = np.stack([classes[0, covid] for _, classes in outputs])[known]
        finding[Finding.COVID] = best_finding_threshold(
            probability, (arrays.findings[known] == covid).tolist()
        )
    return OperatingPoints(masks, finding)
