"""Which image is whose, and of which day."""

from __future__ import annotations

from pathlib import Path

import pytest

from hilum.collections.pseudonyms import PatientKey
from hilum.errors import CollectionError
from hilum.evaluation.visits import (
    Columns,
    Visit,
    Visits,
    assign_visits,
    visits_from_dicom,
    visits_from_table,
)
from tests.imaging.pictures import draw_grey, encode_dicom


def table(folder: Path, *lines: str, head: str = "image,patient,day") -> Path:
    path = folder / "visits.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


def days(folder: Path, *cells: str) -> list[int | None]:
    path = table(folder, *(f"{number}.png,P,{cell}" for number, cell in enumerate(cells)))
    return [visit.day for _, visit in visits_from_table(path, Columns()).named]


def test_days_are_numbers_or_dates(tmp_path: Path) -> None:
    assert days(tmp_path, "0", "4", "-2", "3.0") == [0, 4, -2, 3]
    assert days(tmp_path, "2020-03-14", "2020-02-28", "2020-02-28 10:11") == [15, 0, 0]
    assert days(tmp_path, "2020-02-30", "2020-03-01") == [None, 0]
    assert days(tmp_path, "14.03.2020", "3/14/20", "", "?", "2") == [None, None, None, None, 2]
    assert days(tmp_path, "2020-03-14", "5") == [None, 5]


def test_dates_count_from_each_patients_own_first(tmp_path: Path) -> None:
    path = table(tmp_path, "a,P,2020-01-05", "b,Q,2020-02-01", "c,P,2020-01-01")
    visits = visits_from_table(path, Columns()).named
    assert [(v.patient, v.day) for _, v in visits] == [("P", 4), ("Q", 0), ("P", 0)]


def test_columns_may_have_other_names(tmp_path: Path) -> None:
    path = table(tmp_path, "x,9,a\\b.png", head="Tag,Nr,Datei")
    visits = visits_from_table(path, Columns("Datei", "Nr", "Tag"))
    assert visits.named == (("a/b.png", Visit("9", None, "day unknown")),)
    with pytest.raises(CollectionError, match="lacks the columns image"):
        visits_from_table(path, Columns("image", "Nr", "Tag"))
    with pytest.raises(CollectionError, match="one column cannot be"):
        visits_from_table(path, Columns("Nr", "Nr", "Tag"))


def test_rows_without_an_image_and_damaged_rows_are_told(tmp_path: Path) -> None:
    visits = visits_from_table(table(tmp_path, ",P,1", "a,P", "b,P,2"), Columns())
    assert [name for name, _ in visits.named] == ["b"]
    assert len(visits.problems) == 2


A, B = Visit("A", 1), Visit("B", 2)


@pytest.mark.parametrize(
    ("paths", "names", "wanted"),
    [
        (["x/1.png"], [("x/1.png", A)], [A]),
        (["x/1.png"], [("1.png", A)], [A]),
        (["1.png"], [("images/1.png", A)], [A]),
        (["x/1.png"], [("1", A)], [A]),
        (["x/1.png"], [("x/1", A)], [A]),
        (["x/1.tar.png"], [("1.tar", A)], [A]),
        (["x/1.png"], [("1.png", A), ("1.png", A)], [A]),
        (["x/1.png", "y/1.png"], [("x/1.png", A), ("y/1.png", B)], [A, B]),
        (["x/1.png", "1.png"], [("x/1.png", A), ("1.png", B)], [A, B]),
        (["x/1.png"], [("1.png", A), ("x/1.png", B)], [B]),
        (["x/1.png"], [("11.png", A)], [None]),
        (["x/1.png"], [("1.png", A), ("1.png", B)], [None]),
        (["x/1.png", "y/1.png"], [("1.png", A)], [None, None]),
        (["x/1.png", "1.png"], [("x/1.png", A)], [A, None]),
        (["1.png", "1.jpg"], [("1", A)], [None, None]),
        (["1.png"], [("1.jpg", A)], [None]),
        (["1.png"], [("y/1.png", A), ("z/1.png", B)], [None]),
        ([""], [("", A)], [None]),
    ],
)
def test_names_and_paths(
    paths: list[str], names: list[tuple[str, Visit]], wanted: list[Visit | None]
) -> None:
    assigned, _ = assign_visits(paths, Visits(tuple(names)))
    for path, visit in zip(paths, wanted, strict=True):
        if visit is None:
            assert assigned[path].patient is None and assigned[path].note
        else:
            assert assigned[path] == visit


def test_names_without_a_path_are_told() -> None:
    _, unused = assign_visits(["1.png"], Visits((("1.png", A), ("2.png", A), ("3", B))))
    assert unused == ["2.png", "3"]


def test_dicom_tells_patient_and_day_but_not_who(tmp_path: Path) -> None:
    for name, patient, day in (
        ("a.dcm", "KH-1", "20200301"),
        ("b.dcm", "KH-1", "20200305"),
        ("c.dcm", "KH-2", ""),
        ("d.dcm", "unknown", "20200301"),
    ):
        data = encode_dicom(draw_grey(), PatientID=patient, StudyDate=day)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "e.png").write_bytes(b"no DICOM")
    names = [*(f"{name}.dcm" for name in "abcd"), "e.png", "absent.dcm"]
    visits = dict(visits_from_dicom(tmp_path, names, PatientKey.random()).named)
    assert visits["a.dcm"].patient == visits["b.dcm"].patient != visits["c.dcm"].patient
    assert [visits[name].day for name in names[:4]] == [0, 4, None, None]
    assert visits["d.dcm"] == Visit(None, None, "patient unknown")
    assert set(visits) == set(names[:4])
    assert "KH" not in repr(visits)
