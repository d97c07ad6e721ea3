"""What a reader of the figures must know of how they came about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from hilum.collections.registry import sharing
from hilum.dataset.read import Dataset
from hilum.evaluation.cases import Case
from hilum.evaluation.classes import unnamed_note
from hilum.evaluation.judge import outlined_structures
from hilum.inference.model import ModelDescription
from hilum.radiograph import Finding, Split, Structure

_NAMED = 5
"""So many images of a kind are named."""


def notes_on(
    cases: Sequence[Case],
    description: ModelDescription,
    dataset: Dataset,
    split: Split,
    classes: Mapping[Finding, Finding],
) -> tuple[str, ...]:
    """Sentences on where the cases come from, what is unknown of them and what was refused.

    ``classes``: finding of the dataset → the model's class that was said to mean it.
    """
    truths = [case.truth for case in cases if case.truth is not None]
    return tuple(
        filter(
            None,
            [
                description.finding_caution,
                _on_dataset(description, dataset, split),
                _on_collections(cases, description, dataset),
                *(f"{named} of the dataset was judged as {classes[named]}." for named in classes),
                unnamed_note(truths, description.findings),
                _on_one_sided(truths, description.findings),
                *_on_masks(cases, outlined_structures(description)),
                *_on_refused(cases),
            ],
        )
    )


def _on_dataset(description: ModelDescription, dataset: Dataset, split: Split) -> str:
    if description.dataset_sha256 != dataset.content_sha256:
        return (
            "The model was trained on another dataset than this one. Whether it learned from images"
            " that are also here, or from copies of them, is not known."
        )
    if description.fold is not None and dataset.fold is None and split is not Split.TEST:
        return (
            f"The model learned from these images, or was chosen by them, except those of fold"
            f" {description.fold}: the figures say nothing of others. With the models of the other"
            " folds beside it, each judges its own fold alone."
        )
    return {
        Split.TRAIN: "The model learned from these images: the figures say nothing of others.",
        Split.VALIDATION: "Operating points were chosen on these images: the figures are somewhat"
        " too good.",
        Split.TEST: "",
    }[split]


def _on_collections(cases: Sequence[Case], description: ModelDescription, dataset: Dataset) -> str:
    """Where another dataset was learned from, whether it was of the same collections."""
    if description.dataset_sha256 == dataset.content_sha256:
        return ""
    counts = Counter(case.collection for case in cases)
    shared = sharing(counts, description.trained_on)
    if not shared:
        return ""
    told = ", ".join(f"{name} ({counts[name]} images here)" for name in shared)
    learned = ", ".join(sorted(description.trained_on))
    return (
        f"It learned from films of {learned}, maybe from some of {told}: then the figures say"
        " nothing."
    )


def _on_one_sided(truths: Sequence[Finding], findings: Sequence[Finding]) -> str:
    """Classes that no image has, or every one, of which some figures are not to be had."""
    if not truths:
        return ""
    shares = {name: sum(truth.is_a(name) for truth in truths) / len(truths) for name in findings}
    absent = [name for name, share in shares.items() if share == 0]
    alone = [name for name, share in shares.items() if share == 1]
    told = [f"No image has {', '.join(absent)}: no sensitivity or AUROC of it."] if absent else []
    if alone:
        told.append(f"Every image has {', '.join(alone)}: no specificity or AUROC of it.")
    return " ".join(told)


def _on_masks(cases: Sequence[Case], structures: Sequence[Structure]) -> list[str]:
    """Of which structures not every image has a known mask."""
    by_count: dict[int, list[str]] = {}
    for structure in structures:
        known = sum(structure in case.masks for case in cases)
        if known < len(cases):
            by_count.setdefault(known, []).append(structure.value)
    return [
        f"True masks are known of {known} of {len(cases)} images: {', '.join(names)}."
        for known, names in by_count.items()
    ]


def _on_refused(cases: Sequence[Case]) -> list[str]:
    refused = [case for case in cases if case.refused]
    sentences = []
    for reason, count in Counter(case.reason for case in refused).most_common():
        places = [case.source_path or case.image_id for case in refused if case.reason == reason]
        more = ", …" if count > _NAMED else ""
        sentences.append(
            f"Refused, which counts as wrong: {count} of {len(cases)} images, because {reason}"
            f" ({', '.join(places[:_NAMED])}{more})."
        )
    return sentences
