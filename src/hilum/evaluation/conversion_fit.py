"""Scored films → the lines that turn infected percents into readers' scores, and their error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hilum.dataset.read import Dataset
from hilum.errors import DatasetError
from hilum.evaluation.evaluate import predict_row
from hilum.evaluation.figures import Figure
from hilum.evaluation.intervals import LEAST_GROUPS, compute_figures
from hilum.evaluation.severity import compare_values
from hilum.inference.conversion import Conversion, ConversionError, Line, measure, network_hash
from hilum.inference.predictor import Predictor
from hilum.radiograph import Split, View
from hilum.scales import GEOGRAPHIC_EXTENT, OPACITY, Scale

INPUTS: dict[Scale, tuple[str, ...]] = {
    GEOGRAPHIC_EXTENT: ("infected_percent",),
    OPACITY: ("infected_percent", "lung_contrast"),
}
"""What each scale's line weighs."""

_DIGITS = 5
"""Significant ones of a number in the file."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ScoredFilm:
    """A film that readers scored, as the network sees it."""

    group: str
    """Patient and copies."""
    scores: Mapping[Scale, float]
    features: Mapping[str, float] | None
    """None where nothing can be converted."""
    is_learned: bool = False
    """Whether the network learned to outline infection on a film of this group."""


def scored_films(
    predictor: Predictor, dataset: Dataset, *, learned: Sequence[str] = ()
) -> list[ScoredFilm]:
    """Every frontal film of ``dataset``, all splits, with scores on each scale of :data:`INPUTS`.

    ``learned`` are collections whose official train split the network learned from.
    """
    labels = [row for split in Split for row in dataset.labels(split)]
    known = {
        row["group_id"]
        for row in labels
        if row["collection"] in learned and row["official_split"] in (None, Split.TRAIN)
    }
    return list(_films(predictor, dataset, known))


def _films(predictor: Predictor, dataset: Dataset, known: set[str]) -> Iterator[ScoredFilm]:
    for split in Split:
        for row in dataset.rows(split):
            scores = {scale: row.labels[scale.column] for scale in INPUTS}
            if None in scores.values() or row.labels["view"] == View.LATERAL:
                continue
            features = measure(predict_row(predictor, row))
            group = str(row.labels["group_id"])
            yield ScoredFilm(group, scores, features, group in known)


def fit_conversion(
    predictor: Predictor, films: Sequence[ScoredFilm], dataset: Dataset
) -> Conversion:
    """The lines of :data:`INPUTS` on all films that can be converted.

    Raises:
        DatasetError: they are of fewer than ten patients.
    """
    usable = [film for film in films if film.features is not None]
    patients = len({film.group for film in usable})
    if patients < LEAST_GROUPS:
        raise DatasetError(
            "the severity scales cannot be fitted",
            path=dataset.folder,
            got=f"scored films of {patients} patients that are called COVID-19",
            expected=f"at least {LEAST_GROUPS}",
            remedy="give a dataset compiled from ieee8023 with its annotations folder",
        )
    lines = []
    for scale, names in INPUTS.items():
        constant, *weights = map(_rounded, _solve(*_arrays(usable, scale)))
        error = _error(leave_patients_out(usable, scale), usable, scale)
        lines.append(Line(scale, constant, dict(zip(names, weights, strict=True)), error))
    fitted_on: dict[str, Any] = {
        "model_sha256": predictor.model.sha256,
        "dataset_sha256": dataset.content_sha256,
        "scored_films": len(films),
        "films_called_covid": len(usable),
        "patients": patients,
        "films_of_patients_learned_from": sum(film.is_learned for film in usable),
        "protocol": "least squares; error: each patient converted by a line fitted on the others",
    }
    return Conversion(network_hash(predictor.model), fitted_on, tuple(lines))


def leave_patients_out(films: Sequence[ScoredFilm], scale: Scale) -> Floats:
    """The score (N) of each film by a line fitted without its group; all have features."""
    inputs, truth = _arrays(films, scale)
    groups = np.array([film.group for film in films])
    converted = np.empty(len(films))
    for group in np.unique(groups):
        out = groups == group
        converted[out] = inputs[out] @ _solve(inputs[~out], truth[~out])
    return np.clip(converted, 0, scale.maximum)


def conversion_figures(
    converted: Floats, truth: Floats, groups: Sequence[str], scale: Scale
) -> tuple[Figure, Figure]:
    """(mean absolute error, Pearson's r) of N scores against N true ones of ``groups``."""
    measures = compare_values(scale.name, converted, truth, scale.unit, "readers' score")
    wanted = {m.name: m for m in measures if m.name in ("mean absolute error", "Pearson r")}
    absolute, r = compute_figures([wanted["mean absolute error"], wanted["Pearson r"]], groups)
    return absolute, r


def _error(converted: Floats, films: Sequence[ScoredFilm], scale: Scale) -> ConversionError:
    truth = np.array([film.scores[scale] for film in films], np.float64)
    groups = [film.group for film in films]
    absolute, r = conversion_figures(converted, truth, groups, scale)
    return ConversionError(
        mean_absolute=_known(absolute.value),
        mean_absolute_interval=(_known(absolute.low), _known(absolute.high)),
        r=_known(r.value),
        r_interval=(_known(r.low), _known(r.high)),
        films=absolute.n,
        patients=absolute.groups,
    )


def _known(value: float | None) -> float:
    return float("nan") if value is None else round(value, 3)


def _arrays(films: Sequence[ScoredFilm], scale: Scale) -> tuple[Floats, Floats]:
    """N×(1+K) inputs, the first of which is 1, and N scores."""
    rows = [[1.0, *((film.features or {})[name] for name in INPUTS[scale])] for film in films]
    return np.array(rows), np.array([film.scores[scale] for film in films], np.float64)


def _solve(inputs: Floats, truth: Floats) -> list[float]:
    solution: list[float] = np.linalg.lstsq(inputs, truth)[0].tolist()
    return solution


def _rounded(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")
