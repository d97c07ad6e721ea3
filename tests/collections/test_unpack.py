"""What a zip archive may not do to the disk, and that nothing in it is lost silently."""

from __future__ import annotations

import struct
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from hilum.collections import unpack as module
from hilum.collections.collection import Problem
from hilum.collections.unpack import declared_size, unpack
from hilum.errors import CollectionError
from hilum.workers import no_progress
from tests.collections.zips import add_link, patch, write_zip


def unpacked(archive: Path, folder: Path) -> tuple[dict[str, bytes], dict[str, str]]:
    """Contents of the files by name, kinds of the problems by name."""
    problems = unpack(archive, folder, names_only=False, progress=no_progress)
    files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in _files(folder)}
    return files, {problem.source_path: problem.kind for problem in problems}


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_files_and_folders_come_out_as_they_went_in(tmp_path: Path) -> None:
    archive = write_zip(
        tmp_path / "a.zip", {"top/": b"", "top/a b.png": b"1", "top/肺/x.csv": b"2", "y": b""}
    )
    files, problems = unpacked(archive, tmp_path / "out")
    assert files == {"top/a b.png": b"1", "top/肺/x.csv": b"2", "y": b""}
    assert problems == {}


def test_the_list_of_an_archive_within_is_not_that_of_one_cut_off(tmp_path: Path) -> None:
    inner = write_zip(tmp_path / "inner.zip", {"sheet.xml": b"1"}).read_bytes()
    outer = tmp_path / "a.zip"
    with zipfile.ZipFile(outer, "w") as file:
        file.writestr("a.png", b"2" * 99)
        file.writestr("table.xlsx", inner)
    assert declared_size(outer)
    cut = outer.read_bytes()
    outer.write_bytes(cut[: cut.index(inner) + len(inner)])
    with pytest.raises(CollectionError, match="the zip archive is cut off"):
        declared_size(outer)
    outer.write_bytes(b"MZ a program that unpacks it" + cut)
    assert declared_size(outer)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.png",
        "a/../../evil.png",
        "/evil.png",
        "C:/evil.png",
        "C:evil.png",
        "..\\evil.png",
        "\\\\host\\share\\evil.png",
        "con.png",
        "a/LPT1",
        "aux .txt",
        "a/..",
        "long" * 64 + ".png",
    ],
)
def test_no_name_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "in/a.zip", {name: b"evil", "good.png": b"good"})
    files, problems = unpacked(archive, tmp_path / "in/deep/er/out")
    assert files == {"good.png": b"good"}
    assert list(problems.values()) == ["unsafe path"]
    assert {path.name for path in _files(tmp_path)} == {"a.zip", "good.png"}


def test_backslashes_and_dots_are_folders_as_other_programs_take_them(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", {"png\\a.png": b"1", "./b.png": b"2", "x//./c": b"3"})
    files, problems = unpacked(archive, tmp_path / "out")
    assert files == {"png/a.png": b"1", "b.png": b"2", "x/c": b"3"}
    assert problems == {}


def test_links_are_not_made(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    archive = write_zip(tmp_path / "a.zip", {"b.png": b"b"})
    add_link(archive, "link.png", str(secret))
    files, problems = unpacked(archive, tmp_path / "out")
    assert files == {"b.png": b"b"}
    assert problems == {"link.png": "unsafe path"}


def test_names_that_differ_in_case_are_both_kept(tmp_path: Path) -> None:
    archive = write_zip(
        tmp_path / "a.zip", {"A.png": b"1", "a.png": b"2", "B/x": b"3", "b/x": b"4"}
    )
    files, problems = unpacked(archive, tmp_path / "out")
    assert sorted(files.values()) == [b"1", b"2", b"3", b"4"]
    assert problems == {}


def test_of_equal_names_the_last_counts_and_the_others_are_told(tmp_path: Path) -> None:
    with warnings.catch_warnings(action="ignore"):
        archive = write_zip(tmp_path / "a.zip", [("a.png", b"old"), ("a.png", b"new")])
    files, problems = unpacked(archive, tmp_path / "out")
    assert files == {"a.png": b"new"}
    assert problems == {"a.png": "second copy"}


def test_a_name_that_is_a_file_and_a_folder_is_a_folder(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", {"a": b"file", "a/b.png": b"image"})
    files, problems = unpacked(archive, tmp_path / "out")
    assert files == {"a/b.png": b"image"}
    assert problems == {"a": "unsafe path"}


def test_a_damaged_file_is_a_problem_and_the_others_are_there(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", {"a.png": b"x" * 40, "b.png": b"good", "c.csv": b"y"})
    patch(archive, zlib.crc32(b"x" * 40).to_bytes(4, "little"), b"\1\2\3\4")
    files, problems = unpacked(archive, tmp_path / "out")
    assert files == {"b.png": b"good", "c.csv": b"y"}
    assert problems == {"a.png": "damaged archive"}


def test_an_encrypted_file_is_a_problem(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", {"a.png": b"1", "b.png": b"2"})
    data = bytearray(archive.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    archive.write_bytes(data)
    files, problems = unpacked(archive, tmp_path / "out")
    assert files == {"b.png": b"2"}
    assert problems == {"a.png": "encrypted file"}


def test_a_compression_nobody_knows_is_a_problem(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", {"a.png": b"1", "b.png": b"2"})
    data = bytearray(archive.read_bytes())
    data[8:10] = data[data.index(b"PK\1\2") + 10 :][:2] = b"\x62\0"
    data[data.index(b"PK\1\2") + 10] = 0x62
    archive.write_bytes(data)
    files, problems = unpacked(archive, tmp_path / "out")
    assert files == {"b.png": b"2"}
    assert problems == {"a.png": "damaged archive"}


def _lie_about_size(archive: Path, real: int, claimed: int) -> None:
    for size in ("<I",):
        patch(archive, struct.pack(size, real), struct.pack(size, claimed))


def test_a_file_that_hides_its_size_ends_where_it_said(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", {"a.png": b"\0" * 5_000_017})
    _lie_about_size(archive, 5_000_017, 10)
    files, problems = unpacked(archive, tmp_path / "out")
    assert files == {}
    assert problems == {"a.png": "damaged archive"}


def test_a_decompression_bomb_is_not_unpacked(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", {"bomb.png": b"\0" * 5_000_017, "a.png": b"1"})
    _lie_about_size(archive, 5_000_017, 400_000_000)
    files, problems = unpacked(archive, tmp_path / "out")
    assert files == {"a.png": b"1"}
    assert problems == {"bomb.png": "decompression bomb"}


def test_an_archive_that_unpacks_to_far_too_much_is_refused(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", {"bomb.png": b"\0" * 5_000_017})
    _lie_about_size(archive, 5_000_017, 4_000_000_000)
    with pytest.raises(CollectionError, match="unpacks to far too much") as raised:
        declared_size(archive)
    assert "4,000,000,000" in str(raised.value)


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_MEMBERS", 3)
    archive = write_zip(tmp_path / "a.zip", {f"{number}.png": b"" for number in range(4)})
    with pytest.raises(CollectionError, match="4 files"):
        declared_size(archive)


@pytest.mark.parametrize(
    "damage", [b"", b"PK", b"PK\3\4" + bytes(40), b"no archive at all"], ids=repr
)
def test_what_is_no_archive_is_one_sentence(damage: bytes, tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    archive.write_bytes(damage)
    with pytest.raises(CollectionError, match=r"cannot be opened.*Fetch the archive again"):
        declared_size(archive)


def test_a_download_that_broke_off_is_one_sentence(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", {"a.png": bytes(range(256)) * 40, "b.png": b"2"})
    archive.write_bytes(archive.read_bytes()[:-30])
    with pytest.raises(CollectionError, match="cannot be opened"):
        declared_size(archive)


def test_archives_inside_stay_packed(tmp_path: Path) -> None:
    inner = write_zip(tmp_path / "inner.zip", {"a.png": b"1"}).read_bytes()
    archive = write_zip(tmp_path / "a.zip", {"annotations/inner.zip": inner})
    assert unpacked(archive, tmp_path / "out") == ({"annotations/inner.zip": inner}, {})


def test_a_hundred_thousand_files_are_planned_quickly() -> None:
    from hilum.collections.zip_members import plan_unpacking

    infos = [zipfile.ZipInfo(f"images_{n % 12:03}/images/{n:08}_000.png") for n in range(112_120)]
    members, problems = plan_unpacking(infos)
    assert len(members) == 112_120 and problems == ()


def test_names_only_makes_empty_files(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", {"a/b.png": b"image"})
    problems: tuple[Problem, ...] = unpack(
        archive, tmp_path / "out", names_only=True, progress=no_progress
    )
    assert (tmp_path / "out/a/b.png").read_bytes() == b"" and problems == ()


def test_random_damage_never_ends_in_a_traceback_nor_loses_a_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    contents = {f"images/{number}.png": rng.bytes(200) for number in range(4)}
    whole = write_zip(tmp_path / "whole.zip", contents).read_bytes()
    archive = tmp_path / "a.zip"
    for number in range(200):
        data = bytearray(whole)
        for place in rng.integers(len(data), size=rng.integers(1, 4)):
            data[place] ^= 1 << rng.integers(8)
        archive.write_bytes(data)
        try:
            declared_size(archive)
            files, problems = unpacked(archive, tmp_path / f"in/out{number}")
        except CollectionError:
            continue
        directory = zipfile.ZipFile(archive)
        with directory:
            names = {info.filename for info in directory.infolist()}
        assert len(files) + len(problems) >= len({n for n in names if not n.endswith(("/", "\\"))})
    assert {path.name for path in tmp_path.iterdir()} == {"whole.zip", "a.zip", "in"}
    assert all(path.name.startswith("out") for path in (tmp_path / "in").iterdir())
