"""Rows → ``data/{train,validation,test}-*.parquet``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hilum.dataset.merge import MergedRow
from hilum.dataset.prepare import stored_image
from hilum.dataset.schema import LABEL_COLUMNS, SEVERITY_COLUMNS, dataset_schema
from hilum.radiograph import STORED_STRUCTURES, Split

_SHARD_BYTES = 256 * 2**20
_ROW_GROUP_ROWS = 100
"""Small groups: a viewer or a shuffling reader fetches little at a time (Hugging Face's own)."""


@dataclass(frozen=True)
class PlacedRow:
    """A row with its group and the split it goes to."""

    row: MergedRow
    group_id: str
    split: Split


@dataclass(frozen=True)
class Shard:
    """One file that was written."""

    path: Path
    split: Split
    rows: int
    sha256: str


def write_shards(
    rows: Sequence[PlacedRow], folder: Path, *, advance: Callable[[], None] = lambda: None
) -> list[Shard]:
    """Write ``rows`` below ``folder``/data, one row at a time, and call ``advance`` for each.

    Raises:
        ImageError: a source file changed or vanished meanwhile.
    """
    data = folder / "data"
    data.mkdir(parents=True)
    shards: list[Shard] = []
    for split in Split:
        parts = _cut(sorted((r for r in rows if r.split is split), key=_order))
        for number, part in enumerate(parts):
            path = data / f"{split}-{number:05}-of-{len(parts):05}.parquet"
            _write_shard(part, path, advance)
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            shards.append(Shard(path, split, len(part), digest))
    return shards


def label_values(placed: PlacedRow) -> dict[str, Any]:
    """Everything of a row but its pictures, by column name."""
    prepared = placed.row.prepared
    radiograph = prepared.radiograph
    own = {
        "image_id": prepared.image_id,
        "group_id": placed.group_id,
        "licence": radiograph.licence.name,
        "fold": None,
        "width": prepared.width,
        "height": prepared.height,
        **dict.fromkeys(SEVERITY_COLUMNS.values()),
        **{SEVERITY_COLUMNS[score.scale]: score.value for score in radiograph.severity},
    }
    return {name: own[name] if name in own else getattr(radiograph, name) for name in LABEL_COLUMNS}


def _order(placed: PlacedRow) -> tuple[str, str]:
    radiograph = placed.row.prepared.radiograph
    return radiograph.collection, radiograph.source_path


def _cut(rows: list[PlacedRow]) -> list[list[PlacedRow]]:
    """``rows`` in consecutive parts of about a shard's size each."""
    parts: list[list[PlacedRow]] = []
    filled = _SHARD_BYTES
    for placed in rows:
        if filled >= _SHARD_BYTES:
            parts.append([])
            filled = 0
        parts[-1].append(placed)
        filled += placed.row.prepared.stored_size
    return parts


def _write_shard(rows: list[PlacedRow], path: Path, advance: Callable[[], None]) -> None:
    schema = dataset_schema()
    # Pictures are compressed already, and dictionaries of them would only cost memory.
    with pq.ParquetWriter(
        path, schema, compression="zstd", use_dictionary=list(LABEL_COLUMNS)
    ) as writer:
        for batch in _batches(rows):
            values = []
            for placed in batch:
                values.append(_row_values(placed))
                advance()
            writer.write_table(pa.Table.from_pylist(values, schema))


def _batches(rows: list[PlacedRow]) -> Iterator[list[PlacedRow]]:
    for start in range(0, len(rows), _ROW_GROUP_ROWS):
        yield rows[start : start + _ROW_GROUP_ROWS]


def _row_values(placed: PlacedRow) -> dict[str, Any]:
    prepared = placed.row.prepared
    data, name = stored_image(prepared)
    pictures: dict[str, Any] = {"image": {"bytes": data, "path": name}}
    for structure in STORED_STRUCTURES:
        mask = prepared.masks.get(structure)
        pictures[structure] = mask and {
            "bytes": mask,
            "path": f"{prepared.image_id}.{structure}.png",
        }
    return {**pictures, **label_values(placed)}
