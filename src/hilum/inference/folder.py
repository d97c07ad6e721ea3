"""Predictions → a folder: ``predictions.csv``, ``masks/``, ``overlays/``, ``probabilities/``."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.errors import OutputError
from hilum.imaging.masks import BinaryMask
from hilum.inference.inputs import InputImage
from hilum.inference.model import Model
from hilum.inference.overlay import draw_overlay
from hilum.inference.postprocess import eight_bit
from hilum.inference.predictor import Prediction, Predictor, Status
from hilum.inference.table import column_names, table_row
from hilum.workers import map_threads

TABLE_NAME = "predictions.csv"
_PICTURE_FOLDERS = ("masks", "overlays", "probabilities")

# Fast, and masks hardly grow: runs of one value are what this strategy is made for.
_MASK_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
_GREY_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 3]


@dataclass(frozen=True)
class PictureOptions:
    """Which pictures are written beside the masks."""

    overlays: bool = True
    probabilities: bool = False


class PredictionFolder:
    """A folder of predictions that is being written; rows are on disk as soon as added.

    Args:
        folder: made if it is not there.
        overwrite: replace predictions that lie in it.

    Raises:
        OutputError: the folder is not empty and may not be overwritten, or not writable.
    """

    def __init__(
        self, folder: Path, model: Model, *, options: PictureOptions, overwrite: bool
    ) -> None:
        self._folder = folder
        self._model = model
        self._options = options
        _prepare_folder(folder, overwrite=overwrite)
        self._file: IO[str] = (folder / TABLE_NAME).open("w", newline="", encoding="utf-8")
        columns = column_names(model.description.findings)
        self._writer = csv.DictWriter(self._file, columns, lineterminator="\n")
        self._writer.writeheader()
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def write_pictures(self, image: InputImage, prediction: Prediction) -> None:
        """Write masks and, as asked for, overlay and probabilities. From any thread."""
        if prediction.status is not Status.OK:
            return
        for name, mask in (("lungs", prediction.lungs), ("infection", prediction.infection)):
            if mask is not None:
                self._write_png("masks", f"{image.stem}.{name}.png", _as_grey(mask), _MASK_PNG)
        if self._options.overlays:
            self._write_png("overlays", f"{image.stem}.png", draw_overlay(prediction), _GREY_PNG)
        if self._options.probabilities and prediction.mask_probabilities is not None:
            assert prediction.width is not None and prediction.height is not None
            size = (prediction.width, prediction.height)
            targets = self._model.description.targets
            for target, plane in zip(targets, prediction.mask_probabilities, strict=True):
                name = f"{image.stem}.{target}.png"
                enlarged = cv2.resize(eight_bit(plane), size, interpolation=cv2.INTER_LINEAR)
                self._write_png("probabilities", name, enlarged.astype(np.uint8), _GREY_PNG)

    def add_row(self, row: dict[str, Any]) -> None:
        """Append an image's row to the table; it is on disk when this returns."""
        try:
            self._writer.writerow(row)
            self._file.flush()
        except OSError as error:
            raise _cannot_write(self._folder / TABLE_NAME, error) from None

    def _write_png(
        self, kind: str, name: str, pixels: NDArray[np.uint8], settings: list[int]
    ) -> None:
        path = self._folder / kind / name
        ok, data = cv2.imencode(".png", pixels, settings)
        if not ok:
            raise OutputError("the picture cannot be encoded as PNG", path=path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.tobytes())
        except OSError as error:
            raise _cannot_write(path, error) from None


def predict_to_folder(
    predictor: Predictor,
    images: tuple[InputImage, ...],
    folder: Path,
    *,
    options: PictureOptions | None = None,
    overwrite: bool = False,
    on_row: Callable[[dict[str, Any]], None] = lambda row: None,
) -> dict[Status, int]:
    """Predict ``images`` into ``folder``, calling ``on_row`` with each row once it is on disk.

    Returns how many images came to each status. Where it is interrupted, the rows and
    pictures written so far stay.

    Raises:
        OutputError: see :class:`PredictionFolder`.
    """
    options = options or PictureOptions()
    counts = dict.fromkeys(Status, 0)
    with PredictionFolder(folder, predictor.model, options=options, overwrite=overwrite) as out:

        def work(image: InputImage) -> dict[str, Any]:
            prediction = predictor(image.path)
            out.write_pictures(image, prediction)
            return table_row(  # and not the prediction, whose masks would wait in memory
                prediction,
                path=image.relative,
                findings=predictor.model.description.findings,
                model_sha256=predictor.model.sha256,
            )

        for row in map_threads(work, images, threads=predictor.threads):
            out.add_row(row)
            counts[Status(row["status"])] += 1
            on_row(row)
    return counts


def _prepare_folder(folder: Path, *, overwrite: bool) -> None:
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            if not overwrite or not folder.is_dir():
                raise OutputError(
                    "the output folder is not empty" if folder.is_dir() else "this is a file",
                    path=folder,
                    remedy="name a new folder, or say --overwrite to replace predictions in it",
                )
            (folder / TABLE_NAME).unlink(missing_ok=True)
            for name in _PICTURE_FOLDERS:
                if (folder / name).is_dir():
                    shutil.rmtree(folder / name)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / TABLE_NAME).touch()
    except OSError as error:
        raise _cannot_write(folder, error) from None


def _cannot_write(path: Path, error: OSError) -> OutputError:
    return OutputError(
        "cannot be written",
        path=path,
        got=error.strerror or type(error).__name__,
        remedy="check the permissions and the space left, or choose another folder",
    )


def _as_grey(mask: BinaryMask) -> NDArray[np.uint8]:
    return mask.view(np.uint8) * np.uint8(255)
