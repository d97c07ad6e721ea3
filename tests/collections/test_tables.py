from __future__ import annotations

from pathlib import Path

import pytest

from hilum.collections.tables import age_in_years, day_of, number_in, read_table, sex_of
from hilum.errors import CollectionError


def _write(folder: Path, data: bytes) -> Path:
    path = folder / "table.csv"
    path.write_bytes(data)
    return path


def test_reads_cells_by_column_without_blanks(tmp_path: Path) -> None:
    path = _write(tmp_path, b'\xef\xbb\xbfname , age\r\n a.png ,65\r\n\r\n"b, c.png",\r\n')
    table = read_table(path, required=("name",))
    assert table.rows == ({"name": "a.png", "age": "65"}, {"name": "b, c.png", "age": ""})
    assert table.problems == ()


def test_skips_comment_lines(tmp_path: Path) -> None:
    path = _write(tmp_path, b"## scores, mean\n## licence\nname\na.png\n")
    assert read_table(path, required=("name",), comment="#").rows == ({"name": "a.png"},)


def test_the_commonest_separator_of_the_header_counts(tmp_path: Path) -> None:
    path = _write(tmp_path, b"name;place;sex\na;x, y, z, w;M\n")
    row = {"name": "a", "place": "x, y, z, w", "sex": "M"}
    assert read_table(path, required=("name",), separators=",;").rows == (row,)


def test_a_row_of_another_length_is_a_problem(tmp_path: Path) -> None:
    table = read_table(_write(tmp_path, b"a,b\n1,2\n1\n1,2,3\n"), required=("a",))
    assert len(table.rows) == 1
    assert [p.kind for p in table.problems] == ["damaged row", "damaged row"]
    assert "row 3 has 1 cells instead of 2" in table.problems[0].detail


def test_latin_1_is_read_and_reported(tmp_path: Path) -> None:
    table = read_table(_write(tmp_path, b"place\nVall d'Hebr\xf3n\n"), required=("place",))
    assert table.rows[0]["place"] == "Vall d'Hebrón"
    assert [p.kind for p in table.problems] == ["text encoding"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "got an empty table"),
        (b"\n\n", "got an empty table"),
        (b"a;b\n1;2\n", "lacks the columns a, b; got the columns a;b"),
        (b"a,b\0\n", "zero bytes"),
        (b'a,b\n"' + b"x" * 200_000, "field larger than field limit"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(CollectionError) as raised:
        read_table(_write(tmp_path, data), required=("a", "b"))
    assert message in str(raised.value)
    assert raised.value.remedy


def test_an_absent_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="No such file"):
        read_table(tmp_path / "none.csv", required=("a",))


def test_values_out_of_range_are_unknown() -> None:
    assert [number_in(text, 0, 8) for text in ("3.7", "8", "8.1", "nan", "inf", "")] == [
        *(3.7, 8.0),
        *([None] * 4),
    ]
    assert [age_in_years(text) for text in ("0.5", "120", "414", "?")] == [0.5, 120.0, None, None]
    assert [day_of(text) for text in ("-3", "4.0", "?", "1e9")] == [-3, 4, None, None]
    assert [sex_of(text) for text in ("m", "F", "w", "Female", "?")] == ["M", "F", "F", "F", None]
