"""What ``hilum fetch`` tells a person."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Hilum
from tests.collections.zips import write_zip, zip_folder
from tests.fakes.compiled import write_collection


def test_an_archive_from_a_browser_is_checked_and_the_next_step_named(
    hilum: Hilum, tmp_path: Path
) -> None:
    root = write_collection(tmp_path / "drawn", {"Train": 3})
    archive = zip_folder(root, tmp_path / "archive.zip")
    done = hilum("fetch", "covid-qu-ex", "--from", archive, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "SHA-256" in done.stdout and "computed here" in done.stdout
    assert f"hilum inspect '{tmp_path / 'out/archive.zip'}'" in done.stdout
    assert (tmp_path / "out/hilum-fetch.json").exists()


def test_what_cannot_be_fetched_is_one_sentence_and_exit_2(hilum: Hilum, tmp_path: Path) -> None:
    other = write_zip(tmp_path / "a.zip", {"notes.txt": b"text"})
    for arguments in (
        ["nonsense"],
        ["plain-folder"],
        ["kermany", "--from", other],
        ["kermany", "--from", tmp_path / "missing"],
    ):
        done = hilum("fetch", *arguments, folder=tmp_path)
        assert done.returncode == 2
        assert done.stderr and "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]
