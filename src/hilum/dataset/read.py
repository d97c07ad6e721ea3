"""A dataset folder → its rows, streamed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hilum.dataset.lock import read_lock
from hilum.dataset.schema import LABEL_COLUMNS, dataset_schema
from hilum.dataset.variant import variant_of
from hilum.errors import DatasetError
from hilum.imaging.masks import BinaryMask, decode_mask
from hilum.imaging.read import decode_picture, to_uint8
from hilum.imaging.vary import PLAIN, FilmVariant
from hilum.radiograph import Finding, Split, Structure


@dataclass(frozen=True)
class Row:
    """One radiograph of a dataset. Pictures are decoded when asked for."""

    image: bytes
    masks: dict[Structure, bytes]
    """1-bit PNG of each structure that was asked for and is known."""
    labels: dict[str, Any]
    """Every other column by name; None is unknown."""
    variant: FilmVariant = PLAIN
    """What was done to the image."""

    @property
    def image_id(self) -> str:
        """SHA-256 of the source file."""
        return str(self.labels["image_id"])

    @property
    def finding(self) -> Finding | None:
        """The finding, None where unknown."""
        value = self.labels["finding"]
        return None if value is None else Finding(value)

    def pixels(self) -> NDArray[np.uint8]:
        """The image as H×W uint8 grey."""
        return to_uint8(decode_picture(self.image, path=self.image_id).pixels)

    def mask(self, structure: Structure) -> BinaryMask | None:
        """The H×W bool mask of ``structure``, None where unknown."""
        data = self.masks.get(structure)
        return None if data is None else decode_mask(data, path=f"{self.image_id}.{structure}")


@dataclass(frozen=True)
class Dataset:
    """A compiled dataset on disk; see :func:`open_dataset`."""

    folder: Path
    content_sha256: str
    """The hash of all rows, from the lock."""
    variant: FilmVariant = PLAIN
    """What was done to every film, from the lock."""
    fold: int | None = None
    """The one held out by :func:`hilum.dataset.held_out.hold_out`; None: none is. Test is then its
    rows, of train and validation alike, and those two are without it."""

    def shards(self, split: Split) -> list[Path]:
        """The Parquet files of ``split``, in order; none where the split is empty."""
        return sorted((self.folder / "data").glob(f"{split}-*.parquet"))

    def count(self, split: Split) -> int:
        """How many radiographs ``split`` has.

        Raises:
            DatasetError: a file is damaged.
        """
        count = 0
        for path in self._files(split):
            with _reading(path):
                if self.fold is None:
                    count += pq.read_metadata(path).num_rows
                else:
                    folds = pq.read_table(path, columns=["fold"]).column("fold")
                    count += sum(self._is_in(split, fold) for fold in folds.to_pylist())
        return count

    def rows(self, split: Split, *, structures: Sequence[Structure] = ()) -> Iterator[Row]:
        """Stream the rows of ``split`` with the masks of ``structures``, in stored order.

        Raises:
            DatasetError: a file is damaged.
        """
        columns = ["image", *structures, *LABEL_COLUMNS]
        for values in self._stream(split, columns):
            yield self._row(values, structures)

    def labels(self, split: Split) -> list[dict[str, Any]]:
        """The label columns of every row of ``split``, without any pictures.

        Raises:
            DatasetError: a file is damaged.
        """
        labels: list[dict[str, Any]] = []
        for path in self._files(split):
            with _reading(path):
                table = pq.read_table(
                    path, columns=list(LABEL_COLUMNS), page_checksum_verification=True
                )
                labels += [row for row in table.to_pylist() if self._is_in(split, row["fold"])]
        return labels

    def labels_and_masks(
        self, split: Split, structures: Sequence[Structure]
    ) -> Iterator[tuple[dict[str, Any], dict[Structure, bytes]]]:
        """Stream label columns and known masks (1-bit PNG) of ``split``, without the images.

        Raises:
            DatasetError: a file is damaged.
        """
        for values in self._stream(split, [*structures, *LABEL_COLUMNS]):
            row = self._row({**values, "image": {"bytes": b""}}, structures)
            yield row.labels, row.masks

    def _files(self, split: Split) -> list[Path]:
        """Where rows of ``split`` may lie."""
        if self.fold is None or split is not Split.TEST:
            return self.shards(split)
        return [*self.shards(Split.TRAIN), *self.shards(Split.VALIDATION)]

    def _is_in(self, split: Split, fold: int | None) -> bool:
        """Whether a row of those files is in ``split``."""
        return self.fold is None or (fold == self.fold) == (split is Split.TEST)

    def _stream(self, split: Split, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        for path in self._files(split):
            with (
                _reading(path),
                pq.ParquetFile(path, page_checksum_verification=True) as file,
            ):
                for batch in file.iter_batches(batch_size=64, columns=columns):
                    for values in batch.to_pylist():
                        if self._is_in(split, values["fold"]):
                            yield values

    def _row(self, values: dict[str, Any], structures: Sequence[Structure]) -> Row:
        masks = {s: cast(bytes, values[s]["bytes"]) for s in structures if values[s] is not None}
        labels = {name: values[name] for name in LABEL_COLUMNS}
        return Row(values["image"]["bytes"], masks, labels, self.variant)


def open_dataset(folder: Path) -> Dataset:
    """The dataset that ``hilum compile`` wrote to ``folder``.

    Raises:
        DatasetError: there is none, files of it are missing or damaged, or it has another
            layout than this version reads.
    """
    lock = read_lock(folder)
    variant = variant_of(lock.get("variant"), path=folder / "hilum.lock.json")
    dataset = Dataset(folder, lock["content_sha256"], variant)
    shards = {path.name: path for split in Split for path in dataset.shards(split)}
    if shards.keys() != lock["shards"].keys():
        missing, foreign = lock["shards"].keys() - shards, shards - lock["shards"].keys()
        raise DatasetError(
            "the files are not those the dataset was written with",
            path=folder / "data",
            got="; ".join(
                f"{what} {', '.join(sorted(names))}"
                for what, names in (("missing", missing), ("foreign", foreign))
                if names
            ),
            remedy="copy the whole folder again, or compile it again",
        )
    for name, path in shards.items():
        with _reading(path):
            absent = set(dataset_schema().names) - set(pq.read_schema(path).names)
        if absent:
            raise DatasetError(
                "columns are missing",
                path=path,
                got=f"no {', '.join(sorted(absent))}",
                remedy="compile the dataset again with this version of hilum",
            )
        _require_content(path, lock["shards"][name])
    return dataset


def _require_content(path: Path, sha256: str) -> None:
    """Whatever is measured on a dataset carries the hash in its lock, which has to be true."""
    with _reading(path), path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise DatasetError(
            "the file is not the one the dataset was written with",
            path=path,
            got=f"SHA-256 {found[:16]}…",
            expected=f"{sha256[:16]}…, as hilum.lock.json has it",
            remedy="copy the whole folder again, or compile it again",
        )


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Whatever goes wrong inside is said of the file ``path``."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise DatasetError(
            "the file cannot be read as part of a dataset",
            path=path,
            got=str(error).splitlines()[0] if str(error) else type(error).__name__,
            remedy="copy or compile the dataset again",
        ) from None
