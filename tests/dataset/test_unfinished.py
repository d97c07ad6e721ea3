"""A compile that is killed, interrupted or started twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from hilum.dataset import compile as compiling
from hilum.dataset import write
from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.prepare import Outcome, prepare
from hilum.dataset.unfinished import unfinished
from hilum.dataset.variant import Variant
from hilum.errors import OutputError
from hilum.radiograph import Radiograph
from tests.collections.zips import zip_folder
from tests.fakes.chest import draw_chest
from tests.fakes.compiled import write_collection, write_radiograph
from tests.imaging.pictures import encode_dicom

_KILLED = """
import os, signal, sys
from pathlib import Path
from hilum.dataset import unfinished, write
from hilum.dataset.compile import compile_dataset
unfinished._WRITE_EVERY = 0
write._SHARD_BYTES = 1
left = int(sys.argv[4])
def progress(step, total):
    def advance():
        global left
        left -= step == sys.argv[3]
        if step == sys.argv[3] and left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return advance
compile_dataset([Path(sys.argv[1])], Path(sys.argv[2]), progress=progress)
"""

_WAITING = """
import sys, time
from pathlib import Path
from hilum.dataset.compile import compile_dataset
def progress(step, total):
    def advance():
        Path(sys.argv[3]).touch()
        time.sleep(60)
    return advance
compile_dataset([Path(sys.argv[1])], Path(sys.argv[2]), progress=progress)
"""


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    return write_collection(tmp_path / "qu-ex", {"Train": 6, "Val": 3, "Test": 3})


@pytest.fixture(autouse=True)
def one_row_a_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "_SHARD_BYTES", 1)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The source paths of what is read from now on."""
    paths: list[str] = []

    def spy(radiograph: Radiograph, variant: Variant) -> Outcome:
        paths.append(radiograph.source_path)
        return prepare(radiograph, variant)

    monkeypatch.setattr(compiling, "prepare", spy)
    return paths


def kill(collection: Path, output: Path, step: str, after: int) -> None:
    arguments = [os.fspath(collection), os.fspath(output), step, str(after)]
    killed = subprocess.run([sys.executable, "-c", _KILLED, *arguments], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not output.exists()


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_compile_killed_while_reading_reads_only_the_rest(
    collection: Path, tmp_path: Path, read: list[str]
) -> None:
    unbroken = compile_dataset([collection], tmp_path / "unbroken").folder
    everything = len(read)
    read.clear()
    output = tmp_path / "new" / "out"
    kill(collection, output, "reading", 5)
    compile_dataset([collection], output)
    assert len(read) == everything - 5
    assert contents(output) == contents(unbroken)
    assert [path.name for path in output.parent.iterdir()] == ["out"]


def test_a_compile_killed_while_writing_loses_one_shard_at_most(
    collection: Path, tmp_path: Path, read: list[str]
) -> None:
    unbroken = compile_dataset([collection], tmp_path / "unbroken").folder
    read.clear()
    output = tmp_path / "out"
    kill(collection, output, "writing", 4)
    left = sorted((tmp_path / ".out.unfinished/data").glob("*.parquet"))
    left[-1].with_name(left[-1].name + write.NOTE_ENDING).unlink()  # as if killed a moment before
    times = {path.name: path.stat().st_mtime_ns for path in left}
    compile_dataset([collection], output)
    again = [n for n, when in times.items() if (output / "data" / n).stat().st_mtime_ns != when]
    assert read == []
    assert len(left) == 4 and again == [left[-1].name]
    assert contents(output) == contents(unbroken)


def test_a_killed_compile_of_an_archive_goes_on(
    collection: Path, tmp_path: Path, read: list[str]
) -> None:
    archive = zip_folder(collection, tmp_path / "qu-ex.zip")
    kill(archive, tmp_path / "out", "writing", 2)
    compile_dataset([archive], tmp_path / "out")
    assert read == []


def test_what_changed_after_the_kill_is_read_again(
    collection: Path, tmp_path: Path, read: list[str]
) -> None:
    kill(collection, tmp_path / "out", "writing", 2)
    rng = np.random.default_rng(99)
    image = write_radiograph(collection, "Train/Normal/002.png", draw_chest(rng, size=(48, 40)))
    mask = collection / "Train/COVID-19/infection masks/000.png"
    os.utime(mask, (1, 1))
    compile_dataset([collection], tmp_path / "out")
    compile_dataset([collection], tmp_path / "whole")
    assert sorted(read[:2]) == ["Train/COVID-19/images/000.png", "Train/Normal/images/002.png"]
    assert image.exists() and contents(tmp_path / "out") == contents(tmp_path / "whole")


@pytest.mark.parametrize(
    "journal", [b"", b"garbage\n", b'{"hilum": "0.0.0"}\n', b"\xff\xfe\n"], ids=repr
)
def test_a_foreign_or_damaged_journal_is_not_trusted(
    journal: bytes, collection: Path, tmp_path: Path, read: list[str]
) -> None:
    kill(collection, tmp_path / "out", "writing", 2)
    (tmp_path / ".out.unfinished/.read.jsonl").write_bytes(journal)
    compile_dataset([collection], tmp_path / "out")
    assert len(read) == 12


def test_a_line_that_was_broken_off_is_read_again(
    collection: Path, tmp_path: Path, read: list[str]
) -> None:
    kill(collection, tmp_path / "out", "reading", 5)
    journal = tmp_path / ".out.unfinished/.read.jsonl"
    journal.write_bytes(journal.read_bytes()[:-7])
    compile_dataset([collection], tmp_path / "out")
    assert len(read) == 12 - 4


def test_a_damaged_shard_is_written_again(collection: Path, tmp_path: Path) -> None:
    kill(collection, tmp_path / "out", "writing", 4)
    shard = min((tmp_path / ".out.unfinished/data").glob("*.parquet"))
    shard.write_bytes(shard.read_bytes()[:-9])
    compile_dataset([collection], tmp_path / "out")
    compile_dataset([collection], tmp_path / "whole")
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_an_interruption_keeps_what_was_read(
    collection: Path, tmp_path: Path, read: list[str]
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compile_dataset([collection], tmp_path / "out", progress=lambda *_: interrupt)
    compile_dataset([collection], tmp_path / "out", options=CompileOptions())
    assert len(read) == 12


def test_a_second_run_into_the_same_output_is_refused(collection: Path, tmp_path: Path) -> None:
    output, begun = tmp_path / "out", tmp_path / "begun"
    arguments = [os.fspath(path) for path in (collection, output, begun)]
    with subprocess.Popen([sys.executable, "-c", _WAITING, *arguments]) as first:
        while not begun.exists():
            assert first.poll() is None
            time.sleep(0.01)
        with pytest.raises(OutputError, match="another run is writing this output"):
            compile_dataset([collection], output)
        first.kill()
    compile_dataset([collection], output)
    assert not list(tmp_path.glob(".out*"))


def test_an_output_that_came_to_be_meanwhile_is_left_alone(
    collection: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    output.mkdir()
    with pytest.raises(OutputError, match="exists already"), unfinished(output, Variant()):
        pass
    assert list(output.iterdir()) == []
    assert not (tmp_path / ".out.unfinished").exists()


def test_patients_without_a_salt_are_not_read_again(tmp_path: Path, read: list[str]) -> None:
    folder = tmp_path / "ward"
    for number in range(3):
        path = folder / f"covid/{number}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_dicom(np.full((40, 48), 40 * number, np.uint8), PatientID="7-1234"))
    kill(folder, tmp_path / "out", "writing", 1)
    compile_dataset([folder], tmp_path / "out")
    assert read == []
