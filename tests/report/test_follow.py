"""Courses of patients: everything is shown, nothing is made up."""

from __future__ import annotations

import csv
import itertools
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from hilum.errors import OutputError
from hilum.evaluation.follow import Course, Film, FollowUp, follow_up
from hilum.evaluation.visits import Visit, Visits
from hilum.report.course import axis_top, draw_course
from hilum.report.follow import write_follow_up
from tests.report.test_predictions import Page

SVG = "{http://www.w3.org/2000/svg}"


def row(path: str, right: str = "", left: str = "", **more: str) -> dict[str, str]:
    values = {"path": path, "status": "ok", "reason": "", "finding": "covid", "model": "m" * 64}
    both = "1" if right and left else ""
    percents = {"right_lung_infected_percent": right, "left_lung_infected_percent": left}
    return values | percents | {"infected_percent": both} | more


OTHER = {"finding": "pneumonia", "reason": "opacity of other cause is not measured"}
REFUSED = {"status": "refused", "finding": "", "reason": "the image is blank"}


def films(*given: tuple[int | None, dict[str, str]], patient: str = "P") -> FollowUp:
    rows = [values | {"path": f"{n}-{values['path']}"} for n, (_, values) in enumerate(given)]
    named = tuple(
        (values["path"], Visit(patient, day, "" if day is not None else "day unknown"))
        for values, (day, _) in zip(rows, given, strict=True)
    )
    return follow_up(rows, Visits(named))


def course(*given: tuple[int | None, dict[str, str]]) -> Course:
    return films(*given).courses[0]


def parts(drawn: Course, *, mean: bool = False) -> tuple[int, int, int, list[str]]:
    """How many right marks, left marks and crosses, and the lines, in an SVG."""
    root = ET.fromstring(draw_course(drawn, top=100, mean=mean))

    def count(tag: str) -> int:
        return sum(mark.find(f"{SVG}title") is not None for mark in root.iter(f"{SVG}{tag}"))

    lines = [line.attrib["points"] for line in root.iter(f"{SVG}polyline")]
    return count("circle"), count("rect"), count("path"), lines


def test_each_film_is_a_mark_and_lines_join_days() -> None:
    drawn = course((0, row("a", "10", "20")), (4, row("b", "30", "0")), (9, row("c", "0", "5")))
    right, left, crosses, lines = parts(drawn)
    assert (right, left, crosses) == (3, 3, 0)
    assert [len(line.split()) for line in lines] == [3, 3]


def test_what_is_not_measured_is_a_cross_and_no_line_crosses_it() -> None:
    for unmeasured in (OTHER, REFUSED):
        drawn = course(
            *((0, row("a", "10", "20")), (2, row("b", **unmeasured))),
            *((4, row("c", "30", "0")), (5, row("d", "30", "0"))),
        )
        right, left, crosses, lines = parts(drawn)
        assert (right, left, crosses) == (3, 3, 1)
        assert [len(line.split()) for line in lines] == [2, 2], "only from day 4 to day 5"
        assert parts(drawn, mean=True)[3] == lines
    assert "day 2: refused: the image is blank" in draw_course(drawn, top=100)


def test_a_lung_that_was_not_found_is_not_zero() -> None:
    reason = "the left lung was not found"
    drawn = course((0, row("a", "10", reason=reason)), (1, row("b", "20", "30")))
    assert parts(drawn)[:3] == (2, 1, 1)
    assert [len(line.split()) for line in parts(drawn)[3]] == [2]


def test_several_films_of_a_day_are_all_shown_and_joined_only_on_request() -> None:
    drawn = course((0, row("a", "10", "10")), (1, row("b", "20", "20")), (1, row("c", "40", "40")))
    right, left, _, lines = parts(drawn)
    assert (right, left, lines) == (3, 3, [])
    (line, _) = parts(drawn, mean=True)[3]
    y = [float(point.split(",")[1]) for point in line.split()]
    assert y == [186 - 0.1 * 146, 186 - 0.3 * 146], "10 %, then the mean of 20 % and 40 %"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ([(0, row("a", "1", "2"))], "one film"),
        ([(0, row("a", "1", "2")), (0, row("b", "1", "2"))], "one day"),
        ([(None, row("a", "1", "2")), (None, row("b"))], "no film whose day is known"),
        ([(0, row("a", **OTHER)), (1, row("b", **REFUSED))], "no film was measured"),
        ([(0, row("a", "1", "2")), (1, row("b", **REFUSED))], None),
    ],
)
def test_who_has_no_course(given: list[tuple[int | None, dict[str, str]]], reason: str) -> None:
    assert course(*given).reason_not_drawn == reason


@pytest.mark.parametrize(
    ("highest", "top"), [("0", 10), ("10", 10), ("10.1", 25), ("49", 50), ("51", 100)]
)
def test_one_scale_for_all(highest: str, top: int) -> None:
    drawn = course((0, row("a", highest, "0")), (1, row("b", "0", "0")))
    assert axis_top([drawn]) == top


def test_day_labels_do_not_overlap() -> None:
    drawn = course(*((day, row(str(day), "1", "1")) for day in [*range(40), 400]))
    root = ET.fromstring(draw_course(drawn, top=10))
    labels = [
        (float(text.attrib["x"]), text.text)
        for text in root.iter(f"{SVG}text")
        if text.attrib.get("text-anchor") == "middle" and text.text != "day"
    ]
    assert labels[0][1] == "0" and labels[-1][1] == "400"
    places = [x for x, _ in labels]
    assert all(b - a >= 24 for a, b in itertools.pairwise(places))


def test_the_folder_tells_everything(tmp_path: Path) -> None:
    rows = [
        *(row("one.png", "10", "20"), row("two.png", **OTHER), row("three.png", "30", "40")),
        *(row("alone.png", "1", "2"), row("whose.png", "5", "6"), row("later.png", "5", "6")),
    ]
    named = (
        *(("one.png", Visit("<b>Q</b> 10", 0)), ("two.png", Visit("<b>Q</b> 10", 1))),
        *(("three.png", Visit("<b>Q</b> 10", 2)), ("alone.png", Visit("P9", 3))),
        ("later.png", Visit("<b>Q</b> 10", None, "day unknown")),
        ("not predicted.png", Visit("P9", 4)),
    )
    followed = follow_up(rows, Visits(named, ("row 7 has 2 cells instead of 3",)))
    write_follow_up(followed, tmp_path / "out")
    page = Page((tmp_path / "out/follow.html").read_text(encoding="utf-8"))
    assert "1 patient over days" in page.text
    assert "Research use only; never a diagnosis." in page.text
    assert "opacity of other cause is not measured" in page.text
    assert "One film: 1" in page.text and "alone.png" in page.text
    assert "Images of nobody known" in page.text and "nothing tells its patient" in page.text
    assert "1 named, but not predicted: not predicted.png" in page.text
    assert "row 7 has 2 cells" in page.text and "day unknown" in page.text
    assert "b" not in page.tags and "<b>Q</b> 10" in page.text
    assert not page.links and "script" not in page.tags
    html = (tmp_path / "out/follow.html").read_text(encoding="utf-8").replace(SVG[1:-1], "")
    assert not re.search(r"https?://|url\(|@import|\son\w+=", html)
    with (tmp_path / "out/follow.csv").open(newline="", encoding="utf-8") as file:
        table = {line["path"]: line for line in csv.DictReader(file)}
    assert set(table) == {one["path"] for one in rows}
    assert table["two.png"]["right_lung_infected_percent"] == ""
    assert table["two.png"]["note"] == "opacity of other cause is not measured"
    assert [path.name for path in (tmp_path / "out/courses").iterdir()] == ["0001-_b_Q_b_10.svg"]
    with pytest.raises(OutputError, match="not empty"):
        write_follow_up(followed, tmp_path / "out")


def test_nothing_to_draw_is_a_page_too(tmp_path: Path) -> None:
    write_follow_up(follow_up([], Visits(())), tmp_path / "out")
    assert "0 patients over days" in (tmp_path / "out/follow.html").read_text(encoding="utf-8")


def test_patients_come_in_their_order_and_films_by_day() -> None:
    rows = [row(f"{n}.png", "1", "2") for n in range(4)]
    visits = ("p10", 0), ("p9", 5), ("p9", 1), ("p9", None)
    named = tuple((f"{n}.png", Visit(*visit)) for n, visit in enumerate(visits))
    followed = follow_up(rows, Visits(named))
    assert [one.patient for one in followed.courses] == ["p9", "p10"]
    assert [film.path for film in followed.courses[0].films] == ["2.png", "1.png", "3.png"]


def test_a_percentage_that_is_none_is_not_measured() -> None:
    one: Film = films((0, row("a", "n/a", "250"))).courses[0].films[0]
    assert not one.is_measured and one.reason == "not measured"


def test_what_an_audit_found_stands_on_the_page_once(tmp_path: Path) -> None:
    caution = {"finding_caution": "An audit condemned this finding."}
    followed = films((0, row("a", "1", "1", **caution)), (2, row("b", "2", "1", **caution)))
    write_follow_up(followed, tmp_path / "out")
    page = (tmp_path / "out/follow.html").read_text(encoding="utf-8")
    assert page.count(caution["finding_caution"]) == 1
