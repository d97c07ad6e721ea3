from __future__ import annotations

import datetime
import io
import random
import re
import zipfile
from pathlib import Path

import pytest

from hilum.collections import workbooks
from hilum.collections.workbooks import read_workbook
from hilum.errors import CollectionError
from tests.fakes.workbook import write_workbook

SHEET = "xl/worksheets/sheet1.xml"


def _write(folder: Path) -> Path:
    return write_workbook(folder / "table.xlsx", ["NAME", "URL"], [["a", "https://a.org"], ["b"]])


def _with_sheet(path: Path, sheet: str) -> Path:
    """``path`` with ``sheet`` in the place of its first sheet's XML."""
    members = {}
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members[SHEET] = sheet.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def _sheet(*rows: str) -> str:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}"><sheetData>{"".join(rows)}</sheetData></worksheet>'


HEADER = '<row r="1"><c r="A1" t="inlineStr"><is><t>NAME</t></is></c></row>'


def test_cells_become_text_by_column(tmp_path: Path) -> None:
    rows = [[], [" x ", None, 3], ["y", 2.5, datetime.date(2020, 3, 1)], [None, None, None]]
    path = write_workbook(tmp_path / "table.xlsx", [" NAME ", "SIZE", "DAY"], rows)
    table = read_workbook(path, required=("NAME",))
    assert table.rows == (
        {"NAME": "x", "SIZE": "", "DAY": "3"},
        {"NAME": "y", "SIZE": "2.5", "DAY": "2020-03-01 00:00:00"},
    )
    assert table.problems == ()


def test_formulas_and_errors_are_no_data(tmp_path: Path) -> None:
    rows = [["=1+1", "x"], ["a", "#N/A"], ["b", "y"], ["c", "z", "more"]]
    path = write_workbook(tmp_path / "table.xlsx", ["NAME", "URL"], rows)
    table = read_workbook(path, required=("NAME",))
    assert table.rows == ({"NAME": "b", "URL": "y"},)
    assert [(p.kind, p.detail) for p in table.problems] == [
        ("damaged row", "row 2 holds a formula or an error instead of data"),
        ("damaged row", "row 3 holds a formula or an error instead of data"),
        ("damaged row", "row 5 has 3 cells instead of 2"),
    ]


def test_a_text_that_looks_like_a_formula_is_text(tmp_path: Path) -> None:
    text = '<row r="2"><c r="A2" t="inlineStr"><is><t>=1+1</t></is></c></row>'
    path = _with_sheet(_write(tmp_path), _sheet(HEADER, text))
    assert read_workbook(path, required=("NAME",)).rows == ({"NAME": "=1+1"},)


def test_what_a_formula_gave_when_it_was_saved_is_not_taken(tmp_path: Path) -> None:
    formula = '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c></row>'
    path = _with_sheet(_write(tmp_path), _sheet(HEADER, formula))
    table = read_workbook(path, required=("NAME",))
    assert table.rows == () and len(table.problems) == 1


def test_missing_columns_are_named(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match=re.escape("lacks the columns SIZE; got the columns")):
        read_workbook(_write(tmp_path), required=("NAME", "SIZE"))
    with pytest.raises(CollectionError, match="an empty sheet"):
        read_workbook(write_workbook(tmp_path / "b.xlsx", [], []), required=("NAME",))


def test_an_absent_workbook_is_named(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="No such file"):
        read_workbook(tmp_path / "none.xlsx", required=("NAME",))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = _with_sheet(_write(tmp_path), " " * (workbooks.MAX_UNPACKED + 1))
    assert path.stat().st_size < 1_000_000
    with pytest.raises(CollectionError, match="bytes unpacked; expected at most 50,000,000"):
        read_workbook(path, required=("NAME",))


def test_a_large_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_BYTES", 1000)
    with pytest.raises(CollectionError, match="too large; got more bytes"):
        read_workbook(_write(tmp_path), required=("NAME",))


@pytest.mark.parametrize("cell", ["A999999999", "A1048576"])
def test_a_cell_far_below_is_not_filled_up_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cell: str
) -> None:
    monkeypatch.setattr(workbooks, "MAX_ROWS", 100)
    far = f'<row r="{cell[1:]}"><c r="{cell}"><v>1</v></c></row>'
    path = _with_sheet(_write(tmp_path), _sheet(HEADER, far))
    with pytest.raises(CollectionError, match="more rows"):
        read_workbook(path, required=("NAME",))


def test_a_cell_far_to_the_right_is_not_filled_up_to(tmp_path: Path) -> None:
    far = '<row r="2"><c r="A2"><v>1</v></c><c r="ZZZZZZ2"><v>1</v></c></row>'
    path = _with_sheet(_write(tmp_path), _sheet(HEADER, far))
    try:
        assert read_workbook(path, required=("NAME",)).rows == ({"NAME": "1"},)
    except CollectionError as error:
        assert "no sound Excel workbook" in str(error)


def test_any_damage_is_a_sentence(tmp_path: Path) -> None:
    path = _write(tmp_path)
    sound = path.read_bytes()
    draw = random.Random(5)
    for trial in range(60):
        data = bytearray(sound[: draw.randrange(len(sound))] if trial % 4 == 0 else sound)
        for _ in range(draw.randint(1, 12)):
            if data:
                data[draw.randrange(len(data))] = draw.randrange(256)
        _read_or_refuse(path, bytes(data))


def test_any_damage_inside_is_a_sentence(tmp_path: Path) -> None:
    path = _write(tmp_path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    draw = random.Random(6)
    for _ in range(60):
        name = draw.choice(sorted(members))
        data = bytearray(members[name])
        for _ in range(draw.randint(1, 6)):
            data[draw.randrange(len(data))] = draw.choice(b'<>/"=&0 9\0A\xff')
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for other, sound in members.items():
                archive.writestr(other, bytes(data) if other == name else sound)
        _read_or_refuse(path, packed.getvalue())


def _read_or_refuse(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    try:
        read_workbook(path, required=("NAME",))
    except CollectionError as error:
        assert error.path == str(path) and error.remedy


def test_texts_that_excel_keeps_in_one_place_are_read(tmp_path: Path) -> None:
    cells = "".join(f'<c r="{cell}" t="s"><v>{n}</v></c>' for n, cell in enumerate(["A1", "B1"]))
    row = '<row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2" t="s"><v>3</v></c></row>'
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    texts = "<si><t>NAME</t></si><si><t>URL</t></si><si><r><t>COVID</t></r><r><t>-1</t></r></si>"
    strings = f'<sst xmlns="{space}">{texts}<si><t>=https://a.org</t></si></sst>'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    path = _with_sheet(_write(tmp_path), _sheet(f'<row r="1">{cells}</row>', row))
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name).decode() for name in archive.namelist()}
    part = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    types = members["[Content_Types].xml"].replace("</Types>", part)
    with zipfile.ZipFile(path, "w") as archive:
        new = {"[Content_Types].xml": types, "xl/sharedStrings.xml": strings}
        for name, text in (members | new).items():
            archive.writestr(name, text)
    table = read_workbook(path, required=("NAME", "URL"))
    assert table.rows == ({"NAME": "COVID-1", "URL": "=https://a.org"},)
