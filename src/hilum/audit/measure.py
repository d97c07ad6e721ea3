"""A dataset, and perhaps a model → the numbers of every film, in one pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hilum.audit.films import Films
from hilum.dataset.read import Dataset
from hilum.inference.model import Model
from hilum.workers import Progress, no_progress


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
        folder: the output; numbers are kept below it, in ``measured``, as they come, and a run of
            the same dataset, models and code goes on with them.
        model: the one that is asked about.
        threads: how many films are worked on at once.
        progress: told of each film.

    Raises:
        DatasetError: a file of it is damaged, or its films were changed otherwise than ``model``
            wants them.
        ModelError: ``model`` cannot be run.
        OutputError: another run measures there, or it cannot be written.
    """
    raise NotImplementedError
