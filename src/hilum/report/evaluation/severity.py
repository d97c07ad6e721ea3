"""Measured and true severity of cases → scatter and Bland–Altman plots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hilum.evaluation.cases import Case
from hilum.evaluation.figures import EVERYTHING, Figure
from hilum.evaluation.measure import Floats
from hilum.evaluation.severity import ALL_PERCENTS
from hilum.report.evaluation.plot import (
    COLOURS,
    DASHES,
    GREY,
    Entry,
    Line,
    Plot,
    axes,
    line_through,
    ticks_over,
)
from hilum.report.evaluation.words import counted, identifier, number, subject_name
from hilum.scales import READERS_SCALES


@dataclass(frozen=True)
class Agreement:
    """Of N images on one scale: what was measured and what is true."""

    subject: str
    unit: str
    found: Floats
    true: Floats
    top: float
    """Greatest value of the scale that is drawn."""


def agreements(cases: Sequence[Case]) -> list[Agreement]:
    """The infected percent, then each readers' scale that has an image."""
    pairs = [
        (case.infected_percent, case.true_infected_percent)
        for case in cases
        if case.infected_percent is not None and case.true_infected_percent is not None
    ]
    found, true = np.array(pairs, np.float64).reshape(-1, 2).T
    scales = [Agreement(ALL_PERCENTS, "%", found, true, 100.0)]
    for scale in READERS_SCALES:
        pairs = [
            (case.infected_percent * scale.maximum / 100, case.severity[scale.column])
            for case in cases
            if case.infected_percent is not None and scale.column in case.severity
        ]
        found, true = np.array(pairs, np.float64).reshape(-1, 2).T
        scales.append(Agreement(scale.column, scale.unit, found, true, scale.maximum))
    return [agreement for agreement in scales if len(agreement.found)]


def draw_scatter(scale: Agreement) -> Plot:
    """What was measured against what is true, with the line on which both are equal."""
    highest = max(float(scale.found.max()), float(scale.true.max()))
    ticks = ticks_over(0, min(scale.top, max(highest, 1e-3)))
    x, y = axes((f"true{_in(scale)}", ticks), (f"measured{_in(scale)}", ticks))
    name, n = subject_name(scale.subject), counted(len(scale.found), "image")
    end = ticks[-1]
    return Plot(
        f"scatter-{identifier(scale.subject)}",
        f"{name}: measured against true",
        f"{n}; true values from {number(scale.true.min(), scale.unit)} to"
        f" {number(scale.true.max(), scale.unit)}, measured from"
        f" {number(scale.found.min(), scale.unit)} to {number(scale.found.max(), scale.unit)}.",
        x,
        y,
        (Line(line_through([(0, 0), (end, end)], x, y), dash="3 4", width=1),),
        (),
        _dots([(x.at(a), y.at(b)) for a, b in zip(scale.true, scale.found, strict=True)]),
        (Entry(n, COLOURS[0], None, "circle"), Entry("measured = true", GREY, "3 4")),
    )


def draw_bland_altman(scale: Agreement, figures: Sequence[Figure]) -> Plot:
    """Differences against means, with bias and limits of agreement as the figures have them."""
    means, differences = (scale.found + scale.true) / 2, scale.found - scale.true
    named = {
        f.name: f.value
        for f in figures
        if f.subject == scale.subject and f.stratum == EVERYTHING and f.value is not None
    }
    levels = [
        (words, named[name], dash)
        for name, words, dash in (
            ("Bland–Altman upper limit", "upper limit (bias + 1.96 SD)", DASHES[1]),
            ("Bland–Altman bias", "bias", DASHES[0]),
            ("Bland–Altman lower limit", "lower limit (bias − 1.96 SD)", DASHES[1]),
        )
        if name in named
    ]
    values = [0.0, *differences.tolist(), *(value for _, value, _ in levels)]
    x_ticks = ticks_over(min(0.0, float(means.min())), max(float(means.max()), 1e-3))
    x, y = axes(
        (f"mean of measured and true{_in(scale)}", x_ticks),
        (f"measured − true{_in(scale)}", ticks_over(min(values), max(values))),
    )
    across = (x_ticks[0], x_ticks[-1])
    lines = [Line(line_through([(a, 0.0) for a in across], x, y), dash="3 4", width=1)]
    legend = []
    for words, value, dash in levels:
        lines.append(Line(line_through([(a, value) for a in across], x, y), COLOURS[1], dash))
        legend.append(Entry(f"{words}: {number(value, scale.unit)}", COLOURS[1], dash))
    return Plot(
        f"bland-altman-{identifier(scale.subject)}",
        f"{subject_name(scale.subject)}: Bland–Altman",
        "; ".join([counted(len(means), "image"), *(entry.text for entry in legend)]) + ".",
        x,
        y,
        tuple(lines),
        (),
        _dots([(x.at(a), y.at(b)) for a, b in zip(means, differences, strict=True)]),
        tuple(legend),
    )


def _dots(places: Sequence[tuple[float, float]]) -> str:
    """A path whose round line ends are the points; each place once."""
    return "".join(f"M{a:g} {b:g}h.01" for a, b in sorted(set(places)))


def _in(scale: Agreement) -> str:
    return f", {scale.unit}" if scale.unit else ""
