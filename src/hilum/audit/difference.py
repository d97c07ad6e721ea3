"""By how much one score tells two classes better than another does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hilum.audit.contrast import Contrast
from hilum.audit.figures import area_measures
from hilum.evaluation.figures import Figure
from hilum.evaluation.intervals import compute_differences

Scores = Mapping[str, NDArray[np.float64]]
"""Name → M scores of the films of a contrast, NaN where there is none."""


def area_differences(
    key: str, contrast: Contrast, ones: Scores, others: Scores
) -> tuple[Figure, ...]:
    """The AUROC of each of ``ones`` less that of the same name in ``others``.

    Both of the same draws of patients, though they may be of other films: what makes the films of a
    patient hard for both does not widen the interval.
    """
    of_ones, of_others = (
        [
            replace(one, unit="difference of AUROC")
            for one in area_measures(key, contrast.name, scores, contrast.truth)
        ]
        for scores in (ones, others)
    )
    return compute_differences(of_ones, of_others, contrast.groups.tolist())
