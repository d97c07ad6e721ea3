"""The main figures by collection, origin, sex, age and projection: dots with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from hilum.evaluation.figures import EVERYTHING, Figure
from hilum.report.evaluation.plot import Axis, ticks_over
from hilum.report.evaluation.summary import MAIN
from hilum.report.evaluation.words import interval_of, subject_name, value_of
from hilum.report.page import templates

STRIP_WIDTH, _STRIP_RIM = 190, 14


@dataclass(frozen=True)
class StratumRow:
    """A stratum of a figure with its strip of the picture."""

    kind: str
    """``sex``; empty for all images."""
    name: str
    figure: Figure
    strip: Markup


@dataclass(frozen=True)
class Forest:
    """One figure in every stratum."""

    figure: Figure
    """That of all images."""
    axis: Axis
    scale: Markup
    rows: tuple[StratumRow, ...]


@dataclass(frozen=True)
class StrataTable:
    """Every figure in each stratum of one kind."""

    kind: str
    names: tuple[str, ...]
    lines: tuple[tuple[Figure, tuple[Figure | None, ...]], ...]


def kinds_of_strata(figures: Sequence[Figure]) -> dict[str, list[str]]:
    """``collection`` → its strata, in the order of the figures."""
    names = dict.fromkeys(f.stratum for f in figures if f.stratum != EVERYTHING)
    kinds: dict[str, list[str]] = {}
    for name in names:
        kinds.setdefault(name.partition("=")[0], []).append(name)
    return kinds


def forests(figures: Sequence[Figure]) -> list[Forest]:
    """Of each main figure: all images, then each stratum of the kinds that part the images."""
    parting = [s for strata in kinds_of_strata(figures).values() if len(strata) > 1 for s in strata]
    by_key = {(f.subject, f.name, f.stratum): f for f in figures}
    found = []
    for subject, name in MAIN:
        everything = by_key.get((subject, name, EVERYTHING))
        parts = [by_key[subject, name, s] for s in parting if (subject, name, s) in by_key]
        if everything is not None and any(part.value is not None for part in parts):
            found.append(_forest(everything, parts))
    return found


def strata_tables(figures: Sequence[Figure]) -> list[StrataTable]:
    """Every figure that there is, but counts, by kind of stratum."""
    by_key = {(f.task, f.subject, f.name, f.stratum): f for f in figures}
    whole = [f for f in figures if f.stratum == EVERYTHING and f.value is not None]
    whole = [f for f in whole if f.unit != "images"]
    return [
        StrataTable(
            kind,
            tuple(name.partition("=")[2] for name in names),
            tuple(
                (f, tuple(by_key.get((f.task, f.subject, f.name, name)) for name in names))
                for f in whole
            ),
        )
        for kind, names in kinds_of_strata(figures).items()
        if len(names) > 1
    ]


def _forest(everything: Figure, parts: Sequence[Figure]) -> Forest:
    values = [
        value
        for figure in (everything, *parts)
        for value in (figure.low, figure.value, figure.high)
        if value is not None
    ]
    ticks = ticks_over(min(values), max(values), about=3)
    axis = Axis("", ticks, _STRIP_RIM, STRIP_WIDTH - _STRIP_RIM)
    rows = []
    for figure in (everything, *parts):
        kind, _, name = figure.stratum.partition("=")
        is_all = figure.stratum == EVERYTHING
        rows.append(
            StratumRow("" if is_all else kind, name, figure, _strip(figure, everything, axis))
        )
    template = templates().get_template("evaluation/scale.svg")
    return Forest(
        everything, axis, Markup(template.render(axis=axis, width=STRIP_WIDTH)), tuple(rows)
    )


def _strip(figure: Figure, everything: Figure, axis: Axis) -> Markup:
    if figure.value is None:
        return Markup("")
    template = templates().get_template("evaluation/strip.svg")
    what = f"{subject_name(figure.subject)}, {figure.name}"
    return Markup(
        template.render(
            title=f"{what}: {value_of(figure)}",
            description=f"{interval_of(figure)}; scale from {axis.labels[0][1]} to"
            f" {axis.labels[-1][1]}",
            axis=axis,
            width=STRIP_WIDTH,
            value=axis.at(figure.value),
            bounds=None
            if figure.low is None or figure.high is None
            else (axis.at(figure.low), axis.at(figure.high)),
            middle=None if everything.value is None else axis.at(everything.value),
            is_all=figure.stratum == EVERYTHING,
        )
    )
