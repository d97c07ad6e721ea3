"""Two models on the same cases: each figure less the other's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hilum.errors import ModelError
from hilum.evaluation.cases import Case, MaskCase
from hilum.evaluation.detection import AUROC, EVERY_FINDING
from hilum.evaluation.detection import TASK as DETECTION
from hilum.evaluation.evaluate import measures_of
from hilum.evaluation.figures import Evaluation
from hilum.evaluation.intervals import compute_differences
from hilum.evaluation.measure import Measure
from hilum.evaluation.severity import MEASURED
from hilum.inference.model import ModelDescription
from hilum.radiograph import Finding


def compare(
    one: Evaluation,
    other: Evaluation,
    description: ModelDescription,
    other_description: ModelDescription,
) -> Evaluation:
    """``one`` with its differences from ``other``: figures that both models have, less the other's.

    Both are computed of the same draws of patients, so that what makes a case hard for both does
    not widen the interval. Where only one of the two has a distance of outlines or a percent, the
    case counts for neither; of a class whose true images are not the same for both there is no
    difference, nor of all classes together where any image is of other classes for each, and a note
    says so. What is to be known of the other's figures is noted too.

    Raises:
        ModelError: the two were not judged on the same cases.
    """
    if [case.image_id for case in one.cases] != [case.image_id for case in other.cases]:
        raise ModelError(
            "two models are compared on the same images only",
            got=f"{one.dataset} {one.split} and {other.dataset} {other.split}",
            remedy="evaluate both on one split of one dataset",
        )
    ours = _measures(one.cases, other.cases, description)
    theirs = _measures(other.cases, one.cases, other_description)
    apart = _of_other_images(ours, theirs)
    if not _divide_alike(_meant(one.cases, description), _meant(other.cases, other_description)):
        apart.append((DETECTION, EVERY_FINDING))
    differences = compute_differences(
        [m for m in ours if (m.task, m.subject) not in apart],
        theirs,
        [case.group for case in one.cases],
    )
    notes = [note for note in one.notes if note in other.notes]
    notes += [f"First model: {note}" for note in one.notes if note not in notes]
    notes += [f"Second model: {note}" for note in other.notes if note not in notes]
    if apart:
        names = ", ".join(
            "the accuracy" if subject == EVERY_FINDING else subject for _, subject in apart
        )
        notes.append(
            "The two models have other classes, of which these are not the same images, so that"
            f" they are not compared: {names}."
        )
    return replace(
        one,
        against=f"{other.model} {other.model_sha256[:16]}",
        differences=differences,
        notes=tuple(notes),
    )


def _of_other_images(ours: Sequence[Measure], theirs: Sequence[Measure]) -> list[tuple[str, str]]:
    """Classes whose images, or those without it, are other ones in each model's words, in order."""
    # Of which images it is follows from the truth, whatever the model said.
    asked = {m.subject: m for m in theirs if m.task == DETECTION and m.name == AUROC}
    return [
        (m.task, m.subject)
        for m in ours
        if m.task == DETECTION and m.name == AUROC and m.subject in asked
        if any(
            not np.array_equal(needed.cases, other.cases)
            for needed, other in zip(m.needed, asked[m.subject].needed, strict=True)
        )
    ]


def _meant(cases: Sequence[Case], description: ModelDescription) -> list[frozenset[Finding]]:
    """Which of the model's classes each of ``cases`` is of."""
    return [
        frozenset(
            name
            for name in description.findings
            if case.truth is not None and case.truth.is_a(name)
        )
        for case in cases
    ]


def _divide_alike(ours: Sequence[frozenset[Finding]], theirs: Sequence[frozenset[Finding]]) -> bool:
    """Whether two images are of one class for both models or for neither, whatever it is called."""
    together = set(zip(ours, theirs, strict=True))
    return len(together) == len(set(ours)) == len(set(theirs)) and all(
        bool(own) == bool(other) for own, other in together
    )


def _measures(
    cases: Sequence[Case], others: Sequence[Case], description: ModelDescription
) -> list[Measure]:
    """Of what ``cases`` have in common with ``others``, the same images judged by another model.

    Of how many images there is a percent is each model's own.
    """
    pairs = list(zip(cases, others, strict=True))
    shared = [_limited(case, other) for case, other in pairs]
    both_measured = [
        replace(case, infected_percent=None) if other.infected_percent is None else case
        for case, (_, other) in zip(shared, pairs, strict=True)
    ]
    return [m for m in measures_of(both_measured, description) if m.name != MEASURED] + [
        m for m in measures_of(shared, description) if m.name == MEASURED
    ]


def _limited(case: Case, other: Case) -> Case:
    """``case`` without the truth that ``other``, of the same image, is compared with differently,
    and without distances that it does not have."""
    whole, other_whole = case.whole_lungs_as_infection, other.whole_lungs_as_infection
    same_truth = case.true_infected_percent == other.true_infected_percent
    return replace(
        case,
        masks={
            name: _limited_mask(mask, other.masks[name])
            for name, mask in case.masks.items()
            if name in other.masks and other.masks[name].true == mask.true
        },
        whole_lungs_as_infection=whole and other_whole and _limited_mask(whole, other_whole),
        true_infected_percent=case.true_infected_percent if same_truth else None,
    )


def _limited_mask(mask: MaskCase, other: MaskCase) -> MaskCase:
    return mask if other.hausdorff95 is not None else replace(mask, hausdorff95=None)
