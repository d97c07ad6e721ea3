"""How well a check refuses: the figures that a model file keeps, and the counts behind them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from hilum.evaluation.intervals import Estimate, share_with_interval
from hilum.inference.model import ModelDescription, Score
from hilum.learning.refusal.fit import Chosen, by_folds, fit_film_check
from hilum.learning.refusal.sample import FILM, LATERAL, SLICE, Sample

_HOW = "share, by checks fitted without the image's patient"


FIGURES = ("frontal films refused", "laterals and CT slices refused")
"""Names of the two main figures."""


def with_film_check(description: ModelDescription, samples: Sequence[Sample]) -> ModelDescription:
    """``description`` with the check fitted on all ``samples``, and its two main figures.

    Raises:
        HilumError: there are no films, or nothing else.
    """
    scores = main_scores(samples, by_folds(samples))
    names = {score.name for score in scores}
    kept = [score for score in description.scores if score.name not in names]
    check = fit_film_check(samples)
    return dataclasses.replace(description, film_check=check, scores=(*kept, *scores))


def main_scores(samples: Sequence[Sample], refused: Chosen) -> tuple[Score, ...]:
    """The shares of films, and of laterals and slices, that are refused, where there are any.

    Only images count from whose group (patient, copies) the network did not learn. ``refused``
    tells of each sample, by a check fitted without its group.
    """
    unlearned = np.array([not (s.is_learned or s.is_variant) for s in samples], np.bool_)
    scores = []
    for name, kinds in (
        (FIGURES[0], (FILM,)),
        (FIGURES[1], (LATERAL, SLICE)),
    ):
        chosen = unlearned & np.array([sample.kind in kinds for sample in samples], np.bool_)
        if not chosen.any():
            continue
        counted = [samples[i] for i in np.flatnonzero(chosen).tolist()]
        where = (
            f"images of {count_patients(counted)} patients that the network did not learn from, of"
            f" {', '.join(sorted({sample.collection for sample in counted}))}"
        )
        share = estimate(refused[chosen])
        value, low, high = (round(number, 4) for number in (share.value, share.low, share.high))
        scores.append(Score(name, value, low, high, share.n, f"{_HOW}; {where}"))
    return tuple(scores)


def count_patients(samples: Sequence[Sample]) -> int:
    """Copies of an image count once, and where no patient is known each image is one."""
    return len({sample.group for sample in samples})


def estimate(refused: Chosen) -> Estimate:
    """The share that is refused. Its interval takes images for independent."""
    return share_with_interval(int(refused.sum()), len(refused))
