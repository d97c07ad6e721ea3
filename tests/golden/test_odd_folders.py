"""Folders that lead round in a circle, and pipes and sockets among the images."""

from __future__ import annotations

import csv
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.model import draw_pixels, write_model
from tests.inference.outputs import read_rows, write_png


def hilum(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-c",
            "from hilum.cli import main; main()",
            *map(str, arguments),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "films"
    for number, name in enumerate(("covid", "normal")):
        write_png(folder / name / "film.png", draw_pixels(size=(256, 250 + number)))
    (folder / "covid/round").symlink_to(folder)
    (folder / "normal/itself.png").symlink_to("itself.png")
    os.mkfifo(folder / "covid/pipe.png")
    monkeypatch.chdir(folder)  # the name of a socket may not be long
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("normal/socket.png")
    return folder


def test_inspect_and_compile_and_predict_end(odd: Path, tmp_path: Path) -> None:
    done = hilum("inspect", odd)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    done = hilum("compile", odd, "-o", tmp_path / "dataset", "--workers", "1")
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    with (tmp_path / "dataset/issues.csv").open(newline="", encoding="utf-8") as file:
        told = {row["source_path"] for row in csv.DictReader(file)}
    assert {"covid/pipe.png", "normal/itself.png", "normal/socket.png"} <= told
    model = write_model(tmp_path / "fake.onnx")
    done = hilum("predict", odd, "-o", tmp_path / "out", "--model", model)
    assert "Traceback" not in done.stderr
    rows = read_rows(tmp_path / "out")
    assert {name for name, row in rows.items() if row["status"] == "ok"} == {
        "covid/film.png",
        "normal/film.png",
    }
