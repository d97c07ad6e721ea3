"""Curves and agreement plots against what was counted by hand, and against the figures."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from hilum.evaluation.cases import Case
from hilum.radiograph import Finding
from hilum.report.evaluation.curves import (
    class_curves,
    draw_calibration,
    draw_precision_recall,
    draw_roc,
)
from hilum.report.evaluation.plot import Plot, axes, line_through, ticks_over
from hilum.report.evaluation.severity import agreements, draw_bland_altman, draw_scatter
from tests.evaluation.cases import case, random_cases
from tests.report.evaluation.pages import evaluation

TWO = (Finding.NORMAL, Finding.COVID)


def with_refusals(count: int) -> list[Case]:
    return [
        replace(c, refused=True, predicted=None, probabilities={}) if n % 7 == 3 else c
        for n, c in enumerate(random_cases(count))
    ]


def points(plot: Plot, number: int) -> list[tuple[float, float]]:
    """The corners of a line, in the plot's values."""
    left, right, bottom, top = plot.x.start, plot.x.end, plot.y.start, plot.y.end
    corners = (tuple(map(float, one.split(","))) for one in plot.lines[number].points.split())
    return [((x - left) / (right - left), (y - bottom) / (top - bottom)) for x, y in corners]


def area(corners: list[tuple[float, float]]) -> float:
    return sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(corners))


@pytest.mark.parametrize("cases", [random_cases(80), with_refusals(80)], ids=["judged", "refused"])
def test_the_areas_below_the_curves_are_the_figures(cases: list[Case]) -> None:
    one = evaluation(cases, findings=TWO)
    values = {f.name: f.value for f in one.figures if f.stratum == "all" and f.subject == "covid"}
    curves = class_curves(cases)
    assert [curve.finding for curve in curves] == [Finding.COVID], "the other one mirrors it"
    roc = draw_roc(curves, one.figures)
    assert area(points(roc, 1)) == pytest.approx(values["AUROC"], abs=0.003)
    recall = draw_precision_recall(curves, one.figures)
    assert area(points(recall, 0)) == pytest.approx(values["AUPRC"], abs=0.003)


def test_the_operating_point_is_what_the_model_did() -> None:
    cases = with_refusals(80)
    one = evaluation(cases, findings=TWO)
    values = {f.name: f.value for f in one.figures if f.stratum == "all" and f.subject == "covid"}
    (mark,) = draw_roc(class_curves(cases), one.figures).marks
    assert f"sensitivity {values['sensitivity']:.3f}" in mark.text
    assert f"specificity {values['specificity']:.3f}" in mark.text


def test_calibration_by_hand() -> None:
    cases = [
        case(n, truth=truth, predicted=Finding.COVID, probabilities={Finding.COVID: p})
        for n, (truth, p) in enumerate(
            [(Finding.COVID, 0.92), (Finding.NORMAL, 0.98), (Finding.NORMAL, 0.1)]
        )
    ]
    (curve,) = class_curves(cases)
    said = [mark.text for mark in draw_calibration(curve, ()).marks]
    assert said == [
        "given 0.10 on average, true of 0.00 of 1 images",
        "given 0.95 on average, true of 0.50 of 2 images",
    ]


def test_two_classes_mirror_each_other_only_where_every_image_is_of_one_of_them() -> None:
    cases = random_cases(20)
    third = replace(cases[0], truth=Finding.PNEUMONIA)
    assert {curve.finding for curve in class_curves([*cases, third])} == set(TWO)


def test_three_classes_differ_by_more_than_colour() -> None:
    names = (Finding.COVID, Finding.NORMAL, Finding.PNEUMONIA)
    cases = [
        case(n, truth=names[n % 3], probabilities=dict.fromkeys(names, n / 30)) for n in range(30)
    ]
    roc = draw_roc(class_curves(cases), ())
    assert len({(line.dash) for line in roc.lines}) == 4
    assert len({mark.shape for mark in roc.marks}) == 3
    assert ElementTree.fromstring(roc.draw()).attrib["role"] == "img"


def test_bland_altman_has_the_limits_of_the_figures() -> None:
    one = evaluation(random_cases(50), findings=TWO)
    scale = agreements(one.cases)[0]
    plot = draw_bland_altman(scale, one.figures)
    differences = scale.found - scale.true
    bias, spread = differences.mean(), 1.96 * differences.std(ddof=1)
    for value in (bias - spread, bias, bias + spread):
        assert f"{value:.1f}".replace("-", "−") in plot.description
    assert draw_scatter(scale).dots.count("M") <= len(differences)


def test_an_agreement_that_is_perfect_has_a_picture() -> None:
    cases = [case(n, infected_percent=5.0, true_infected_percent=5.0) for n in range(3)]
    (scale,) = agreements(cases)
    for plot in (draw_scatter(scale), draw_bland_altman(scale, ())):
        assert "nan" not in plot.draw()


@pytest.mark.parametrize("low", [-3.7, 0.0, 0.001, 12.0])
@pytest.mark.parametrize("span", [0.0, 1e-6, 0.03, 1.0, 250.0])
def test_ticks_hold_what_they_are_for(low: float, span: float) -> None:
    ticks = ticks_over(low, low + span)
    assert ticks[0] <= low + 1e-6 and ticks[-1] >= low + span - 1e-6 * max(1.0, span)
    assert 2 <= len(ticks) <= 9
    assert np.allclose(np.diff(ticks), ticks[1] - ticks[0])


def test_a_straight_line_is_two_points() -> None:
    x, y = axes(("x", (0, 1)), ("y", (0, 1)))
    assert len(line_through([(0, 0), (0, 0.5), (0, 1), (0.5, 1), (1, 1)], x, y).split()) == 3
