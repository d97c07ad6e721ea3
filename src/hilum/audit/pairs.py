"""The twins among the radiographs of a dataset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hilum.audit.contrast import Label
from hilum.dataset.read import Dataset
from hilum.errors import ImageError
from hilum.imaging.read import decode_picture, to_uint8
from hilum.radiograph import Split
from hilum.twins.find import TwinPair, find_twins
from hilum.twins.fingerprint import Fingerprint, fingerprint
from hilum.twins.register import Content, content_of
from hilum.workers import Progress, Workers, no_progress

_KEPT = 2_000
"""Films of which the content is kept, at most 144 KiB each; twins after them are read again."""


@dataclass(frozen=True)
class _Place:
    """Where a picture lies in a dataset."""

    path: Path
    group: int
    """The row group of the file."""
    row: int

    def picture(self) -> bytes:
        """Its bytes as stored."""
        with pq.ParquetFile(self.path) as file:
            column = file.read_row_group(self.group, columns=["image"]).column("image")
        return bytes(column[self.row].as_py()["bytes"])


def find_pairs(
    dataset: Dataset,
    labels: Sequence[Label],
    *,
    workers: int = 1,
    progress: Progress = no_progress,
) -> list[TwinPair]:
    """All twins among the films of ``labels``, rows of ``dataset`` in stored order, by number.

    A film that cannot be decoded has no twin.

    Raises:
        DatasetError: a file is damaged.
    """
    wanted = {label["image_id"]: number for number, label in enumerate(labels)}
    advance = progress("reading", len(labels))
    numbers: list[int] = []
    prints: list[Fingerprint] = []
    sources: list[_Place | Content] = []
    for split in Split:
        rows = zip(dataset.rows(split), _places(dataset.shards(split)), strict=True)
        for row, place in rows:
            number = wanted.get(row.image_id)
            if number is None:
                continue
            advance()
            try:
                grey = row.pixels()
            except ImageError:
                continue
            numbers.append(number)
            prints.append(fingerprint(grey))
            is_kept = len(prints) <= _KEPT
            sources.append(content_of(grey, prints[-1]) if is_kept else place)
    with Workers(workers) as pool:
        found = find_twins(prints, load=_load, sources=sources, workers=pool, progress=progress)
    return [replace(pair, a=numbers[pair.a], b=numbers[pair.b]) for pair in found]


def _places(shards: Sequence[Path]) -> Iterator[_Place]:
    for path in shards:
        metadata = pq.read_metadata(path)
        for group in range(metadata.num_row_groups):
            for row in range(metadata.row_group(group).num_rows):
                yield _Place(path, group, row)


def _load(source: _Place | Content) -> NDArray[np.uint8] | Content:
    if isinstance(source, Content):
        return source
    return to_uint8(decode_picture(source.picture(), path=str(source.path)).pixels)
