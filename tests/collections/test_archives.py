"""Archives given as folders: what they are called, what errors say, what is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from hilum.collections import archives
from hilum.collections.archives import PREFIX, is_archive, open_sources
from hilum.collections.inspect import inspect, inspect_all
from hilum.collections.registry import read_source, recognise
from hilum.errors import CollectionError
from tests.collections.zips import add_link, patch, write_zip, zip_folder
from tests.fakes.every import FAKES
from tests.fakes.fake import FakeCollection


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def hannover(tmp_path: Path) -> FakeCollection:
    return FAKES["hannover"](tmp_path / "download", np.random.default_rng(3))


def test_the_temporary_folder_lasts_as_long_as_the_block(
    hannover: FakeCollection, tmp_path: Path, temporary: Path
) -> None:
    archive = zip_folder(hannover.folder, tmp_path / "hannover.zip")
    with open_sources([hannover.folder, archive]) as (folder, unpacked):
        assert (folder.path, folder.archive) == (hannover.folder, None)
        assert unpacked.path.is_relative_to(temporary) and unpacked.path.name == "hannover"
        assert unpacked.archive == unpacked.named == archive
        assert next(temporary.iterdir()).name.startswith(PREFIX)
    assert list(temporary.iterdir()) == []


def test_nothing_is_unpacked_where_nothing_is_packed(tmp_path: Path, temporary: Path) -> None:
    (tmp_path / "film.png").write_bytes(b"\x89PNG")
    with open_sources([tmp_path / "film.png", tmp_path / "missing"]) as sources:
        assert [source.path for source in sources] == [tmp_path / "film.png", tmp_path / "missing"]
        assert list(temporary.iterdir()) == []


def test_an_archive_is_told_by_its_content_or_its_ending(tmp_path: Path) -> None:
    write_zip(tmp_path / "download", {"a": b""})
    (tmp_path / "cut.ZIP").write_bytes(b"")
    (tmp_path / "folder.zip").mkdir()
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    assert is_archive(tmp_path / "download") and is_archive(tmp_path / "cut.ZIP")
    assert not is_archive(tmp_path / "folder.zip") and not is_archive(tmp_path / "a.png")


def test_what_was_not_unpacked_is_a_problem_below_the_collections_root(
    hannover: FakeCollection, tmp_path: Path
) -> None:
    archive = zip_folder(hannover.folder, tmp_path / "a.zip")
    add_link(archive, "covid-19-image-repository/png/link.png", "/etc/passwd")
    add_link(archive, "../above.png", "/etc/passwd")
    with open_sources([archive]) as (source,):
        reading = read_source(source)
    assert reading.shown_root == archive / "covid-19-image-repository"
    unsafe = {p.source_path: p.detail for p in reading.problems if p.kind == "unsafe path"}
    assert set(unsafe) == {"png/link.png", "../above.png"}


def test_an_archive_inside_that_no_reader_knows_is_reported(
    hannover: FakeCollection, tmp_path: Path
) -> None:
    write_zip(hannover.folder / "covid-19-image-repository/more.zip", {"a.png": b"1"})
    write_zip(hannover.folder / "beside.zip", {"a.png": b"1"})
    inspection = inspect(zip_folder(hannover.folder, tmp_path / "a.zip"))
    packed = next(group for group in inspection.problems if group.kind == "packed files")
    assert [problem.source_path for problem in packed.problems] == ["more.zip", "../beside.zip"]


def test_errors_name_the_archive_and_never_the_temporary_folder(
    hannover: FakeCollection, tmp_path: Path, temporary: Path
) -> None:
    assert hannover.table is not None
    hannover.table.write_text("no,table\n1,2\n")
    archive = zip_folder(hannover.folder, tmp_path / "a.zip")
    with pytest.raises(CollectionError) as raised:
        inspect(archive)
    assert raised.value.path == str(archive / "covid-19-image-repository/data.csv")
    assert str(temporary) not in str(raised.value) and PREFIX not in str(raised.value)
    assert list(temporary.iterdir()) == []


def test_a_lost_table_is_told_where_the_collection_is_not_recognised(
    hannover: FakeCollection, tmp_path: Path
) -> None:
    archive = zip_folder(hannover.folder, tmp_path / "a.zip")
    patch(archive, b"patient_id", b"\0\1\2\3\4\5\6\7\x08\t", count=1)  # stored, so it is there
    with pytest.raises(
        CollectionError, match=r"unpacked: 1, .*data\.csv \(damaged archive"
    ) as raised:
        inspect(archive)
    assert raised.value.path == str(archive)


def test_several_collections_in_one_archive_are_refused_as_in_a_folder(tmp_path: Path) -> None:
    for name in ("hannover", "shenzhen"):
        FAKES[name](tmp_path / "both" / name, np.random.default_rng(3))
    archive = zip_folder(tmp_path / "both", tmp_path / "both.zip")
    with pytest.raises(CollectionError, match="several collections") as raised:
        inspect(archive)
    assert raised.value.path == str(archive)


def test_the_name_of_the_archive_is_the_name_of_its_folder(tmp_path: Path) -> None:
    fake = FAKES["chestx-ray14"](tmp_path / "draw", np.random.default_rng(3))
    image = next(fake.folder.rglob("*.png"))
    archive = write_zip(tmp_path / "nih-normal.zip", {image.name: image.read_bytes()})
    assert inspect(archive).findings == {"normal": 1}


def test_annotations_find_images_in_another_archive(tmp_path: Path) -> None:
    fake = FAKES["v7-covid19-xray"](tmp_path / "v7", np.random.default_rng(3))
    packed = [
        zip_folder(folder, tmp_path / "zips" / f"{number}.zip")
        for number, folder in enumerate((fake.folder, *fake.others[:1]))
    ]
    zipped = inspect_all(packed)
    folders = inspect_all([fake.folder, *fake.others[:1]])
    assert [one.findings for one in zipped] == [one.findings for one in folders]
    assert zipped[0].structures == folders[0].structures


def test_too_little_room_is_told_before_anything_is_unpacked(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "_SPARE", 1 << 62)
    archive = write_zip(tmp_path / "a.zip", {"a.png": b"1"})
    with (
        pytest.raises(CollectionError, match=r"not enough room.*TMPDIR"),
        open_sources([archive]),
    ):
        pass
    assert list(temporary.iterdir()) == []


def test_names_are_enough_to_recognise(hannover: FakeCollection, tmp_path: Path) -> None:
    archive = zip_folder(hannover.folder, tmp_path / "a.zip")
    with open_sources([archive], names_only=True) as (source,):
        collection, _ = recognise(source.path)
    assert collection.facts.name == "hannover"


_WAIT = """
import sys, time
from pathlib import Path
from hilum.collections.archives import open_sources
with open_sources([Path(sys.argv[1])]):
    print("open", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of Unix")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_leaves_nothing(
    number: signal.Signals, tmp_path: Path, temporary: Path
) -> None:
    archive = write_zip(tmp_path / "a.zip", {"a.png": b"1"})
    _stop_while_open(archive, temporary, number)
    assert list(temporary.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="locks of Unix")
def test_a_run_that_was_killed_is_tidied_up_by_the_next_but_not_one_in_use(
    tmp_path: Path, temporary: Path
) -> None:
    archive = write_zip(tmp_path / "a.zip", {"a.png": b"1"})
    _stop_while_open(archive, temporary, signal.SIGKILL)
    (killed,) = temporary.iterdir()
    with open_sources([archive]):
        (first,) = temporary.iterdir()
        assert first != killed
        with open_sources([archive]):
            assert first.exists() and len(list(temporary.iterdir())) == 2


def _stop_while_open(archive: Path, temporary: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-c", _WAIT, str(archive)]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == b"open\n"
        assert len(list(temporary.iterdir())) == 1
        time.sleep(0.05)
        process.send_signal(number)
        assert process.wait(timeout=60) != 0
