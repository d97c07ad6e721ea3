"""The course of one patient's infection → a small picture (SVG)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hilum.evaluation.follow import LUNGS, Course, Film
from hilum.report.page import templates

WIDTH, HEIGHT = 480, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 466, 40, 186
"""Where the axes lie, in pixels from the upper left corner."""

_TOPS = (10, 25, 50, 100)
"""Percentages at which the axis may end."""
_STEPS = 5

_ASIDE = {"right": -3, "left": 3}
"""The two lungs' marks beside their day, so that equal values hide neither."""

_LABEL_WIDTH = 24


@dataclass(frozen=True)
class _Mark:
    x: float
    y: float
    lung: str
    text: str


def axis_top(courses: Sequence[Course]) -> int:
    """The percentage at which the axis of all of ``courses`` ends, so that they can be compared."""
    values = (
        percent
        for course in courses
        for lung in LUNGS
        for _, found in course.values(lung)
        for percent in found
    )
    highest = max(values, default=0.0)
    return next(top for top in _TOPS if highest <= top)


def draw_course(course: Course, *, top: int, mean: bool = False) -> str:
    """An SVG of ``course``: each measured film a mark per lung, films not measured below the axis.

    Lines join neighbouring days that have one film each; with ``mean`` they run through the mean of
    each day. No line crosses a day on which nothing was measured.

    Args:
        course: with films on two days at least.
        top: percent at which the axis ends.
        mean: draw means.
    """
    first, last = course.days[0], course.days[-1]

    def x(day: int) -> float:
        return round(_LEFT + 16 + (day - first) / (last - first) * (_RIGHT - _LEFT - 32), 1)

    def y(percent: float) -> float:
        return round(_BOTTOM - percent / top * (_BOTTOM - _TOP), 1)

    marks, crosses = [], []
    for film in course.dated:
        assert film.visit.day is not None
        for lung in LUNGS:
            percent = film.percent(lung)
            if percent is not None:
                text = f"day {film.visit.day}: {percent:g} % of the {lung} lung ({film.path})"
                marks.append(_Mark(x(film.visit.day) + _ASIDE[lung], y(percent), lung, text))
        if film.right is None or film.left is None:
            text = f"day {film.visit.day}: {film.reason} ({film.path})"
            crosses.append(_Mark(x(film.visit.day), _BOTTOM + 16, "", text))
    lines = [
        (lung, " ".join(f"{x(day) + _ASIDE[lung]:g},{y(percent):g}" for day, percent in run))
        for lung in LUNGS
        for run in _runs(course.values(lung), mean=mean)
    ]
    return (
        templates()
        .get_template("course.svg")
        .render(
            patient=course.patient,
            description=_describe(course),
            size=(WIDTH, HEIGHT),
            box=(_LEFT, _TOP, _RIGHT, _BOTTOM),
            levels=[(top * n // _STEPS, y(top * n / _STEPS)) for n in range(_STEPS + 1)],
            days=list(_labels([(day, x(day)) for day in course.days])),
            marks=marks,
            crosses=crosses,
            lines=lines,
            mean=mean,
        )
    )


def _runs(
    values: Sequence[tuple[int, list[float]]], *, mean: bool
) -> Iterator[list[tuple[int, float]]]:
    """Stretches of at least two days in a row that a line may join."""

    def is_joined(found: list[float]) -> bool:
        return bool(found) if mean else len(found) == 1

    for joined, stretch in itertools.groupby(values, key=lambda item: is_joined(item[1])):
        points = [(day, sum(found) / len(found)) for day, found in stretch if joined]
        if len(points) > 1:
            yield points


def _labels(places: Sequence[tuple[int, float]]) -> Iterator[tuple[int, float, bool]]:
    """(day, x, whether there is room for its number); first and last always have it."""
    room_from, last = float("-inf"), places[-1][1]
    for number, (day, x) in enumerate(places):
        is_last = number == len(places) - 1
        has_room = is_last or (x >= room_from and (number == 0 or x + _LABEL_WIDTH <= last))
        if has_room:
            room_from = x + _LABEL_WIDTH
        yield day, x, has_room


def _describe(course: Course) -> str:
    """The picture in words, for who cannot see it."""
    return "; ".join(_describe_film(film) for film in course.dated)


def _describe_film(film: Film) -> str:
    said = [
        f"{lung} {percent:g} %" for lung in LUNGS if (percent := film.percent(lung)) is not None
    ]
    if film.reason:
        said.append(film.reason)
    return f"day {film.visit.day}: {', '.join(said)}"
