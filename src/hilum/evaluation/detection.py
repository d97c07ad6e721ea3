"""Findings of cases → decisions, ranking and calibration of each class; one against all others.

A refused image is wrong: neither called nor cleared, ranked below every positive or above every
negative, and as far from the truth as a probability can be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from hilum.evaluation.cases import Case
from hilum.evaluation.class_truth import ClassTruth, class_truth
from hilum.evaluation.measure import (
    Floats,
    Measure,
    Needed,
    divide,
    mean_columns,
    quotient,
)
from hilum.evaluation.ranked import auroc, average_precision
from hilum.radiograph import Finding

TASK = "detection"

EVERY_FINDING = "finding"
"""Subject of figures over all classes."""

AUROC = "AUROC"
"""Name of the first ranking of each class."""

PREVALENCES = (0.01, 0.05, 0.20)

BINS = 10
"""Of equal width, in which probabilities are compared with how often they came true."""


def detection_measures(
    cases: Sequence[Case], findings: Sequence[Finding], points: Mapping[Finding, float]
) -> list[Measure]:
    """The figures of each of the model's classes, and of all together.

    Args:
        cases: N of them.
        findings: the model's classes.
        points: operating points: from which probability on a class is called before all others.
    """
    if not findings:
        return []
    measures = [_accuracy(cases, findings)]
    for finding in findings:
        truth = class_truth(cases, finding)
        when = "called where it is likelier than the others without an operating point"
        if finding in points and any(case.fold is not None for case in cases):
            when = "called from the probability on that was chosen for the model of its fold"
        elif finding in points:
            when = f"called from probability {points[finding]:g} on"
        measures += [
            *_decisions(finding, truth, when),
            *_rankings(finding, truth),
            *_predictive_values(finding, truth, when),
        ]
    return measures


def _accuracy(cases: Sequence[Case], findings: Sequence[Finding]) -> Measure:
    named = np.array(
        [c.truth is not None and any(c.truth.is_a(f) for f in findings) for c in cases], np.bool_
    )
    right = [c.truth and c.predicted and c.truth.is_a(c.predicted) for c in cases]
    return Measure(
        TASK,
        EVERY_FINDING,
        "accuracy",
        (Needed(named, "with a finding that the model has a class for"),),
        mean_columns(np.array(list(map(bool, right)), np.float64), named),
        quotient,
        definition="share of images called what they are, of those the model has a class for",
        is_share=True,
    )


def _decisions(finding: Finding, truth: ClassTruth, when: str) -> list[Measure]:
    positive = Needed(truth.positive, f"with {finding}")
    negative = Needed(truth.negative, f"without {finding}")
    known = truth.positive | truth.negative
    called = truth.called & known
    right, wrong = called & truth.positive, called & truth.negative
    missed = truth.positive & ~called
    make = partial(Measure, TASK, finding.value)
    share = partial(make, formula=quotient, is_share=True)
    return [
        share(
            "sensitivity",
            (positive,),
            mean_columns(truth.called.astype(float), truth.positive),
            definition=f"called ÷ with it; {when}",
        ),
        share(
            "specificity",
            (negative,),
            mean_columns(truth.cleared.astype(float), truth.negative),
            definition=f"judged and not called ÷ without it; {when}",
        ),
        share(
            "precision",
            (Needed(called, f"called {finding}"),),
            mean_columns(right.astype(float), called),
            definition=f"with it ÷ called, at the share of {finding} in these images; {when}",
        ),
        make(
            "F1",
            (positive, negative),
            np.column_stack([2.0 * right, 2.0 * right + wrong + missed]),
            quotient,
            definition=f"harmonic mean of precision and sensitivity; {when}",
        ),
    ]


def _rankings(finding: Finding, truth: ClassTruth) -> list[Measure]:
    needed = (
        Needed(truth.positive, f"with {finding}"),
        Needed(truth.negative, f"without {finding}"),
    )
    known = truth.positive | truth.negative
    error = np.where(truth.judged, truth.scores - truth.positive, 1.0)
    make = partial(Measure, TASK, finding.value)
    return [
        make(
            AUROC,
            needed,
            None,
            auroc(truth.scores, truth.positive, truth.negative),
            definition="area under the ROC curve, ties half",
            is_area=True,
        ),
        make(
            "AUPRC",
            needed,
            None,
            average_precision(truth.scores, truth.positive, truth.negative),
            definition="average precision: sum of steps, not interpolated",
        ),
        make(
            "Brier score",
            needed,
            mean_columns(error**2, known),
            quotient,
            definition="mean squared difference of probability and truth; 1 where refused",
        ),
        make(
            "calibration error",
            (Needed(known & truth.judged, f"judged, known to be with or without {finding}"),),
            _calibration_columns(truth),
            _calibration_error,
            definition=f"expected calibration error over {BINS} bins of equal width, refused"
            " images left out",
        ),
    ]


def _calibration_columns(truth: ClassTruth) -> Floats:
    """N×(bins + 1): probability less truth in the bin it falls into, and 1 if it counts."""
    counted = truth.judged & (truth.positive | truth.negative)
    scores = np.where(counted, truth.scores, 0.0)
    columns = np.zeros((len(scores), BINS + 1))
    rows = np.flatnonzero(counted)
    columns[rows, bins_of(scores[rows])] = scores[rows] - truth.positive[rows]
    columns[rows, BINS] = 1
    return columns


def bins_of(probabilities: Floats) -> NDArray[np.intp]:
    """The number of the bin that each of N probabilities falls into; 1 is in the last."""
    return np.minimum((probabilities * BINS).astype(np.intp), BINS - 1)


def _calibration_error(sums: Floats) -> Floats:
    return divide(np.abs(sums[:, :-1]).sum(axis=1), sums[:, -1])


def _predictive_values(finding: Finding, truth: ClassTruth, when: str) -> list[Measure]:
    needed = (
        Needed(truth.positive, f"with {finding}"),
        Needed(truth.negative, f"without {finding}"),
    )
    columns = np.column_stack(
        [
            truth.positive & truth.called,
            truth.positive,
            truth.negative & truth.cleared,
            truth.negative,
        ]
    ).astype(np.float64)
    measures = []
    for prevalence in PREVALENCES:
        for name, formula, undefined in (
            ("PPV", _positive_value, f"nothing was called {finding}"),
            ("NPV", _negative_value, f"everything was called {finding}, or refused"),
        ):
            measures.append(
                Measure(
                    TASK,
                    finding.value,
                    f"{name} at {prevalence:.0%} prevalence",
                    needed,
                    columns,
                    partial(formula, prevalence),
                    definition=f"from sensitivity and specificity, by Bayes; {when}",
                    undefined=undefined,
                )
            )
    return measures


def _positive_value(prevalence: float, sums: Floats) -> Floats:
    true = prevalence * divide(sums[:, 0], sums[:, 1])
    false = (1 - prevalence) * (1 - divide(sums[:, 2], sums[:, 3]))
    return divide(true, true + false)


def _negative_value(prevalence: float, sums: Floats) -> Floats:
    true = (1 - prevalence) * divide(sums[:, 2], sums[:, 3])
    false = prevalence * (1 - divide(sums[:, 0], sums[:, 1]))
    return divide(true, true + false)
