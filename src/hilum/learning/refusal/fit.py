"""Samples → the check that refuses what is no frontal film, and how well it does on unseen ones.

A logistic regression with a ridge, solved by Newton's method. Films and what is no film weigh
the same together; collections weigh by the root of their size, and each kind that is no film
weighs the same however many there are of it, the real ones (laterals, CT slices) more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from hilum.errors import HilumError
from hilum.inference.film_check import FARTHEST, FilmCheck, Term
from hilum.inference.film_features import FEATURES
from hilum.learning.refusal.sample import FILM, LATERAL, SLICE, Sample

REFUSED_FILMS = 0.001
"""The share of the films it is fitted on that a check may refuse, by weight."""

_RIDGE = 0.003
_REAL_SHARE = 0.3
"""Of the weight of all that is no film: laterals and CT slices."""

_FOLDS = 10
_DIGITS = 6
"""Significant ones of a number in the model file."""

Chosen = NDArray[np.bool_]


def fit_film_check(samples: Sequence[Sample]) -> FilmCheck:
    """Fit a check on all ``samples`` that reach one.

    Raises:
        HilumError: there are no films, or nothing else.
    """
    reached = [sample for sample in samples if sample.features is not None]
    is_film = np.array([sample.kind == FILM for sample in reached], np.bool_)
    if not is_film.any() or is_film.all():
        raise HilumError(
            "the refusal cannot be fitted",
            got=f"{int(is_film.sum())} films and {int((~is_film).sum())} other images",
            expected="both",
            remedy="give collections of frontal films",
        )
    weights = sample_weights(reached)
    values = np.array([[(s.features or {})[name] for name in FEATURES] for s in reached])
    mean = np.average(values[is_film], axis=0, weights=weights[is_film])
    variance = np.average((values[is_film] - mean) ** 2, axis=0, weights=weights[is_film])
    deviation = np.maximum(np.sqrt(variance), 1e-3)  # an overlap, say, may be 0 on every film
    far = np.clip((values - mean) / deviation, -FARTHEST, FARTHEST)
    linear, square = np.split(fit_logistic(np.hstack([far, far**2]), ~is_film, weights)[:-1], 2)
    terms = {
        name: Term(*(float(f"{number:.{_DIGITS}g}") for number in numbers))
        for name, *numbers in zip(FEATURES, mean, deviation, linear, square, strict=True)
    }
    scores = np.array([_score(terms, sample) for sample in reached])
    return FilmCheck(terms, _quantile(scores[is_film], weights[is_film], 1 - REFUSED_FILMS))


def fit_logistic(
    inputs: NDArray[np.float64], is_positive: Chosen, weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Coefficients of the D columns of ``inputs`` (N×D), then the constant, which has no ridge."""
    columns = np.hstack([inputs, np.ones((len(inputs), 1))])
    ridge = _RIDGE * np.eye(columns.shape[1])
    ridge[-1, -1] = 1e-9
    coefficients = np.zeros(columns.shape[1])
    for _ in range(100):
        odds = np.exp(-np.clip(columns @ coefficients, -30, 30))
        probability = 1 / (1 + odds)
        slope = columns.T @ (weights * (probability - is_positive)) + ridge @ coefficients
        curvature = weights * probability * (1 - probability)
        step = np.linalg.solve((columns * curvature[:, None]).T @ columns + ridge, slope)
        coefficients = coefficients - step
        if np.abs(step).max() < 1e-8:
            break
    return coefficients


def by_folds(samples: Sequence[Sample], *, seed: int = 0) -> Chosen:
    """Which of ``samples`` a check refuses that was fitted without their group; tenths in turn."""
    groups = sorted({sample.group for sample in samples})
    drawn = np.random.default_rng(seed).permutation(len(groups)) % _FOLDS
    fold_of = dict(zip(groups, drawn.tolist(), strict=True))
    fold = np.array([fold_of[sample.group] for sample in samples])
    return _judge(samples, ((fold != one, fold == one) for one in range(_FOLDS)))


def by_collections(samples: Sequence[Sample]) -> Chosen:
    """Which films a check refuses that was fitted without their collection and copies from it.

    Raises:
        HilumError: only one collection has films.
    """

    def parts() -> Iterator[tuple[Chosen, Chosen]]:
        collection = np.array([sample.collection for sample in samples])
        group = np.array([sample.group for sample in samples])
        is_film = np.array([sample.kind == FILM for sample in samples])
        for name in sorted(set(collection[is_film])):
            left_out = is_film & (collection == name)
            copies = np.isin(group, group[left_out])
            yield (collection != name) & ~copies, left_out

    return _judge(samples, parts())


def by_kinds(samples: Sequence[Sample]) -> Chosen:
    """Which samples that are no films a check refuses that never saw their kind."""
    kind = np.array([sample.kind for sample in samples])
    names = sorted(set(kind) - {FILM})
    return _judge(samples, ((kind != name, kind == name) for name in names))


def _judge(samples: Sequence[Sample], parts: Iterable[tuple[Chosen, Chosen]]) -> Chosen:
    """Which samples are refused, each by a check fitted on the part that it is judged with."""
    refused = np.zeros(len(samples), np.bool_)
    for fitted_on, judged in parts:
        check = fit_film_check([samples[i] for i in np.flatnonzero(fitted_on).tolist()])
        for i in np.flatnonzero(judged).tolist():
            refused[i] = is_refused(samples[i], check)
    return refused


def is_refused(sample: Sample, check: FilmCheck) -> bool:
    """Whether ``sample`` is refused, before the check or by it."""
    return sample.features is None or check.refuse(sample.features) is not None


def sample_weights(samples: Sequence[Sample]) -> NDArray[np.float64]:
    """The weight of each sample: 1 for all films together, 1 for all the rest."""
    parts = np.array([s.kind if s.kind != FILM else f"{FILM}:{s.collection}" for s in samples])
    names, counts = np.unique(parts, return_counts=True)
    is_film = np.char.startswith(names, f"{FILM}:")
    is_real = np.isin(names, (LATERAL, SLICE))
    is_made = ~is_film & ~is_real
    share = np.where(is_film, np.sqrt(counts), 0)
    share /= share.sum()
    real_share = (_REAL_SHARE if is_made.any() else 1.0) if is_real.any() else 0.0
    share[is_real] = real_share / max(int(is_real.sum()), 1)
    share[is_made] = (1 - real_share) / max(int(is_made.sum()), 1)
    each = dict(zip(names.tolist(), (share / counts).tolist(), strict=True))
    return np.array([each[part] for part in parts.tolist()])


def _score(terms: dict[str, Term], sample: Sample) -> float:
    return FilmCheck(terms, 0.0).score(sample.features or {})


def _quantile(values: NDArray[np.float64], weights: NDArray[np.float64], share: float) -> float:
    """The least of ``values`` that ``share`` of the weight does not exceed."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(int(np.searchsorted(below, share)), len(values) - 1)])
