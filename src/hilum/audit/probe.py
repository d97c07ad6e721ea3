"""Can a simple classifier tell two classes by these features? Whole patients are held out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import ThreadpoolController

FOLDS = 5

_THREADS = ThreadpoolController()

_MOST_COMPONENTS = 64
"""Wider features are first reduced to so many, or they would be learned by heart."""


def known_rows(features: NDArray[np.floating]) -> NDArray[np.bool_]:
    """M: in which rows of ``features`` (M×F) no number is unknown."""
    return np.asarray(~np.isnan(features).any(axis=1), np.bool_)


def held_out_scores(
    features: NDArray[np.floating],
    truth: NDArray[np.bool_],
    groups: NDArray[np.str_],
    *,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Logistic regression on ``features`` (M×F), five folds by patient → M log odds.

    Each film gets its score from the fold in which its patient was held out. Classes weigh alike in
    every fold, so that 0 means the same in all; ranks within a fold would not, where one patient
    has many of its films.
    """
    score = np.zeros(len(truth))
    for learned, held in _folds(truth, groups, seed):
        score[held] = fitted(features[learned], truth[learned], seed).decision_function(
            features[held]
        )
    return score


def held_out_probabilities(
    features: NDArray[np.floating],
    classes: NDArray[np.int64],
    groups: NDArray[np.str_],
    *,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Likewise M×K: what such a classifier gives each of the ``classes``, numbered from 0."""
    given = np.zeros((len(classes), int(classes.max()) + 1))
    for learned, held in _folds(classes, groups, seed):
        model = fitted(features[learned], classes[learned], seed)
        given[np.ix_(held, model.classes_)] = model.predict_proba(features[held])
    return given


def fitted(features: NDArray[np.floating], classes: NDArray[np.generic], seed: int = 0) -> Pipeline:
    """Logistic regression, fitted; the classes weigh alike however many films each has."""
    steps = [StandardScaler()]
    if features.shape[1] > _MOST_COMPONENTS and np.ptp(features, axis=0).any():
        components = min(_MOST_COMPONENTS, len(features) // 4)
        # Scaled anew, not whitened: of components without variance nothing is to be made.
        steps += [PCA(components, random_state=seed, svd_solver="randomized"), StandardScaler()]
    regression = LogisticRegression(C=0.1, max_iter=2000, class_weight="balanced")
    # One thread: problems are small, and sums of several come out otherwise elsewhere.
    with _THREADS.limit(limits=1):
        return make_pipeline(*steps, regression).fit(features, classes)


def _folds(
    classes: NDArray[np.generic], groups: NDArray[np.str_], seed: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    yield from folds.split(np.zeros(len(classes)), classes, groups)
