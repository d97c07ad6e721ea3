"""Films that are odd rather than damaged, through ``hilum predict``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from tests.fakes.model import draw_pixels, write_model
from tests.imaging.pictures import encode, encode_dicom
from tests.inference.outputs import read_rows

RUN = (
    "import resource, sys\n"
    "from hilum.cli import main\n"
    "try:\n    main()\n"
    "finally:\n"
    "    print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)\n"
)
TWO_GIB = 2 << 20
"""In the kilobytes that Linux counts in."""


def predict(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", RUN, "predict", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_dicom(tmp_path: Path) -> None:
    films, out = tmp_path / "films", tmp_path / "out"
    films.mkdir()
    grey = draw_pixels(size=(256, 256))
    deep = {bits: (grey.astype(np.uint16) << bits - 8) for bits in (10, 12, 16)}
    raw = {"PresentationIntentType": "FOR PROCESSING", "PixelIntensityRelationship": "LIN"}
    files = {f"{bits}.dcm": encode_dicom(deep[bits], bits=bits) for bits in deep}
    nan = encode_dicom(deep[12], bits=12, WindowCenter="1", WindowWidth="1")
    files["nan.dcm"] = nan.replace(b"DS\x02\x001 ", b"DS\x04\x00nan ")
    files["frames.dcm"] = encode_dicom(np.vstack([grey] * 2), Rows=256, NumberOfFrames=2)
    files["raw.dcm"] = encode_dicom(deep[12], bits=12, **raw)
    for name, data in files.items():
        (films / name).write_bytes(data)
    done = predict(films, "-o", out, "--model", write_model(tmp_path / "fake.onnx"))
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    rows = read_rows(out)
    assert set(rows) == set(files)
    failed = {name: row["reason"] for name, row in rows.items() if row["status"] == "failed"}
    assert failed.keys() == {"frames.dcm", "raw.dcm"}
    assert "2 frames" in failed["frames.dcm"] and "raw detector values" in failed["raw.dcm"]
    infected = {row["infected_percent"] for name, row in rows.items() if name not in failed}
    assert len(infected) == 1, "the same film at every depth"


def test_a_colour_photograph_is_refused_by_the_bundled_model(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (7, 9, 3), np.uint8)
    photograph = cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_CUBIC)
    cv2.circle(photograph, (200, 300), 90, (20, 30, 220), -1)
    (tmp_path / "photograph.jpg").write_bytes(encode(photograph, "JPEG"))
    done = predict(tmp_path / "photograph.jpg", "-o", tmp_path / "out")
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    (row,) = read_rows(tmp_path / "out").values()
    assert row["status"] == "refused" and row["reason"] and not row["finding"]


def test_the_memory_of_a_film_of_12_000_by_12_000_pixels(tmp_path: Path) -> None:
    film = draw_pixels(size=(12_000, 12_000))
    for name in ("one.png", "two.png"):
        (tmp_path / "films").mkdir(exist_ok=True)
        data = cv2.imencode(".png", film, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1]
        (tmp_path / "films" / name).write_bytes(data.tobytes())
    model = write_model(tmp_path / "fake.onnx")
    done = predict(tmp_path / "films", "-o", tmp_path / "out", "--model", model, "--threads", "2")
    assert done.returncode == 0, done.stderr
    assert {row["status"] for row in read_rows(tmp_path / "out").values()} == {"ok"}
    peak = int(done.stderr.rpartition("peak ")[2])
    assert peak < TWO_GIB, f"{peak / 1e6:.2f} GB"
