"""Scored films → the lines that turn infected percents into readers' scores, and their error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hilum.dataset.read import Dataset
from hilum.errors import DatasetError
from hilum.imaging.read import decode_picture
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
_DRAWS = 2000
_LEAST_PATIENTS = 10

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
            picture = decode_picture(row.image, path=row.image_id, at_least=predictor.decoded_side)
            features = measure(predictor.predict_picture(picture, row.image_id))
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
    if patients < _LEAST_PATIENTS:
        raise DatasetError(
            "the severity scales cannot be fitted",
            path=dataset.folder,
            got=f"scored films of {patients} patients that are called COVID-19",
            expected=f"at least {_LEAST_PATIENTS}",
            remedy="give a dataset compiled from ieee8023 with its annotations folder",
        )
    lines = []
    for scale, names in INPUTS.items():
        inputs, truth = _arrays(usable, scale)
        constant, *weights = map(_rounded, _solve(inputs, truth))
        converted = leave_patients_out(usable, scale)
        error = conversion_error(converted, truth, [film.group for film in usable])
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


def conversion_error(converted: Floats, truth: Floats, groups: Sequence[str]) -> ConversionError:
    """How far ``converted`` (N) is from ``truth`` (N), intervals by drawing whole groups."""
    names, index = np.unique(np.asarray(groups, np.str_), return_inverse=True)
    members = [np.flatnonzero(index == number) for number in range(len(names))]
    generator = np.random.default_rng(0)
    draws = []
    for _ in range(_DRAWS):
        chosen = np.concatenate([members[i] for i in generator.integers(0, len(names), len(names))])
        draws.append(_far(converted[chosen], truth[chosen]))
    low, high = np.nanquantile(np.array(draws), [0.025, 0.975], axis=0).round(3).tolist()
    absolute, r = _far(converted, truth)
    return ConversionError(
        mean_absolute=round(absolute, 3),
        mean_absolute_interval=(low[0], high[0]),
        r=round(r, 3),
        r_interval=(low[1], high[1]),
        films=len(truth),
        patients=len(names),
    )


def _far(converted: Floats, truth: Floats) -> tuple[float, float]:
    """(mean absolute error, Pearson's r); r is NaN where either does not vary."""
    absolute = float(np.abs(converted - truth).mean())
    if np.ptp(converted) == 0 or np.ptp(truth) == 0:
        return absolute, float("nan")
    return absolute, float(np.corrcoef(converted, truth)[0, 1])


def _arrays(films: Sequence[ScoredFilm], scale: Scale) -> tuple[Floats, Floats]:
    """N×(1+K) inputs, the first of which is 1, and N scores."""
    rows = [[1.0, *((film.features or {})[name] for name in INPUTS[scale])] for film in films]
    return np.array(rows), np.array([film.scores[scale] for film in films], np.float64)


def _solve(inputs: Floats, truth: Floats) -> list[float]:
    solution: list[float] = np.linalg.lstsq(inputs, truth)[0].tolist()
    return solution


def _rounded(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")
