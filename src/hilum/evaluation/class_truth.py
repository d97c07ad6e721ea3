"""How cases stand to one class of a model: with it or without it, called or cleared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hilum.evaluation.cases import Case
from hilum.evaluation.measure import Flags, Floats
from hilum.radiograph import Finding

_REFUSED_LOW, _REFUSED_HIGH = -1.0, 2.0


@dataclass(frozen=True)
class ClassTruth:
    """Of N cases: how one class of the model stands to truth. What is unknown is in none."""

    positive: Flags
    negative: Flags
    called: Flags
    cleared: Flags
    """Judged, and called something else."""
    scores: Floats
    """Probability of the class; -1 or 2, whichever is wrong, of refused images."""
    judged: Flags
    """Not refused, so that there is a probability."""


def class_truth(cases: Sequence[Case], finding: Finding) -> ClassTruth:
    """How ``cases`` stand to the class ``finding``.

    A truth that is wider than the class (pneumonia, where the class is viral pneumonia) does not
    say whether it holds.
    """
    truths = [case.truth for case in cases]
    positive = np.array([t is not None and t.is_a(finding) for t in truths], np.bool_)
    wider = np.array([t is None or finding.is_a(t) for t in truths], np.bool_)
    called = np.array([case.predicted == finding for case in cases], np.bool_)
    judged = np.array(
        [not case.refused and finding in case.probabilities for case in cases], np.bool_
    )
    wrong = np.where(positive, _REFUSED_LOW, _REFUSED_HIGH)
    given = np.array([case.probabilities.get(finding, np.nan) for case in cases], np.float64)
    return ClassTruth(
        positive=positive,
        negative=~positive & ~wider,
        called=called & judged,
        cleared=judged & ~called,
        scores=np.where(judged, given, wrong),
        judged=judged,
    )
