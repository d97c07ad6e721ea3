"""Can a simple classifier tell two classes by these features? AUROC, whole patients held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FOLDS = 5
_MOST_COMPONENTS = 64
"""Wider features are first reduced to so many, or they would be learned by heart."""


@dataclass(frozen=True)
class Probe:
    """What a classifier gave for films of patients it had not seen."""

    truth: NDArray[np.bool_]
    score: NDArray[np.float64]
    groups: NDArray[np.int64]


def probe(
    features: NDArray[np.floating],
    truth: NDArray[np.bool_],
    groups: Sequence[str],
    *,
    seed: int = 0,
) -> Probe:
    """Logistic regression on ``features`` (M×F), five folds by patient.

    Each film gets its score from the fold in which its patient was held out; scores are ranked
    within the fold, so that folds with another intercept can be put together.
    """
    _, numbers = np.unique(np.asarray(groups), return_inverse=True)
    score = np.zeros(len(truth))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for learned, held in folds.split(features, truth, numbers):
        steps = [StandardScaler()]
        if features.shape[1] > _MOST_COMPONENTS:
            components = min(_MOST_COMPONENTS, len(learned) // 4)
            steps.append(PCA(components, random_state=seed, whiten=True))
        model = make_pipeline(
            *steps, LogisticRegression(C=0.1, max_iter=2000, class_weight="balanced")
        )
        model.fit(features[learned], truth[learned])
        score[held] = model.decision_function(features[held])
    return Probe(truth, score, numbers)
