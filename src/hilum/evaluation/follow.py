"""Predictions of one patient's films over days: what was measured, and what was not."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from hilum.collections.tables import number_in
from hilum.evaluation.visits import Visit, Visits, assign_visits
from hilum.inference.predictor import Status
from hilum.inference.table import cautions_of

LUNGS = ("right", "left")
"""The patient's."""


@dataclass(frozen=True)
class Film:
    """One image that was predicted."""

    path: str
    visit: Visit
    status: str
    finding: str
    infected: float | None
    """Percent of both lungs; None where it was not measured."""
    right: float | None
    left: float | None
    reason: str
    """Why something was not measured; empty where all was."""

    @property
    def is_measured(self) -> bool:
        """Whether a percentage of some lung is known."""
        return self.right is not None or self.left is not None

    @property
    def note(self) -> str:
        """Everything that is not as one would wish, for tables."""
        return "; ".join(part for part in (self.visit.note, self.reason) if part)

    def percent(self, lung: str) -> float | None:
        """Of the ``right`` or the ``left`` lung."""
        return self.right if lung == "right" else self.left


@dataclass(frozen=True)
class Course:
    """The films of one patient: those of known days in their order, then the others."""

    patient: str
    films: tuple[Film, ...]

    @cached_property
    def dated(self) -> tuple[Film, ...]:
        """The films whose day is known."""
        return tuple(film for film in self.films if film.visit.day is not None)

    @cached_property
    def days(self) -> tuple[int, ...]:
        """Each day on which there is a film, once."""
        return tuple(dict.fromkeys(f.visit.day for f in self.dated if f.visit.day is not None))

    @property
    def reason_not_drawn(self) -> str | None:
        """Why there is no course to draw; None where there is one."""
        if len(self.films) == 1:
            return "one film"
        if len(self.days) == 0:
            return "no film whose day is known"
        if len(self.days) == 1:
            return "one day"
        return None if any(film.is_measured for film in self.dated) else "no film was measured"

    def values(self, lung: str) -> list[tuple[int, list[float]]]:
        """By day, the percentages measured of ``lung``; none on a day that has only other films."""
        by_day: dict[int, list[float]] = {day: [] for day in self.days}
        for film in self.dated:
            percent = film.percent(lung)
            if film.visit.day is not None and percent is not None:
                by_day[film.visit.day].append(percent)
        return list(by_day.items())


@dataclass(frozen=True)
class FollowUp:
    """Every image of a folder of predictions, by patient."""

    courses: tuple[Course, ...]
    """By the patient's name."""
    unplaced: tuple[Film, ...]
    """Films of nobody known."""
    unused: tuple[str, ...]
    """Images that table or dataset name and of which there is no prediction."""
    problems: tuple[str, ...]
    models: tuple[str, ...]
    """Hashes of the model files the predictions are of."""
    cautions: tuple[str, ...] = ()
    """What audits found against the findings of these."""

    @property
    def drawn(self) -> tuple[Course, ...]:
        """The patients whose course can be drawn."""
        return tuple(course for course in self.courses if course.reason_not_drawn is None)

    @property
    def not_drawn(self) -> tuple[Course, ...]:
        """The others."""
        return tuple(course for course in self.courses if course.reason_not_drawn is not None)


def follow_up(rows: Sequence[Mapping[str, str]], visits: Visits) -> FollowUp:
    """Sort the rows of ``predictions.csv`` by patient and day.

    An image that was refused, could not be read or whose finding is of another cause has no
    percentage; its reason says so. None of them counts as 0 %.
    """
    assigned, unused = assign_visits([row["path"] for row in rows], visits)
    films = [_film(row, assigned[row["path"]]) for row in rows]
    by_patient: dict[str, list[Film]] = defaultdict(list)
    for film in films:
        if film.visit.patient is not None:
            by_patient[film.visit.patient].append(film)
    return FollowUp(
        courses=tuple(
            Course(patient, tuple(sorted(found, key=_order)))
            for patient, found in sorted(by_patient.items(), key=lambda item: _natural(item[0]))
        ),
        unplaced=tuple(film for film in films if film.visit.patient is None),
        unused=tuple(unused),
        problems=visits.problems,
        models=tuple(dict.fromkeys(row["model"] for row in rows)),
        cautions=tuple(cautions_of(rows)),
    )


def _film(row: Mapping[str, str], visit: Visit) -> Film:
    whole, right, left = (
        number_in(row[name], 0, 100)
        for name in ("infected_percent", *(f"{lung}_lung_infected_percent" for lung in LUNGS))
    )
    reason = row["reason"]
    if row["status"] != Status.OK:
        reason = f"{row['status']}: {reason}"
    elif right is None and left is None and not reason:
        reason = "not measured"
    return Film(row["path"], visit, row["status"], row["finding"], whole, right, left, reason)


def _order(film: Film) -> tuple[bool, int, str]:
    day = film.visit.day
    return day is None, day or 0, film.path


def _natural(name: str) -> tuple[list[tuple[bool, int, str]], str]:
    """Numbers by size: patient 9 before patient 10."""
    parts = re.split(r"([0-9]{1,18})", name)
    return [(odd % 2 == 1, int(p) if odd % 2 else 0, p) for odd, p in enumerate(parts)], name
