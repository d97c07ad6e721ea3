"""A dataset, and perhaps a model → the numbers of every film, in one pass."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hilum.audit.film_file import QUALITY
from hilum.audit.films import Films, Part
from hilum.audit.folder import note_subject, refuse_other_use, subject_of
from hilum.audit.pass_over import Measurement, PassOver
from hilum.audit.shards import FILMS, Shard, Shards
from hilum.dataset.read import Dataset, Row
from hilum.errors import OutputError
from hilum.evaluation.evaluate import refuse_other_variant
from hilum.inference.environment import package_versions
from hilum.inference.model import Model
from hilum.output import held
from hilum.radiograph import Split, View
from hilum.workers import Progress, map_threads, no_progress

CODE = 1
"""Raised when the same films would give other numbers."""

MEASURED = "measured"
"""The folder of numbers below the output."""

_LATERAL = "lateral: only frontal films are audited"


@dataclass(frozen=True)
class Measured:
    """What one pass over a dataset gave."""

    films: Films
    """Every frontal film, train first, then validation and test, each in stored order."""
    features_of: Model
    """Whose last layer the features are of: the model that was given, where its file has them,
    else the bundled one."""
    lost: Mapping[str, str]
    """Image → what is not known of it, and why; lateral films, not among ``films``, too."""
    remarks: tuple[str, ...]
    """Sentences on what could not be measured of any film, such as a map the model lacks."""


def measure_films(
    dataset: Dataset,
    folder: Path,
    *,
    model: Model | None = None,
    threads: int = 1,
    progress: Progress = no_progress,
) -> Measured:
    """Measure every frontal film of ``dataset``.

    Args:
        dataset: all its splits.
        folder: the output; numbers are kept below it, in ``measured``, as they come. A run of
            the same dataset and model goes on with them where they are of the same code, packages
            and runtime.
        model: the one that is asked about.
        threads: how many films are worked on at once.
        progress: told of each film.

    Raises:
        DatasetError: a file of it is damaged, or its films were changed otherwise than ``model``
            wants them.
        ModelError: ``model`` cannot be run.
        OutputError: ``folder`` lies in the dataset or holds something else than an audit of it and
            ``model``, another run measures there, or it cannot be written.
    """
    subject = subject_of(dataset, model)
    refuse_other_use(folder, subject, dataset.folder)
    over = PassOver(model, threads=threads)
    if over.asked is not None:
        refuse_other_variant(over.asked.predictor, dataset.variant, path=dataset.folder)
    labels, laterals = _labels(dataset)
    place = folder / MEASURED
    follows_from = [
        *(CODE, package_versions(), dataset.content_sha256, *over.depends_on),
        *(str(label["image_id"]) for label in labels),
    ]
    try:
        place.mkdir(parents=True, exist_ok=True)
        with held(place, lock=place / ".lock"):
            note_subject(folder, subject)
            files = Shards(place, follows_from)
            shards = list(_measure(dataset, over, files, len(labels), threads, progress))
    except OSError as error:
        raise OutputError(
            "the numbers of films cannot be kept",
            path=place,
            got=error.strerror or type(error).__name__,
            remedy="choose a place you may write to, with room enough; what was measured stays",
        ) from None
    lost = {str(label["image_id"]): _LATERAL for label in laterals}
    told = [reason for shard in shards for reason in shard.lost]
    for label, reason in zip(labels, told, strict=True):
        if reason:
            lost[str(label["image_id"])] = reason
    films = _films(labels, shards, over)
    return Measured(films, over.features.model, lost, tuple(_remarks(model, over)))


def _labels(dataset: Dataset) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The labels of frontal films, the split among them, and those of lateral ones."""
    frontal: list[dict[str, Any]] = []
    lateral: list[dict[str, Any]] = []
    for split in Split:
        for label in dataset.labels(split):
            side = lateral if label["view"] == View.LATERAL else frontal
            side.append({**label, "split": split})
    return frontal, lateral


def _rows(dataset: Dataset) -> Iterator[Row]:
    """Frontal films in the order of :func:`_labels`."""
    for split in Split:
        for row in dataset.rows(split):
            if row.labels["view"] != View.LATERAL:
                yield row


def _measure(
    dataset: Dataset, over: PassOver, files: Shards, count: int, threads: int, progress: Progress
) -> Iterator[Shard]:
    """The numbers of all films, those that were measured before from disk."""
    advance = progress("measuring films", count)
    done = 0
    while done < count and (shard := files.read(done)) is not None:
        for _ in range(len(shard)):
            advance()
        yield shard
        done += len(shard)
    if done == count:
        return
    left = itertools.islice(_rows(dataset), done, None)
    with closing(map_threads(over, left, threads=threads)) as measured:
        while some := list(_advancing(itertools.islice(measured, FILMS), advance)):
            numbers = {name: np.stack([one.numbers[name] for one in some]) for name in over.widths}
            shard = Shard(numbers, tuple(one.lost for one in some))
            files.write(done, shard)
            done += len(shard)
            yield shard


def _advancing(some: Iterator[Measurement], advance: Any) -> Iterator[Measurement]:
    for one in some:
        advance()
        yield one


def _films(labels: Sequence[Mapping[str, Any]], shards: Sequence[Shard], over: PassOver) -> Films:
    everything = {
        name: np.concatenate([np.empty((0, width), np.float32), *(s.numbers[name] for s in shards)])
        for name, width in over.widths.items()
    }

    def named(kind: str) -> dict[str, Any]:
        begin = f"{kind}/"
        return {
            name.removeprefix(begin): values
            for name, values in everything.items()
            if name.startswith(begin)
        }

    return Films(
        labels=tuple(labels),
        features={Part(name): values for name, values in named("features").items()},
        probabilities={Part(name): values for name, values in named("probabilities").items()},
        controls=named("controls"),
        quality=dict(zip(QUALITY, everything["quality"].T, strict=True)),
        lungs_found=everything["lungs_found"][:, 0] == 1,
        activation_in_lungs=everything["activation"][:, 0],
        activation_by_chance=everything["activation"][:, 1],
        occlusion={name: values[:, 0] for name, values in named("occlusion").items()},
    )


def _remarks(model: Model | None, over: PassOver) -> Iterator[str]:
    if model is None:
        return
    name = model.description.name
    if over.asked is None:
        yield f"{name} names no finding: nothing was asked of it."
    elif not over.asked.shows_activation:
        yield (
            f"{name} does not say in its file what its finding is made of, so that where it comes"
            " from is unknown; export it again with this version of hilum."
        )
    if over.features.model.sha256 != model.sha256:
        yield f"Features are those of {over.features.model.description.name}, the bundled model."
    if over.finder.model.sha256 != model.sha256:
        yield f"Lungs were outlined by {over.finder.model.description.name}, the bundled model."
