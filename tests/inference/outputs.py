"""Inputs written and predictions read back, as another tool would."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.inference.earlier import Earlier
from hilum.inference.folder import PictureOptions, predict_to_folder
from hilum.inference.inputs import find_inputs
from hilum.inference.predictor import Predictor

Rows = dict[str, dict[str, str]]


def write_png(path: Path, pixels: NDArray[np.generic]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    return path


def read_rows(folder: Path) -> Rows:
    with (folder / "predictions.csv").open(newline="", encoding="utf-8") as file:
        return {row["path"]: row for row in csv.DictReader(file)}


def predict(
    predictor: Predictor,
    paths: Sequence[Path],
    output: Path,
    *,
    options: PictureOptions | None = None,
    earlier: Earlier = Earlier.REFUSE,
) -> Rows:
    images = find_inputs(paths, leave_out=output).images
    predict_to_folder(predictor, images, output, options=options, earlier=earlier)
    return read_rows(output)


def read_mask(path: Path) -> NDArray[np.bool_]:
    """A mask as written, checked to be 8-bit grey of 0 and 255."""
    data = path.read_bytes()
    assert (data[24], data[25]) == (8, 0), "bit depth and colour type of the PNG header"
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert pixels is not None and pixels.dtype == np.uint8 and pixels.ndim == 2
    assert set(np.unique(pixels)) <= {0, 255}
    return np.asarray(pixels == 255)


def files_below(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir()}
