"""Files and a system that mean no good: one sentence and exit status 1 or 2, or success."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.fakes.every import FAKES
from tests.fakes.model import draw_pixels, write_model
from tests.inference.outputs import write_png

RUN = "from hilum.cli import main; main()"


def hilum(
    *arguments: str | Path,
    limit: Callable[[], None] | None = None,
    folder: Path | None = None,
    output: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    with (output or Path(os.devnull)).open("w") as stream:
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", RUN, *map(str, arguments)],
            stdout=stream,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
            cwd=folder,
            preexec_fn=limit,
        )


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode in (1, 2), (done.returncode, done.stderr)
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr


@pytest.fixture
def films(tmp_path: Path) -> Path:
    for number, name in enumerate(("covid", "normal")):
        write_png(tmp_path / f"films/{name}/film.png", draw_pixels(size=(256, 250 + number)))
    return tmp_path / "films"


def few_bytes() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))


@pytest.mark.parametrize("kind", ["pipe", "device"])
@pytest.mark.parametrize("name", ["ieee8023", "hannover"])
def test_a_table_that_is_no_file(name: str, kind: str, tmp_path: Path) -> None:
    fake = FAKES[name](tmp_path / "in", np.random.default_rng(0))
    assert fake.table is not None
    fake.table.unlink()
    if kind == "pipe":
        os.mkfifo(fake.table)
    else:
        fake.table.symlink_to("/dev/zero")
    for command in (["inspect", fake.folder], ["compile", fake.folder, "-o", tmp_path / "out"]):
        told = sentence(hilum(*command, limit=few_bytes))
        assert fake.table.name in told and "a pipe, socket or device" in told


def test_devices_in_place_of_files(films: Path, tmp_path: Path) -> None:
    zero = Path("/dev/zero")
    model, out = write_model(tmp_path / "fake.onnx"), tmp_path / "out"
    for command in (
        ("predict", films, "-o", out, "--model", zero),
        ("follow", zero, "-o", out, "--table", zero),
        ("compile", films, "-o", out, "--from-lock", zero),
    ):
        assert "a pipe, socket or device" in sentence(hilum(*command, limit=few_bytes))
    assert hilum("predict", films, "-o", out, "--model", model).returncode == 0


def test_names_that_are_no_utf_8_are_in_the_lock(films: Path, tmp_path: Path) -> None:
    bad = os.fsdecode(b"bad\xff.png")
    (films / "covid/film.png").rename(films / "covid" / bad)
    done = hilum("compile", films, "-o", tmp_path / "out", "--workers", "1")
    assert done.returncode == 0, done.stderr
    lock = json.loads((tmp_path / "out/hilum.lock.json").read_text())
    assert "covid/bad\\udcff.png" in lock["inputs"][0]["files"]
    again = ("compile", films, "-o", tmp_path / "again", "--from-lock", tmp_path / "out")
    done = hilum(*again, "--workers", "1")
    assert done.returncode == 0, done.stderr


def test_archives_and_outputs_whose_names_are_no_utf_8(films: Path, tmp_path: Path) -> None:
    archive = tmp_path / os.fsdecode(b"films\xff.zip")
    shutil.make_archive(str(tmp_path / "films"), "zip", films)
    (tmp_path / "films.zip").rename(archive)
    done = hilum("compile", archive, "-o", tmp_path / "out", "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert "films\\\\udcff.zip" in (tmp_path / "out/hilum.lock.json").read_text()
    bad = os.fsdecode(b"out\xff")
    assert "no UTF-8" in sentence(hilum("compile", films, "-o", tmp_path / bad))
    predict = ("predict", films, "-o", tmp_path / bad, "--model")
    assert hilum(*predict, write_model(tmp_path / "fake.onnx")).returncode == 0
    page = tmp_path / os.fsdecode(b"page\xff.html")
    done = hilum("report", tmp_path / bad, "-o", page)
    assert done.returncode == 0, done.stderr
    assert page.read_text().count("data:image/jpeg;base64,") == 2


def test_standard_output_that_takes_nothing(films: Path) -> None:
    for command in (("inspect", films), ("collections", "--json"), ("--version",)):
        assert "No space left" in sentence(hilum(*command, output=Path("/dev/full")))


def test_a_working_folder_that_is_gone(films: Path, tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    program = f"import os; os.rmdir({str(tmp_path / 'gone')!r}); {RUN}"
    command = ("predict", films, "-o", "out", "--model", write_model(tmp_path / "fake.onnx"))
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, command)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path / "gone",
    )
    assert "No such file or directory" in sentence(done)


def test_an_output_where_no_file_can_be_made_is_not_another_run(films: Path) -> None:
    if not Path("/proc/self").exists():
        pytest.skip("no /proc here")
    told = sentence(hilum("compile", films, "-o", "/proc/hilum-out"))
    assert "cannot be written" in told and "another run" not in told


def test_too_little_memory_is_a_sentence(films: Path, tmp_path: Path) -> None:
    program = (
        "import sys, hilum.cli.app as a\n"
        "def compile_dataset(*_, **__): raise MemoryError\n"
        "import hilum.dataset.compile as c; c.compile_dataset = compile_dataset\n"
        "a.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "compile", str(films), "-o", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "more memory than" in sentence(done)
