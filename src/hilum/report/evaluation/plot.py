"""Axes, lines and marks → a small picture (SVG) with a title and a description.

Drawn by a template, as the courses of patients are: text stays text, the default install needs no
plotting library, and the same input gives the same bytes under any version of one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from hilum.report.page import templates

# The Okabe-Ito palette: colour-blind readers can tell these apart. Dashes and shapes differ too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("", "7 3", "2 3", "9 3 2 3", "12 4", "4 2")
SHAPES = ("circle", "square", "triangle", "diamond")
GREY = "#5b6570"

_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 392, 12, 300
WIDTH, _BELOW, _LEGEND_LINE = 404, 44, 20


@dataclass(frozen=True)
class Axis:
    """Values between the first and last of ``ticks``, laid between two pixels."""

    label: str
    ticks: tuple[float, ...]
    start: float
    end: float

    def at(self, value: float) -> float:
        """The pixel of ``value``, to a tenth."""
        low, high = self.ticks[0], self.ticks[-1]
        return round(self.start + (value - low) / (high - low) * (self.end - self.start), 1)

    @property
    def labels(self) -> list[tuple[float, str]]:
        """Pixel and text of each tick."""
        return [(self.at(tick), f"{tick:g}".replace("-", "−")) for tick in self.ticks]


@dataclass(frozen=True)
class Line:
    """Straight pieces through points, in pixels."""

    points: str
    colour: str = GREY
    dash: str = ""
    width: float = 2


@dataclass(frozen=True)
class Mark:
    """A point, with the bounds of its interval where it has one, in pixels."""

    x: float
    y: float
    text: str
    """What a reader sees who rests the pointer on it."""
    colour: str = COLOURS[0]
    shape: str = SHAPES[0]
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Entry:
    """A line of the legend below the axes."""

    text: str
    colour: str = GREY
    dash: str | None = None
    """None: no line."""
    shape: str = ""


@dataclass(frozen=True)
class Plot:
    """Everything of a picture but how it is written."""

    key: str
    """Unique on the page."""
    title: str
    description: str
    x: Axis
    y: Axis
    lines: tuple[Line, ...] = ()
    marks: tuple[Mark, ...] = ()
    dots: str = ""
    """Path of many small points."""
    legend: tuple[Entry, ...] = ()

    def draw(self) -> Markup:
        """The SVG."""
        height = _BOTTOM + _BELOW + _LEGEND_LINE * len(self.legend)
        box = (_LEFT, _TOP, _RIGHT, _BOTTOM)
        template = templates().get_template("evaluation/plot.svg")
        return Markup(template.render(plot=self, size=(WIDTH, height), box=box))


def ticks_over(low: float, high: float, *, about: int = 5) -> tuple[float, ...]:
    """Round numbers from at most ``low`` to at least ``high``, both finite.

    >>> ticks_over(0, 1), ticks_over(0.63, 0.71), ticks_over(3, 3)
    ((0.0, 0.2, 0.4, 0.6, 0.8, 1.0), (0.62, 0.64, 0.66, 0.68, 0.7, 0.72), (2.0, 3.0, 4.0))
    """
    if high - low < 1e-9:
        low, high, about = low - 1, high + 1, 2
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(n * power for n in (1, 2, 2.5, 5, 10) if n * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-6), math.ceil(high / step - 1e-6)
    return tuple(round(n * step, 10) for n in range(first, last + 1))


def axes(x: tuple[str, Sequence[float]], y: tuple[str, Sequence[float]]) -> tuple[Axis, Axis]:
    """The axes of a plot, each of a label and ticks."""
    return Axis(x[0], tuple(x[1]), _LEFT, _RIGHT), Axis(y[0], tuple(y[1]), _BOTTOM, _TOP)


def line_through(points: Iterable[tuple[float, float]], x: Axis, y: Axis) -> str:
    """Points of a polyline; what lies on a straight line between its neighbours is left out."""
    kept: list[tuple[float, float]] = []
    for point in ((x.at(a), y.at(b)) for a, b in points):
        if kept and point == kept[-1]:
            continue
        if len(kept) > 1 and (
            kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]
        ):
            kept.pop()
        kept.append(point)
    return " ".join(f"{a:g},{b:g}" for a, b in kept)
