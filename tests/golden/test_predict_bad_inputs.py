"""Every kind of bad input at once: a sentence each, nothing lost, no traceback."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from tests.fakes.model import draw_pixels, write_model
from tests.imaging.pictures import encode
from tests.inference.outputs import files_below, read_rows, write_png

PIXELS = draw_pixels(size=(256, 256))
RUN = "from hilum.cli import main; main()"


def bomb() -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(100_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


WHOLE = encode(PIXELS, "PNG")
FILES = {
    "good.png": (WHOLE, "ok", ""),
    "good [1] Röntgen 肺.png": (WHOLE, "ok", ""),
    "WebP called.png": (encode(PIXELS, "WEBP", lossless=True), "ok", ""),
    "PNG called.jpg": (WHOLE, "ok", ""),
    "directory.png/inside.png": (WHOLE, "ok", ""),
    "zero bytes.png": (b"", "failed", "the file is empty"),
    "zero bytes.dcm": (b"", "failed", "the file is empty"),
    "truncated.png": (WHOLE[: len(WHOLE) // 2], "failed", "damaged"),
    "truncated.jpg": (encode(PIXELS, "JPEG")[:900], "failed", "damaged"),
    "truncated.dcm": (bytes(128) + b"DICM" + b"\x02\0", "failed", "DICOM"),
    "text.png": (b"404 not found", "failed", "no image hilum can read"),
    "bomb.png": (bomb(), "failed", "60000×60000"),
    "point.png": (encode(PIXELS[:1, :1], "PNG"), "refused", "1×1 pixels is too small"),
    "line.png": (encode(np.tile(PIXELS[:, :2], (20, 1))[:5000], "PNG"), "refused", "too small"),
    "blank.png": (encode(np.zeros((99, 99), np.uint8), "PNG"), "refused", "blank"),
}


def hilum(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", RUN, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "COLUMNS": "400"},
    )


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model") / "fake.onnx")


def write_all(folder: Path) -> Path:
    for name, (content, _, _) in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


@pytest.mark.parametrize("threads", [1, 2])
def test_every_bad_input_at_once(model: Path, tmp_path: Path, threads: int) -> None:
    folder, out = write_all(tmp_path / "in"), tmp_path / "out"
    done = hilum("predict", folder, "-o", out, "--model", model, "--threads", threads, "--json")
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    rows = read_rows(out)
    assert set(rows) == set(FILES), "nothing is lost"
    for name, (_, status, reason) in FILES.items():
        assert rows[name]["status"] == status, (name, rows[name])
        assert reason in rows[name]["reason"], name
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["path"] for row in told] == list(rows)
    good = [name for name, (_, status, _) in FILES.items() if status == "ok"]
    assert len([name for name in files_below(out) if name.startswith("masks/")]) == 2 * len(good)


@pytest.mark.parametrize("name", [name for name, (_, status, _) in FILES.items() if status != "ok"])
def test_reasons_are_sentences_that_name_no_place(name: str, model: Path, tmp_path: Path) -> None:
    from hilum.inference import Predictor

    path = write_all(tmp_path) / name
    prediction = Predictor(model)(path)
    assert prediction.reason and "\n" not in prediction.reason
    assert str(tmp_path) not in prediction.reason


def test_a_model_file_that_is_none(model: Path, tmp_path: Path) -> None:
    write_png(tmp_path / "in/good.png", PIXELS)
    bad = {
        "cut.onnx": model.read_bytes()[:-900],
        "text.onnx": b"hello",
        "empty.onnx": b"",
    }
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    for name in [*bad, "missing.onnx", "in"]:
        done = hilum("predict", tmp_path / "in", "-o", tmp_path / "o", "--model", tmp_path / name)
        assert done.returncode == 2, name
        assert done.stderr.startswith(f"{tmp_path / name}: "), done.stderr
        assert done.stdout == "" and len(done.stderr.strip().splitlines()) == 1
        assert not (tmp_path / "o").exists()


def test_a_damaged_model_costs_no_earlier_predictions(model: Path, tmp_path: Path) -> None:
    write_png(tmp_path / "in/good.png", PIXELS)
    assert hilum("predict", tmp_path / "in", "-o", tmp_path / "o", "--model", model).returncode == 0
    before = files_below(tmp_path / "o")
    (tmp_path / "bad.onnx").write_bytes(model.read_bytes()[:-900])
    done = hilum(
        *("predict", tmp_path / "in", "-o", tmp_path / "o", "--overwrite"),
        *("--model", tmp_path / "bad.onnx"),
    )
    assert done.returncode == 2
    assert files_below(tmp_path / "o") == before
