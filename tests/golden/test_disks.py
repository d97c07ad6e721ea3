"""Disks that are full or read-only: a sentence, no half file, and the same command goes on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.fakes.compiled import compile_chests, write_collection
from tests.fakes.model import draw_pixels, write_model
from tests.fakes.refusal import draw_two_collections
from tests.golden.disks import Disk, small_disk
from tests.inference.outputs import write_png
from tests.learning.recipes import tiny_recipe

RUN = "import torch; torch.set_num_threads(1); from hilum.cli import main; main()"
LIGHT = "from hilum.cli import main; main()"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "disk", size="300m") as disk:
        yield disk


def hilum(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    code = RUN if arguments[0] == "train" else LIGHT
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def refused(*arguments: str | Path, why: str = "No space left on device") -> str:
    done = hilum(*arguments)
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert "Traceback" not in done.stderr and why in done.stderr, done.stderr
    return done.stderr


def done(*arguments: str | Path) -> None:
    result = hilum(*arguments)
    assert result.returncode == 0, result.stderr


def write_recipe(path: Path) -> None:
    network = {"architecture": "subpixel_unet", "encoder": "tu-regnetx_002"}
    recipe = tiny_recipe(network=network)
    path.write_text(yaml.safe_dump(recipe.model_dump(mode="json")))


def test_compile(disk: Disk, tmp_path: Path) -> None:
    collection = write_collection(tmp_path / "c", {"Train": 60, "Val": 9}, size=(96, 96))
    output = disk.folder / "out"
    command = ("compile", collection, "-o", output, "--workers", "1")
    for room in (0, 8192, 65536, 300_000):
        disk.leave_room(room)
        told = refused(*command)
        assert str(output) in told and "the same command goes on" in told
        assert not output.exists()
    disk.make_room()
    done(*command)
    assert [path.name for path in disk.folder.iterdir()] == ["out"]
    (tmp_path / "again").mkdir()
    done("compile", collection, "-o", tmp_path / "again/out", "--workers", "1")
    for path in (tmp_path / "again/out").rglob("*.parquet"):
        assert (output / "data" / path.name).read_bytes() == path.read_bytes()


def test_train(disk: Disk, tmp_path: Path) -> None:
    dataset = compile_chests(tmp_path, {"Train": 9, "Val": 3}, size=(64, 64))
    write_recipe(tmp_path / "tiny.yaml")
    output = disk.folder / "tiny.onnx"
    command = ("train", tmp_path / "tiny.yaml", "--dataset", dataset.folder, "-o", output)
    for room in (0, 16_384, 200_000, 6_000_000):
        disk.leave_room(room)
        told = refused(*command)
        assert str(disk.folder) in told, told
        assert not output.exists()
        assert not list(disk.folder.rglob("*.ckpt"))
    disk.make_room()
    done(*command)
    assert output.exists() and not list(disk.folder.glob(".*"))


def predictions(tmp_path: Path) -> tuple[str | Path, ...]:
    model = write_model(tmp_path / "fake.onnx")
    for number in range(4):
        write_png(tmp_path / f"in/{number}.png", draw_pixels(size=(256, 256 + number)))
    return ("predict", tmp_path / "in", "--model", model, "-o")


def test_predict_report_and_follow(disk: Disk, tmp_path: Path) -> None:
    command = (*predictions(tmp_path), disk.folder / "out")
    disk.leave_room(16_384)
    refused(*command)
    disk.make_room()
    done(*command, "--resume")
    page, course = disk.folder / "page.html", disk.folder / "course"
    visits = tmp_path / "visits.csv"
    visits.write_text("image,patient,day\n0.png,a,1\n1.png,a,2\n2.png,b,1\n3.png,b,5\n")
    report = ("report", disk.folder / "out", "-o", page)
    follow = ("follow", disk.folder / "out", "--table", visits, "-o", course)
    for room in (0, 8192):
        disk.leave_room(room)
        assert str(page) in refused(*report) and not page.exists()
        refused(*follow)
        assert not course.exists() or list(course.iterdir()) == []
    disk.make_room()
    done(*report)
    done(*follow)
    assert not list(disk.folder.rglob("*.unfinished"))


def test_fetch_and_fit_refusal(disk: Disk, tmp_path: Path) -> None:
    collection = write_collection(tmp_path / "c", {"Train": 60, "Val": 9}, size=(96, 96))
    fetched, fitted = disk.folder / "fetched", disk.folder / "fitted.onnx"
    fetch = ("fetch", "covid-qu-ex", "--from", collection, "-o", fetched)
    folders = draw_two_collections(tmp_path / "two")
    fit = ("fit-refusal", write_model(tmp_path / "fake.onnx"), *folders, "-o", fitted)
    disk.leave_room(16_384)
    assert str(fetched) in refused(*fetch)
    disk.leave_room(0)
    assert str(fitted) in refused(*fit)
    assert not fitted.exists()
    disk.make_room()
    done(*fetch)
    done(*fit)
    assert sorted(path.name for path in disk.folder.iterdir()) == ["fetched", "fitted.onnx"]
    disk.forbid_writing()
    refused(*fit, "--overwrite", why="Read-only file system")


def test_a_read_only_disk(disk: Disk, tmp_path: Path) -> None:
    dataset = compile_chests(tmp_path, {"Train": 9, "Val": 3}, size=(64, 64))
    write_recipe(tmp_path / "tiny.yaml")
    train = ("train", tmp_path / "tiny.yaml", "--dataset", dataset.folder)
    predict = predictions(tmp_path)
    done(*predict, tmp_path / "out")
    visits = tmp_path / "visits.csv"
    visits.write_text("image,patient,day\n0.png,a,1\n1.png,a,2\n")
    (disk.folder / "there").mkdir()
    disk.forbid_writing()
    for command in (
        (*predict, disk.folder / "out"),
        (*predict, disk.folder / "there"),
        ("compile", tmp_path / "collection", "-o", disk.folder / "out"),
        (*train, "-o", disk.folder / "tiny.onnx"),
        ("report", tmp_path / "out", "-o", disk.folder / "page.html"),
        ("follow", tmp_path / "out", "--table", visits, "-o", disk.folder / "course"),
        ("fetch", "covid-qu-ex", "--from", tmp_path / "collection", "-o", disk.folder / "fetched"),
    ):
        told = refused(*command, why="Read-only file system")
        assert str(disk.folder) in told
