"""Annotations that name an image outside the given folder: told, and never read."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hilum.collections.registry import read_folder
from tests.collections.test_v7 import _read_exports
from tests.fakes import cvat_export as cvat
from tests.fakes import label_studio_export as ls
from tests.fakes import v7
from tests.fakes.fake import SIZE, write_chest


def coco(folder: Path, outside: str) -> None:
    images = [
        {"id": number, "file_name": name, "width": SIZE[1], "height": SIZE[0]}
        for number, name in enumerate((outside, "inside.png"))
    ]
    outline = {"category_id": 1, "segmentation": [[2, 2, 20, 2, 20, 20]]}
    values = {
        "images": images,
        "categories": [{"id": 1, "name": "Infection"}],
        "annotations": [{"id": n, "image_id": n, **outline} for n in (0, 1)],
    }
    (folder / "a.json").write_text(json.dumps(values))


def cvat_xml(folder: Path, outside: str) -> None:
    images = (cvat.image(name, SIZE) for name in (outside, "inside.png"))
    (folder / "a.xml").write_text(cvat.document(*images))


def label_studio(folder: Path, outside: str) -> None:
    tasks = [ls.task(name, [ls.choice("covid")]) for name in (outside, "inside.png")]
    (folder / "a.json").write_text(json.dumps(tasks))


TOOLS = {"coco": coco, "cvat": cvat_xml, "label-studio": label_studio}


@pytest.mark.parametrize("place", ["absolute", "relative", "url"])
@pytest.mark.parametrize("tool", TOOLS)
def test_exports(tool: str, place: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    write_chest(secret, np.random.default_rng(1))
    folder = tmp_path / "export"
    write_chest(folder / "inside.png", np.random.default_rng(0))
    outside = {"absolute": str(secret), "relative": "../secret.png", "url": secret.as_uri()}[place]
    write: Callable[[Path, str], None] = TOOLS[tool]
    write(folder, outside)
    reading = read_folder(folder)
    assert reading.collection == tool
    assert {radiograph.path for radiograph in reading.radiographs} <= {folder / "inside.png"}
    assert any("secret.png" in p.source_path + p.detail for p in reading.problems)
    if not reading.radiographs:  # CVAT's says nothing of it here
        return
    out = tmp_path / "out"
    code = "from hilum.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, "compile", str(folder), "-o", str(out)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    if done.returncode == 0:
        lock = json.loads((out / "hilum.lock.json").read_text())
        assert list(lock["inputs"][0]["files"]) == sorted(p.name for p in folder.iterdir())
        with (out / "issues.csv").open(newline="", encoding="utf-8") as file:
            told = [row["source_path"] + row["detail"] for row in csv.DictReader(file)]
        assert any("secret.png" in text for text in told)


@pytest.mark.parametrize("name", ["../secret.png", "/secret.png", "C:\\secret.png"])
def test_darwin(name: str, tmp_path: Path) -> None:
    files = v7.darwin(v7.coco(np.random.default_rng(0)))
    write_chest(tmp_path / "secret.png", np.random.default_rng(1))
    files["1000.json"] = {"image": {"original_filename": name, "width": 9, "height": 9}}
    reading = _read_exports(tmp_path / "v7", None, files)
    assert all(tmp_path / "v7" in one.path.parents for one in reading.radiographs)
    assert any(p.detail.startswith("1000.json: ") for p in reading.problems)
