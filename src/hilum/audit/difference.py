"""By how much one score tells two classes better than another does."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hilum.audit.contrast import Contrast
from hilum.evaluation.figures import Figure
from hilum.evaluation.intervals import compute_differences
from hilum.evaluation.measure import Measure, Needed
from hilum.evaluation.ranked import auroc

Scores = Mapping[str, NDArray[np.float64]]
"""Name → M scores of the films of a contrast, NaN where there is none."""


def area_differences(
    key: str, contrast: Contrast, ones: Scores, others: Scores
) -> tuple[Figure, ...]:
    """The AUROC of each of ``ones`` less that of the same name in ``others``.

    Both of the same draws of patients, though they may be of other films: what makes the films of a
    patient hard for both does not widen the interval.
    """
    return compute_differences(
        _measures(key, contrast, ones), _measures(key, contrast, others), contrast.groups.tolist()
    )


def _measures(key: str, contrast: Contrast, scores: Scores) -> list[Measure]:
    measures = []
    for name, score in scores.items():
        known = ~np.isnan(score)
        positive, negative = contrast.truth & known, ~contrast.truth & known
        measures.append(
            Measure(
                key,
                contrast.name,
                name,
                (Needed(positive, "of the first class"), Needed(negative, "of the second")),
                None,
                auroc(np.nan_to_num(score), positive, negative),
                unit="difference of AUROC",
                refuses_point=True,
            )
        )
    return measures
