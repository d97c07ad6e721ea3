"""Findings of cases → ROC, precision-recall and calibration curves.

Refused images count as wrong at every threshold, as in the figures, so that the areas are those
printed; only calibration leaves them out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hilum.evaluation.cases import Case
from hilum.evaluation.class_truth import ClassTruth, class_truth
from hilum.evaluation.detection import bins_of
from hilum.evaluation.figures import EVERYTHING, Figure
from hilum.evaluation.intervals import share_with_interval
from hilum.evaluation.measure import Floats
from hilum.radiograph import Finding
from hilum.report.evaluation.plot import (
    COLOURS,
    DASHES,
    GREY,
    SHAPES,
    Entry,
    Line,
    Mark,
    Plot,
    axes,
    line_through,
    ticks_over,
)
from hilum.report.evaluation.words import counted, identifier, subject_name, value_of

_UNIT = ticks_over(0, 1)


@dataclass(frozen=True)
class ClassCurve:
    """A class of the model against all others; counts at each threshold from the highest down."""

    finding: Finding
    truth: ClassTruth
    true_called: Floats
    false_called: Floats
    number: int

    @property
    def positives(self) -> int:
        """Images with the finding."""
        return int(self.truth.positive.sum())

    @property
    def negatives(self) -> int:
        """Images without it."""
        return int(self.truth.negative.sum())

    @property
    def operating(self) -> tuple[int, int]:
        """How many with, and how many without the finding are not told right as the model is used:
        called rightly; called wrongly or refused."""
        right = int((self.truth.called & self.truth.positive).sum())
        return right, int((self.truth.negative & ~self.truth.cleared).sum())

    @property
    def style(self) -> tuple[str, str, str]:
        """Colour, dash and shape."""
        n = self.number
        return COLOURS[n % len(COLOURS)], DASHES[n % len(DASHES)], SHAPES[n % len(SHAPES)]


def class_curves(cases: Sequence[Case]) -> list[ClassCurve]:
    """Each class that has images with and without it; of two classes that mirror each other, one.

    Classes of which the model gave no number are left out.
    """
    classes = list(dict.fromkeys(name for case in cases for name in case.probabilities))
    truths = {case.truth for case in cases if case.truth is not None}
    only_these = all(any(truth.is_a(name) for name in classes) for truth in truths)
    if len(classes) == 2 and Finding.NORMAL in classes and only_these:
        classes.remove(Finding.NORMAL)
    curves: list[ClassCurve] = []
    for finding in classes:
        truth = class_truth(cases, finding)
        known = (truth.positive | truth.negative) & np.isfinite(truth.scores)
        if truth.positive.any() and truth.negative.any():
            order = np.argsort(-truth.scores[known], kind="stable")
            scores = truth.scores[known][order]
            last_equal = np.flatnonzero(np.diff(scores, append=-np.inf))
            curves.append(
                ClassCurve(
                    finding,
                    truth,
                    np.cumsum(truth.positive[known][order])[last_equal].astype(np.float64),
                    np.cumsum(truth.negative[known][order])[last_equal].astype(np.float64),
                    len(curves),
                )
            )
    return curves


def draw_roc(curves: Sequence[ClassCurve], figures: Sequence[Figure]) -> Plot:
    """Sensitivity against 1 − specificity of each class, the operating point marked."""
    x, y = axes(("1 − specificity", _UNIT), ("sensitivity", _UNIT))
    lines = [Line(line_through([(0, 0), (1, 1)], x, y), dash="3 4", width=1)]
    marks, legend = [], []
    for curve in curves:
        colour, dash, shape = curve.style
        # What was refused is reached by no threshold: a last straight piece.
        points = [(0.0, 0.0)]
        for right, wrong in zip(curve.true_called, curve.false_called, strict=True):
            points.append((wrong / curve.negatives, right / curve.positives))
        lines.append(Line(line_through([*points, (1.0, 1.0)], x, y), colour, dash))
        right, wrong = curve.operating
        sensitivity, miss = right / curve.positives, wrong / curve.negatives
        said = f"sensitivity {sensitivity:.3f}, specificity {1 - miss:.3f}"
        text = f"{subject_name(curve.finding)}, operating point: {said}"
        marks.append(Mark(x.at(miss), y.at(sensitivity), text, colour, shape))
        legend.append(_entry(curve, figures, "AUROC", f"n {curve.positives} / {curve.negatives}"))
    words = "; ".join([entry.text for entry in legend] + [mark.text for mark in marks])
    legend.append(Entry("chance", GREY, "3 4"))
    return Plot(
        "roc", "ROC curves", f"{words}.", x, y, tuple(lines), tuple(marks), "", tuple(legend)
    )


def draw_precision_recall(curves: Sequence[ClassCurve], figures: Sequence[Figure]) -> Plot:
    """Precision against sensitivity of each class in steps, the operating point marked."""
    x, y = axes(("recall (sensitivity)", _UNIT), ("precision", _UNIT))
    lines, marks, legend = [], [], []
    for curve in curves:
        colour, dash, shape = curve.style
        called = curve.true_called + curve.false_called
        recalls, precisions = curve.true_called / curve.positives, curve.true_called / called
        points, before = [], 0.0
        for recall, precision in zip(recalls.tolist(), precisions.tolist(), strict=True):
            points += [(before, precision), (recall, precision)]
            before = recall
        lines.append(Line(line_through(points, x, y), colour, dash))
        right, wrong = curve.operating
        recall, share = right / curve.positives, curve.positives / _known(curve)
        text = f"{subject_name(curve.finding)}, operating point: recall {recall:.3f}"
        if right + wrong:
            text += f", precision {right / (right + wrong):.3f}"
            marks.append(Mark(x.at(recall), y.at(right / (right + wrong)), text, colour, shape))
        legend.append(_entry(curve, figures, "AUPRC", f"chance {share:.2f}"))
    words = "; ".join([entry.text for entry in legend] + [mark.text for mark in marks])
    title = "Precision-recall curves"
    return Plot("pr", title, f"{words}.", x, y, tuple(lines), tuple(marks), "", tuple(legend))


def draw_calibration(curve: ClassCurve, figures: Sequence[Figure]) -> Plot:
    """How often the finding was there, in ten bins of what the model gave it, of judged images."""
    x, y = axes(("probability given", _UNIT), ("share of images with it", _UNIT))
    truth, (colour, _, shape) = curve.truth, curve.style
    counted_images = (truth.positive | truth.negative) & truth.judged & np.isfinite(truth.scores)
    scores, positive = truth.scores[counted_images], truth.positive[counted_images]
    bins = bins_of(scores)
    marks = []
    for number in sorted(set(bins.tolist())):
        inside = bins == number
        share = share_with_interval(int(positive[inside].sum()), int(inside.sum()))
        given = float(scores[inside].mean())
        text = f"given {given:.2f} on average, true of {share.value:.2f} of {share.n} images"
        place = (x.at(given), y.at(share.value))
        marks.append(Mark(*place, text, colour, shape, y.at(share.low), y.at(share.high)))
    name = subject_name(curve.finding)
    error = _find(figures, curve.finding, "calibration error")
    legend = [
        Entry(
            f"{name}{f': calibration error {value_of(error)}' if error else ''}",
            colour,
            None,
            shape,
        ),
        Entry("bars: 95 % interval of the share (Wilson)", colour, ""),
        Entry("perfect calibration", GREY, "3 4"),
    ]
    diagonal = (Line(line_through([(0, 0), (1, 1)], x, y), dash="3 4", width=1),)
    key, title = f"calibration-{identifier(curve.finding)}", f"Calibration of {name}"
    words = "; ".join(mark.text for mark in marks)
    return Plot(key, title, f"{words}.", x, y, diagonal, tuple(marks), "", tuple(legend))


def _known(curve: ClassCurve) -> int:
    return curve.positives + curve.negatives


def _entry(curve: ClassCurve, figures: Sequence[Figure], name: str, more: str) -> Entry:
    colour, dash, shape = curve.style
    figure = _find(figures, curve.finding, name)
    area = f": {name} {value_of(figure)}" if figure is not None else ""
    return Entry(f"{subject_name(curve.finding)}{area}, {more}", colour, dash, shape)


def _find(figures: Sequence[Figure], finding: Finding, name: str) -> Figure | None:
    named: Mapping[tuple[str, str], Figure] = {
        (f.subject, f.name): f for f in figures if f.stratum == EVERYTHING
    }
    return named.get((finding.value, name))


def operating_words(curves: Sequence[ClassCurve], figures: Sequence[Figure]) -> str:
    """From when on each class is called, as the figures say."""
    said = []
    for curve in curves:
        figure = _find(figures, curve.finding, "sensitivity")
        if figure is not None:
            said.append(f"{subject_name(curve.finding)} {figure.definition.rpartition('; ')[2]}")
    refused = sum(int((~curve.truth.judged).sum()) for curve in curves[:1])
    if refused:
        said.append(f"{counted(refused, 'image')} not judged count as wrong at every threshold")
    return "; ".join(said)
