from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from hilum.cli.app import app
from hilum.errors import CollectionError, OutputError, SeveralCollectionsError
from tests.fakes import kermany, shenzhen
from tests.fakes.chest import draw_chest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Train and test with one leak, one copy of another class, a damaged and a blank image."""
    films = [draw_chest(np.random.default_rng(n), size=(256, 256)).pixels for n in range(3)]
    files = {
        "train/normal/a.png": films[0],
        "train/normal/b.png": films[1],
        "train/covid/c.png": np.ascontiguousarray(films[1][:, ::-1]),
        "test/normal/d.png": cv2.resize(films[0], (200, 200), interpolation=cv2.INTER_AREA),
        "test/covid/e.png": films[2],
        "test/covid/blank.png": np.zeros((256, 256), np.uint8),
    }
    root = tmp_path / "films"
    for name, pixels in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(root / name), pixels)
    (root / "test/covid/damaged.png").write_bytes(b"no image")
    return root


def _twins(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["twins", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_leak_is_the_first_line(folder: Path, tmp_path: Path) -> None:
    told = _twins(str(folder), "-o", str(tmp_path / "out"), "--workers", "1")

    assert told.splitlines()[0] == "1 of 3 test images are copies of training images."
    with (tmp_path / "out/twins.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(Path(r["path_a"]).name, Path(r["path_b"]).name, r["change"]) for r in rows] == [
        ("d.png", "a.png", "resized"),
        ("c.png", "b.png", "mirrored"),
    ]
    page = (tmp_path / "out/twins.html").read_text(encoding="utf-8")
    assert "labels differ: covid and normal" in page
    assert page.count("data:image/jpeg") == 4
    assert "http" not in page
    assert "damaged.png" in (tmp_path / "out/issues.csv").read_text(encoding="utf-8")


def test_the_summary_for_programs(folder: Path, tmp_path: Path) -> None:
    told = json.loads(_twins(str(folder), "-o", str(tmp_path / "o"), "--json", "--workers", "1"))

    assert told["pairs"] == 2
    assert told["test_copies_of_train"] == 1
    assert told["contradicting_clusters"] == 1
    assert told["not_compared"] == 1
    assert told["blank"] == 1


def test_an_output_with_something_in_it_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="not empty"):
        _twins(str(folder), "-o", str(folder))


def test_several_collections_in_one_folder_are_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for fake in (kermany, shenzhen):
        fake.draw(tmp_path / "in" / fake.__name__, rng)
    with pytest.raises(SeveralCollectionsError, match="each of their folders by itself"):
        _twins(str(tmp_path / "in"), "-o", str(tmp_path / "out"))


def test_nothing_to_compare_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(CollectionError, match="no image"):
        _twins(str(tmp_path / "in"), "-o", str(tmp_path / "out"))
    (tmp_path / "in/film.png").write_bytes(b"\x89PNG\r\n\x1a\n cut off")
    with pytest.raises(CollectionError, match=r"film\.png: no image can be read"):
        _twins(str(tmp_path / "in"), "-o", str(tmp_path / "out"))
    with pytest.raises(CollectionError, match="no such file"):
        _twins(str(tmp_path / "gone"), "-o", str(tmp_path / "out"))


def test_a_leak_is_told_though_one_of_its_folders_is_taken_for_a_known_collection(
    tmp_path: Path,
) -> None:
    films = [draw_chest(np.random.default_rng(n), size=(256, 256)).pixels for n in range(3)]
    names = ("train/00000001_000.png", "test/00000002_000.png", "test/copy.png")
    for name, pixels in zip(names, (films[0], films[1], films[0]), strict=True):
        (tmp_path / "leak" / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(tmp_path / "leak" / name), pixels)
    told = _twins(str(tmp_path / "leak"), "-o", str(tmp_path / "out"), "--workers", "1")
    assert told.splitlines()[0] == "1 of 2 test images are copies of training images."
    assert "3 images compared" in told and "Not compared" not in told
    each = [str(tmp_path / "leak" / split) for split in ("train", "test")]
    apart = _twins(*each, "-o", str(tmp_path / "apart"), "--workers", "1")
    assert apart.splitlines()[0] == told.splitlines()[0]
