"""A folder per class, as Hugging Face reads it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hilum.exchange.export import ExportOptions, Format, export_dataset
from tests.exchange.compiled import compile_outlined, read_table, rows_by_id

_LOAD = """
import datasets, json, numpy, sys
loaded = datasets.load_dataset("imagefolder", data_dir=sys.argv[1], cache_dir=sys.argv[2])
said = {
    name: [{**one, "image": numpy.asarray(one["image"]).tolist()} for one in part]
    for name, part in loaded.items()
}
print(json.dumps(said))
"""


def test_classes_of_both_levels(tmp_path: Path) -> None:
    dataset = compile_outlined(tmp_path)
    for level, classes, unknown in (
        (1, {"covid", "pneumonia"}, {"finding"}),
        (2, {"covid", "pneumonia_viral"}, {"finding", "kind of pneumonia"}),
    ):
        out = tmp_path / str(level)
        options = ExportOptions(level=level)
        exported = export_dataset(dataset, out, Format.IMAGE_FOLDER, options=options)
        assert {path.name for path in (out / "train").iterdir() if path.is_dir()} == classes
        lines = read_table(out / "unknown.csv")
        assert {line["unknown"] for line in lines} == unknown
        assert exported.left_out == len(lines)
        written = read_table(out / "ATTRIBUTION.csv")
        rows = rows_by_id(dataset)
        assert len(written) + len(lines) == len(rows)
        for line in written:
            assert (out / line["file"]).read_bytes() == rows[line["image_id"]][1].image
            assert line["licence"] == "CC-BY-4.0"


def test_hugging_face_loads_it(tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    dataset = compile_outlined(tmp_path)
    export_dataset(dataset, tmp_path / "out", Format.IMAGE_FOLDER)

    # In a process of its own: datasets leaves the tables open that it guesses types from.
    done = subprocess.run(
        [sys.executable, "-c", _LOAD, tmp_path / "out", tmp_path / "cache"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout)
    assert {name: len(part) for name, part in loaded.items()} == {
        "train": 3,
        "validation": 3,
        "test": 3,
    }
    rows = rows_by_id(dataset)
    for one in loaded["train"]:
        _, row = rows[one["image_id"]]
        np.testing.assert_array_equal(one["image"], row.pixels())
        assert one["finding"] == row.finding and one["label"] in ("covid", "pneumonia")
        assert one["age"] == 54 and one["origin"] == "unknown"
