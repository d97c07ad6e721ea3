"""The measures that publications share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from hilum.evaluation.cases import Case
from hilum.evaluation.detection import TASK as DETECTION
from hilum.evaluation.measure import Flags, Floats, Measure, Needed, divide, mean_columns, quotient
from hilum.evaluation.protocols.protocol import Measured, Missing, Setting
from hilum.evaluation.segmentation import ALL_IMAGES, segmentation_measures
from hilum.evaluation.segmentation import TASK as SEGMENTATION
from hilum.radiograph import LUNG_TARGETS, Finding, Structure

Measurement = Callable[[Setting], Measured]
Places = NDArray[np.intp]
Classes = Sequence[Sequence[Finding]]
"""Of each class of a publication the findings that mean it, kinds of them included."""


def overlap(structure: Structure, name: str, mean: str = ALL_IMAGES) -> Measurement:
    """``Dice`` or ``IoU`` of ``structure`` by one of the named means."""

    def measure(setting: Setting) -> Measured:
        if missing := not_outlined(setting, structure):
            return missing
        measures = segmentation_measures(setting.cases, [structure])
        return next(m for m in measures if (m.subject, m.name) == (structure, f"{name}, {mean}"))

    return measure


def pooled_dice(structure: Structure) -> Measurement:
    """Dice, which is F1, of the pixels of all images together, those without the target too."""

    def measure(setting: Setting) -> Measured:
        if missing := not_outlined(setting, structure):
            return missing
        known, both, found, true = mask_counts(setting.cases, structure)
        return Measure(
            SEGMENTATION,
            structure,
            "F1, pooled over all images",
            (Needed(known, f"with a known mask of {structure}"),),
            np.column_stack([2 * both, found + true]),
            quotient,
            definition="2·|A∩B| ÷ (|A| + |B|) of the pixels of all images together",
        )

    return measure


def mask_counts(
    cases: Sequence[Case], structure: Structure
) -> tuple[Flags, Floats, Floats, Floats]:
    """N each: where the true mask is known, pixels in both, found and true; 0 where it is not."""
    masks = [case.masks.get(structure) for case in cases]
    known = np.array([mask is not None for mask in masks], np.bool_)
    counts = [(m.both, m.found, m.true) if m is not None else (0, 0, 0) for m in masks]
    both, found, true = np.array(counts, np.float64).reshape(-1, 3).T
    return known, both, found, true


def seen_in_mask(*, sensitivity: bool) -> Measurement:
    """Sensitivity or specificity of "an image is positive when its infection mask is not empty".

    The predicted mask is that which is served: empty unless the finding is COVID-19. A refused
    image is neither called nor cleared.
    """

    def measure(setting: Setting) -> Measured:
        if missing := not_outlined(setting, Structure.INFECTION):
            return missing
        known, _, found, true = mask_counts(setting.cases, Structure.INFECTION)
        judged = np.array([not case.refused for case in setting.cases], np.bool_)
        is_seen = found > 0
        wanted = known & ((true > 0) if sensitivity else (true == 0))
        right = judged & (is_seen if sensitivity else ~is_seen)
        return Measure(
            DETECTION,
            "covid",
            f"{'sensitivity' if sensitivity else 'specificity'}, by infection mask",
            (Needed(wanted, f"{'with' if sensitivity else 'known to be without'} infection"),),
            mean_columns(right.astype(np.float64), wanted),
            quotient,
            definition="an image is called positive where its infection mask is not empty",
            is_share=True,
        )

    return measure


def class_figure(
    name: str,
    classes: Classes,
    applies: Callable[[Setting], Missing | None] = lambda setting: None,
) -> Measurement:
    """``accuracy``, ``sensitivity``, ``specificity`` or ``F1`` over all classes as served.

    The last three are means over the classes, each one against all others, weighted by its images.
    Of truths that belong to no class there is nothing to say; a refused image is wrong. ``applies``
    says what else an evaluation lacks.
    """

    def measure(setting: Setting) -> Measured:
        if missing := applies(setting) or no_class(setting, classes):
            return missing
        truth = np.array([place_of(case.truth, classes) for case in setting.cases])
        called = np.array([place_of(case.predicted, classes) for case in setting.cases])
        called[[case.refused for case in setting.cases]] = -1
        return confusion_measure(name, classes, truth, called)

    return measure


def no_class(setting: Setting, classes: Classes) -> Missing | None:
    """Which of ``classes`` the model has no name for."""
    named = {place_of(finding, classes) for finding in setting.findings}
    lacking = [" or ".join(one) for i, one in enumerate(classes) if i not in named]
    if not lacking:
        return None
    has = ", ".join(setting.findings) or "none"
    return Missing(f"the model's classes are {has}: there is none for {', '.join(lacking)}")


def confusion_measure(name: str, classes: Classes, truth: Places, called: Places) -> Measure:
    """The figure ``name`` of N cases from numbers of their classes, int N; -1 is none of them."""
    count = len(classes)
    cells = np.zeros((len(truth), count, count + 1))
    counted = truth >= 0
    cells[np.flatnonzero(counted), truth[counted], called[counted]] = 1  # -1 is the last column
    words = [" or ".join(one) for one in classes]
    how = "share of images that are called right" if name == "accuracy" else "mean over classes"
    weighted = "" if name == "accuracy" else ", weighted by their images"
    return Measure(
        DETECTION,
        ", ".join(words),
        name,
        tuple(Needed(truth == i, f"of class {word}") for i, word in enumerate(words)),
        cells.reshape(len(truth), -1),
        partial(_of_confusion, name, count),
        definition=f"{how}{weighted}; classes {', '.join(words)}",
        is_share=name == "accuracy",
    )


def place_of(finding: Finding | None, classes: Classes) -> int:
    """The number of the class that ``finding`` belongs to, -1 if there is none."""
    if finding is None:
        return -1
    return next((i for i, c in enumerate(classes) if any(finding.is_a(w) for w in c)), -1)


def _of_confusion(name: str, count: int, sums: Floats) -> Floats:
    cells = sums.reshape(-1, count, count + 1)
    everything = cells.sum(axis=(1, 2))
    right = np.einsum("dii->di", cells[:, :, :count])
    if name == "accuracy":
        return divide(right.sum(axis=1), everything)
    true = cells.sum(axis=2)
    wrongly_called = cells[:, :, :count].sum(axis=1) - right
    refused = cells[:, :, count]
    negative = everything[:, None] - true
    by_class = {
        "sensitivity": divide(right, true),
        # What was refused was not cleared either.
        "specificity": divide(
            negative - wrongly_called - (refused.sum(axis=1)[:, None] - refused), negative
        ),
        "F1": divide(2 * right, true + right + wrongly_called),
    }[name]
    return divide((by_class * true).sum(axis=1), everything)


def not_outlined(setting: Setting, structure: Structure) -> Missing | None:
    """What to say where the model does not outline ``structure``."""
    parts = {Structure.RIGHT_LUNG, Structure.LEFT_LUNG}
    outlined = structure in setting.targets or (
        structure in LUNG_TARGETS and parts <= set(setting.targets)
    )
    return None if outlined else Missing(f"the model does not outline {structure}")
