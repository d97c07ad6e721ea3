"""From which probability on something counts as seen: chosen on validation data only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hilum.evaluation.overlap import dice_per_image, overlap_counts

CANDIDATES = np.arange(0.05, 0.951, 0.025).round(3)


def dice_by_threshold(
    probability: NDArray[np.float32], truth: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """The Dice of one image (both H×W) at each of :data:`CANDIDATES`."""
    predicted = np.stack([probability >= threshold for threshold in CANDIDATES])
    return dice_per_image(*overlap_counts(predicted, truth[None]))


def best_mask_threshold(dice: Sequence[NDArray[np.float64]]) -> float:
    """The threshold with the best mean Dice over images that have the target.

    ``dice`` holds what :func:`dice_by_threshold` gave for each of them. 0.5 where there is
    none; of equally good ones, that nearest to 0.5.
    """
    if not dice:
        return 0.5
    return _nearest_to_half(CANDIDATES, np.mean(dice, axis=0).tolist())


def best_finding_threshold(
    probabilities: NDArray[np.float32], is_positive: Sequence[bool]
) -> float:
    """The threshold on ``probabilities`` (N) where sensitivity + specificity is greatest.

    0.5 where one of the two classes is missing; of equally good ones, that nearest to 0.5.
    """
    positive = np.asarray(is_positive, bool)
    if positive.all() or not positive.any():
        return 0.5
    youden = [
        float((probabilities[positive] >= t).mean() + (probabilities[~positive] < t).mean())
        for t in CANDIDATES
    ]
    return _nearest_to_half(CANDIDATES, youden)


def _nearest_to_half(thresholds: NDArray[np.float64], values: list[float]) -> float:
    best = max(values)
    good: list[float] = [
        t for t, v in zip(thresholds.tolist(), values, strict=True) if v >= best - 1e-9
    ]
    return min(good, key=lambda t: (abs(t - 0.5), t))
