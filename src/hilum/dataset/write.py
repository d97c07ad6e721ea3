"""Rows → ``data/{train,validation,test}-*.parquet``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hilum.dataset.merge import MergedRow
from hilum.dataset.prepare import stored_image
from hilum.dataset.schema import LABEL_COLUMNS, SEVERITY_COLUMNS, dataset_schema
from hilum.dataset.variant import enhancement_facts
from hilum.radiograph import STORED_STRUCTURES, Split
from hilum.workers import HERE, Workers

_SHARD_BYTES = 256 * 2**20
_ROW_GROUP_ROWS, _ROW_GROUP_BYTES = 100, 32 * 2**20
"""Small groups: a viewer or a shuffling reader fetches little at a time (Hugging Face's own),
and this is what is held in memory at once."""

NOTE_ENDING = ".complete"


@dataclass(frozen=True)
class PlacedRow:
    """A row with its group and the split it goes to."""

    row: MergedRow
    group_id: str
    split: Split
    fold: int | None = None


@dataclass(frozen=True)
class Shard:
    """One file that was written."""

    path: Path
    split: Split
    rows: int
    sha256: str


def write_shards(
    rows: Sequence[PlacedRow],
    folder: Path,
    *,
    workers: Workers = HERE,
    advance: Callable[[], None] = lambda: None,
) -> list[Shard]:
    """Write ``rows`` below ``folder``/data, a shard at a time, and call ``advance`` for each row.

    A shard that lies there complete, with the same rows, is kept: beside each is a note, of its
    name and :data:`NOTE_ENDING`, with hashes of its rows and of its bytes.

    Raises:
        ImageError: a source file changed or vanished meanwhile.
    """
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    wanted: list[tuple[Path, list[PlacedRow]]] = []
    for split in Split:
        mine = sorted((row for row in rows if row.split is split), key=_order)
        parts = _cut(mine, max_bytes=_SHARD_BYTES)
        for number, part in enumerate(parts):
            name = f"{split}-{number:05}-of-{len(parts):05}.parquet"
            wanted.append((data / name, part))
    shards: list[Shard] = []
    for (path, part), digest in zip(wanted, workers.map_ordered(_shard, wanted), strict=True):
        shards.append(Shard(path, part[0].split, len(part), digest))
        for _ in part:
            advance()
    _remove_others(data, shards)
    return shards


def _shard(wanted: tuple[Path, list[PlacedRow]]) -> str:
    """The hash of a shard that lies there complete, or now is written."""
    path, part = wanted
    digest = _finished(part, path)
    if digest is None:
        _write_shard(part, path)
        digest = _note(part, path)
    return digest


def _remove_others(data: Path, shards: Sequence[Shard]) -> None:
    """Remove the shards that an earlier run with other rows left in ``data``."""
    mine = {shard.path.name for shard in shards}
    mine |= {name + NOTE_ENDING for name in mine}
    for path in data.iterdir():
        if path.name not in mine:
            path.unlink()


def _finished(part: Sequence[PlacedRow], path: Path) -> str | None:
    """The hash of the shard at ``path`` if an earlier run completed it with just these rows."""
    try:
        rows, noted = path.with_name(path.name + NOTE_ENDING).read_text(encoding="ascii").split()
        found = _file_hash(path)
    except (OSError, ValueError):
        return None
    return found if (rows, noted) == (_rows_hash(part), found) else None


def _note(part: Sequence[PlacedRow], path: Path) -> str:
    digest = _file_hash(path)
    text = f"{_rows_hash(part)} {digest}\n"
    path.with_name(path.name + NOTE_ENDING).write_text(text, encoding="ascii")
    return digest


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rows_hash(part: Sequence[PlacedRow]) -> str:
    return hashlib.sha256("\n".join(map(row_hash, part)).encode()).hexdigest()


def row_hash(placed: PlacedRow) -> str:
    """SHA-256 over a row's image, what was done to it, decoded masks, labels and split."""
    values = {**label_values(placed), "split": placed.split}
    prepared = placed.row.prepared
    masks = {structure: mask.pixels_sha256 for structure, mask in prepared.masks.items()}
    cut = prepared.cut and prepared.cut.lungs.pixels_sha256
    changes = [enhancement_facts(prepared.enhancement), cut]
    text = json.dumps([values, masks, *(changes if any(changes) else [])], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def label_values(placed: PlacedRow) -> dict[str, Any]:
    """Everything of a row but its pictures, by column name."""
    prepared = placed.row.prepared
    radiograph, cut = prepared.radiograph, prepared.cut
    own = {
        "image_id": prepared.image_id,
        "group_id": placed.group_id,
        "licence": radiograph.licence.name,
        "fold": placed.fold,
        "width": prepared.width,
        "height": prepared.height,
        "crop_left": cut and cut.left,
        "crop_top": cut and cut.top,
        "source_width": cut and cut.source_width,
        "source_height": cut and cut.source_height,
        **dict.fromkeys(SEVERITY_COLUMNS.values()),
        **{SEVERITY_COLUMNS[score.scale]: score.value for score in radiograph.severity},
    }
    return {name: own[name] if name in own else getattr(radiograph, name) for name in LABEL_COLUMNS}


def _order(placed: PlacedRow) -> tuple[str, str]:
    radiograph = placed.row.prepared.radiograph
    return radiograph.collection, radiograph.source_path


def _cut(
    rows: list[PlacedRow], *, max_bytes: int, max_rows: int | None = None
) -> list[list[PlacedRow]]:
    """``rows`` in consecutive parts, each ended by the row that fills it."""
    parts: list[list[PlacedRow]] = []
    filled = max_bytes
    for placed in rows:
        if filled >= max_bytes or len(parts[-1]) == max_rows:
            parts.append([])
            filled = 0
        parts[-1].append(placed)
        filled += placed.row.prepared.stored_size
    return parts


def _write_shard(rows: list[PlacedRow], path: Path) -> None:
    schema = dataset_schema()
    with pq.ParquetWriter(
        path,
        schema,
        # Pictures are compressed as they are; dictionaries and extremes of them would only cost
        # memory.
        compression=dict.fromkeys(LABEL_COLUMNS, "zstd"),
        use_dictionary=list(LABEL_COLUMNS),
        write_statistics=list(LABEL_COLUMNS),
        write_page_checksum=True,
    ) as writer:
        for batch in _cut(rows, max_bytes=_ROW_GROUP_BYTES, max_rows=_ROW_GROUP_ROWS):
            writer.write_table(pa.Table.from_pylist([_row_values(row) for row in batch], schema))


def _row_values(placed: PlacedRow) -> dict[str, Any]:
    prepared = placed.row.prepared
    data, name = stored_image(prepared)
    pictures: dict[str, Any] = {"image": {"bytes": data, "path": name}}
    for structure in STORED_STRUCTURES:
        mask = prepared.masks.get(structure)
        pictures[structure] = mask and {
            "bytes": mask.png,
            "path": f"{prepared.image_id}.{structure}.png",
        }
    return {**pictures, **label_values(placed)}
