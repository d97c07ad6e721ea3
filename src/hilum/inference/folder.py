"""Predictions → a folder: ``predictions.csv``, ``masks/``, ``overlays/``, ``probabilities/``."""

from __future__ import annotations

import csv
import errno
import io
import os
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import cv2
import numpy as np

from hilum.errors import OutputError
from hilum.imaging.read import Picture
from hilum.inference.conversion import Conversion
from hilum.inference.earlier import LOCK_NAME, Earlier, make_folder, prepare_folder
from hilum.inference.inputs import InputImage
from hilum.inference.large_films import LargeFilms
from hilum.inference.model import Model
from hilum.inference.note import write_note
from hilum.inference.overlay import draw_overlay
from hilum.inference.pictures import (
    cannot_write,
    remove_picture,
    write_mask,
    write_picture,
)
from hilum.inference.postprocess import eight_bit
from hilum.inference.predictor import Prediction, Predictor, Status
from hilum.inference.same_images import hash_of, refuse_other_images
from hilum.inference.table import TABLE_NAME, column_names, table_row
from hilum.output import held
from hilum.radiograph import Structure
from hilum.workers import map_threads

_LONGEST_NAME = 231
"""Bytes. File systems allow 255, and the pictures' endings take up to 24 of them."""

_SIDES = (Structure.RIGHT_LUNG, Structure.LEFT_LUNG)
"""In the table, but no files of their own: both lungs together are."""


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
        conversion: adds its severity scales to the rows.
        earlier: what to do with predictions of an earlier run.

    Raises:
        OutputError: the folder cannot be used so, or is not writable.
    """

    def __init__(
        self,
        folder: Path,
        model: Model,
        *,
        options: PictureOptions,
        earlier: Earlier,
        conversion: Conversion | None = None,
    ) -> None:
        self._folder = folder
        self._model = model
        self._options = options
        description = model.description
        self._columns = column_names(description.findings, description.targets, conversion)
        lungs = (Structure.LUNGS,) if description.targets else ()
        others = (target for target in description.targets if target not in (*_SIDES, *lungs))
        self._masks = (*lungs, *others)
        self.kept = prepare_folder(
            folder, earlier, columns=self._columns, model_sha256=model.sha256
        )
        """Rows of the earlier run that is gone on with."""
        self._table = folder / TABLE_NAME
        try:
            # Unbuffered, so that a row is on disk at once, and whole or not at all.
            self._file: IO[bytes] = self._table.open("ab", buffering=0)
            is_new = self._file.tell() == 0
        except OSError as error:
            raise cannot_write(self._table, error) from None
        if is_new:
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

    def clear(self, image: InputImage) -> None:
        """Remove pictures of ``image`` that a killed run wrote before it could add the row."""
        kinds = {"masks": self._masks, "probabilities": self._model.description.targets}
        names = [f"{place}/{image.stem}.{kind}.png" for place in kinds for kind in kinds[place]]
        for name in (*names, f"overlays/{image.stem}.png"):
            remove_picture(self._folder / name)

    def write_pictures(self, image: InputImage, prediction: Prediction) -> None:
        """Write masks and, as asked for, overlay and probabilities. From any thread."""
        if prediction.status is not Status.OK:
            return
        for name in self._masks:
            mask = prediction.mask(name)
            if mask is not None:
                write_mask(self._folder / "masks" / f"{image.stem}.{name}.png", mask)
        if self._options.overlays:
            path = self._folder / "overlays" / f"{image.stem}.png"
            write_picture(path, draw_overlay(prediction))
        if self._options.probabilities and prediction.mask_probabilities is not None:
            frame = prediction.frame
            assert frame is not None
            size = (frame.shown_width, frame.shown_height)
            targets = self._model.description.targets
            for target, plane in zip(targets, prediction.mask_probabilities, strict=True):
                path = self._folder / "probabilities" / f"{image.stem}.{target}.png"
                enlarged = cv2.resize(eight_bit(plane), size, interpolation=cv2.INTER_LINEAR)
                write_picture(path, frame.place(enlarged.astype(np.uint8, copy=False)))

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
    earlier: Earlier = Earlier.REFUSE,
    conversion: Conversion | None = None,
    on_row: Callable[[dict[str, Any]], None] = lambda row: None,
    on_kept: Callable[[int], None] = lambda count: None,
) -> dict[Status, int]:
    """Predict ``images`` into ``folder``, calling ``on_row`` with each row once it is on disk.

    Returns how many images came to each status, those of an earlier run that is gone on with
    included; how many these are ``on_kept`` is told first. Where it is interrupted, the rows and
    pictures written so far stay.

    Raises:
        OutputError: see :class:`PredictionFolder`; an image lies in ``folder``; or another run
            writes there.
        ModelError: ``conversion`` was fitted for another model.
    """
    _keep_apart(images, folder)
    if conversion is not None:
        conversion.require(predictor.model)
    options = options or PictureOptions()
    counts = dict.fromkeys(Status, 0)
    with (
        held(make_folder(folder), lock=folder / LOCK_NAME),
        PredictionFolder(
            folder, predictor.model, options=options, earlier=earlier, conversion=conversion
        ) as out,
    ):
        counts.update(Counter(Status(row["status"]) for row in out.kept))
        done = {row["path"]: row["image_sha256"] for row in out.kept}
        refuse_other_images(done, images, folder)
        write_note(folder, images=len(images))
        on_kept(len(done))
        large_films = LargeFilms()
        left = [image for image in images if image.relative not in done]

        def work(image: InputImage) -> dict[str, Any]:
            read = _read(predictor, image)
            pixels = 0 if isinstance(read, Prediction) else read.width * read.height
            with large_films.turn(pixels=pixels):
                if isinstance(read, Prediction):
                    prediction = read
                else:
                    prediction = predictor.predict_picture(read, str(image.path))
                if earlier is Earlier.RESUME:
                    out.clear(image)
                out.write_pictures(image, prediction)
                row = table_row(
                    prediction,
                    predictor,
                    path=image.relative,
                    image_sha256=hash_of(image),
                    conversion=conversion,
                )
                del prediction  # its masks would be in memory beside the next film's
            return row

        # Closed at once when interrupted, so that what was not begun is not begun any more.
        with closing(map_threads(work, left, threads=predictor.threads)) as rows:
            for row in rows:
                out.add_row(row)
                counts[Status(row["status"])] += 1
                on_row(row)
    return counts


def _read(predictor: Predictor, image: InputImage) -> Picture | Prediction:
    if image.trouble is not None:
        return Prediction(str(image.path), Status.FAILED, image.trouble)
    name = os.fsencode(image.stem.rpartition("/")[2])
    if len(name) > _LONGEST_NAME:
        reason = "the file name is too long for pictures to be named after it. Rename the file."
        return Prediction(str(image.path), Status.FAILED, reason)
    return predictor.read(image.path)


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
