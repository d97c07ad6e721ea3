"""Predictions → a folder: ``predictions.csv``, ``masks/``, ``overlays/``, ``probabilities/``."""

from __future__ import annotations

import csv
import errno
import io
import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import cv2
import numpy as np

from hilum.errors import OutputError
from hilum.inference.inputs import InputImage
from hilum.inference.model import Model
from hilum.inference.overlay import draw_overlay
from hilum.inference.pictures import cannot_write, remove_pictures, write_mask, write_picture
from hilum.inference.postprocess import eight_bit
from hilum.inference.predictor import Prediction, Predictor, Status
from hilum.inference.table import TABLE_NAME, column_names, is_own_table, table_row
from hilum.workers import map_threads

_LONGEST_NAME = 235
"""Bytes. File systems allow 255, and the pictures' endings take up to 19 of them."""


@dataclass(frozen=True)
class PictureOptions:
    """Which pictures are written beside the masks."""

    overlays: bool = True
    probabilities: bool = False


class PredictionFolder:
    """A folder of predictions that is being written; rows are on disk as soon as added.

    Args:
        folder: made if it is not there.
        model: what the rows and pictures come from.
        options: which pictures are wanted.
        overwrite: remove predictions of an earlier run; nothing else is ever removed.

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
        self._table = folder / TABLE_NAME
        self._columns = column_names(model.description.findings)
        try:
            # Unbuffered, so that a row is on disk at once, and whole or not at all.
            self._file: IO[bytes] = self._table.open("wb", buffering=0)
        except OSError as error:
            raise cannot_write(self._table, error) from None
        self._write_line({name: name for name in self._columns})

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
        masks = {
            "lungs": prediction.lungs,
            "infection": prediction.infection,
            "whole_lungs": prediction.whole_lungs,
        }
        for name, mask in masks.items():
            if mask is not None:
                write_mask(self._folder / "masks" / f"{image.stem}.{name}.png", mask)
        if self._options.overlays:
            path = self._folder / "overlays" / f"{image.stem}.png"
            write_picture(path, draw_overlay(prediction))
        if self._options.probabilities and prediction.mask_probabilities is not None:
            assert prediction.width is not None and prediction.height is not None
            size = (prediction.width, prediction.height)
            targets = self._model.description.targets
            for target, plane in zip(targets, prediction.mask_probabilities, strict=True):
                path = self._folder / "probabilities" / f"{image.stem}.{target}.png"
                enlarged = cv2.resize(eight_bit(plane), size, interpolation=cv2.INTER_LINEAR)
                write_picture(path, enlarged.astype(np.uint8, copy=False))

    def add_row(self, row: dict[str, Any]) -> None:
        """Append an image's row to the table; it is on disk when this returns."""
        self._write_line(row)

    def _write_line(self, row: dict[str, Any]) -> None:
        line = io.StringIO()
        csv.DictWriter(line, self._columns, lineterminator="\n").writerow(row)
        data = line.getvalue().encode()
        try:
            if self._file.write(data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise cannot_write(self._table, error) from None


def predict_to_folder(
    predictor: Predictor,
    images: Sequence[InputImage],
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
        OutputError: see :class:`PredictionFolder`; or an image lies in ``folder``.
    """
    _keep_apart(images, folder)
    options = options or PictureOptions()
    counts = dict.fromkeys(Status, 0)
    with PredictionFolder(folder, predictor.model, options=options, overwrite=overwrite) as out:

        def work(image: InputImage) -> dict[str, Any]:
            prediction = _predict(predictor, image)
            out.write_pictures(image, prediction)
            return table_row(  # and not the prediction, whose masks would wait in memory
                prediction,
                path=image.relative,
                findings=predictor.model.description.findings,
                model_sha256=predictor.model.sha256,
            )

        # Closed at once when interrupted, so that what was not begun is not begun any more.
        with closing(map_threads(work, images, threads=predictor.threads)) as rows:
            for row in rows:
                out.add_row(row)
                counts[Status(row["status"])] += 1
                on_row(row)
    return counts


def _predict(predictor: Predictor, image: InputImage) -> Prediction:
    if image.trouble is not None:
        return Prediction(str(image.path), Status.FAILED, image.trouble)
    name = os.fsencode(image.stem.rpartition("/")[2])
    if len(name) > _LONGEST_NAME:
        reason = "the file name is too long for pictures to be named after it. Rename the file."
        return Prediction(str(image.path), Status.FAILED, reason)
    return predictor(image.path)


def _keep_apart(images: Sequence[InputImage], folder: Path) -> None:
    """Refuse to write where the inputs lie: results among them would be taken for inputs."""
    output = Path(os.path.realpath(folder))
    for image in images:
        for path in (os.path.realpath(image.path), os.path.realpath(image.path.parent)):
            if output == Path(path) or output in Path(path).parents:
                raise OutputError(
                    "an image to predict lies in the output folder",
                    path=folder,
                    got=str(image.path),
                    remedy="name an output folder that holds no inputs",
                )


def _prepare_folder(folder: Path, *, overwrite: bool) -> None:
    table = folder / TABLE_NAME
    try:
        if os.path.lexists(folder) and not folder.is_dir():
            raise OutputError(
                "the output is a file", path=folder, remedy="name a folder to be made"
            )
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            if not overwrite:
                raise OutputError(
                    "the output folder is not empty",
                    path=folder,
                    remedy="name a new folder, or say --overwrite to replace predictions in it",
                )
            _refuse_foreign_table(table)
            table.unlink(missing_ok=True)
            remove_pictures(folder)
        table.touch()
    except OSError as error:
        raise cannot_write(folder, error) from None


def _refuse_foreign_table(table: Path) -> None:
    if not os.path.lexists(table) or is_own_table(table):
        return
    raise OutputError(
        "this was not written by 'hilum predict' and is not replaced",
        path=table,
        remedy="name another output folder",
    )
