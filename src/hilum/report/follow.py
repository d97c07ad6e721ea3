"""Patients over days → a folder: a table, a picture of each course, a page of all."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from markupsafe import Markup

from hilum.evaluation.follow import Course, Film, FollowUp
from hilum.output import new_folder, write_whole
from hilum.report.course import axis_top, draw_course
from hilum.report.page import templates, unwritable

PAGE_NAME, FOLLOW_TABLE, PICTURE_FOLDER = "follow.html", "follow.csv", "courses"

MAX_PICTURES = 300
"""More courses than this would make a page no browser likes; each has its file."""

COLUMNS = (
    *("patient", "day", "path", "status", "finding", "infected_percent"),
    *("right_lung_infected_percent", "left_lung_infected_percent", "note"),
)


def write_follow_up(followed: FollowUp, folder: Path, *, mean: bool = False) -> None:
    """Write ``follow.csv``, ``follow.html`` and ``courses/*.svg`` to ``folder``, which is made.

    Every image is a row of the table; a picture is called after its number on the page and
    the patient.

    Args:
        followed: what to write.
        folder: new or empty.
        mean: draw lines through the mean of each day.

    Raises:
        OutputError: the folder holds something, or cannot be written.
    """
    top = axis_top(followed.drawn)
    written: list[Path] = []
    with new_folder(folder):
        try:
            pictures = []
            for number, course in enumerate(followed.drawn, start=1):
                picture = draw_course(course, top=top, mean=mean)
                path = folder / PICTURE_FOLDER / _picture_name(number, course.patient)
                path.parent.mkdir(exist_ok=True)
                written.append(path)
                write_whole(path, f"{picture}\n".encode())
                pictures.append((course, Markup(picture)))
            written += [folder / FOLLOW_TABLE, folder / PAGE_NAME]
            write_whole(folder / FOLLOW_TABLE, _table(_all_films(followed)).encode())
            write_whole(folder / PAGE_NAME, _page(followed, pictures, mean=mean).encode())
        except OSError as error:
            _take_back(written, folder)
            raise unwritable(folder, error) from None


def _all_films(followed: FollowUp) -> list[Film]:
    placed = [film for course in followed.courses for film in course.films]
    return [*placed, *followed.unplaced]


def _picture_name(number: int, patient: str) -> str:
    """A number, because two patients may differ in what no file name can hold."""
    return f"{number:04}-{re.sub(r'[^A-Za-z0-9-]+', '_', patient)[:60]}.svg"


def _take_back(written: Sequence[Path], folder: Path) -> None:
    """So that the same command goes through once the trouble is mended."""
    with suppress(OSError):
        for path in written:
            path.unlink(missing_ok=True)
        (folder / PICTURE_FOLDER).rmdir()


def _table(films: Sequence[Film]) -> str:
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    for film in films:
        visit = film.visit
        values = (visit.patient, visit.day, film.path, film.status, film.finding)
        writer.writerow((*values, film.infected, film.right, film.left, film.note))
    return table.getvalue()


def _page(followed: FollowUp, pictures: Sequence[tuple[Course, Markup]], *, mean: bool) -> str:
    films = _all_films(followed)
    return (
        templates()
        .get_template("follow.html")
        .render(
            courses=followed.courses,
            drawn=followed.drawn,
            not_drawn=followed.not_drawn,
            unplaced=followed.unplaced,
            unused=followed.unused,
            problems=followed.problems,
            models=followed.models,
            cautions=followed.cautions,
            films=len(films),
            measured=sum(film.is_measured for film in films),
            figures=pictures[:MAX_PICTURES],
            not_shown=len(pictures) - len(pictures[:MAX_PICTURES]),
            mean=mean,
        )
    )
