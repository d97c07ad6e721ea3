"""``hilum.lock.json``: from which bytes, with which versions and options a dataset was made."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import hilum
from hilum.collections.collection import Reading
from hilum.dataset.split import SplitOptions
from hilum.dataset.write import PlacedRow, Shard, label_values

_PACKAGES = ("numpy", "opencv-python-headless", "pillow", "pyarrow", "pydicom")
"""The packages whose version can change a byte of the output."""


def write_lock(
    rows: Sequence[PlacedRow],
    shards: Sequence[Shard],
    readings: Sequence[Reading],
    options: SplitOptions,
    path: Path,
) -> dict[str, Any]:
    """Write the lock to ``path`` and return it. It holds no dates, so that a repeat is equal."""
    lock = {
        "format": 1,
        "hilum": hilum.__version__,
        "packages": {name: version(name) for name in _PACKAGES},
        "options": dataclasses.asdict(options),
        "content_sha256": content_hash(rows),
        "shards": {shard.path.name: shard.sha256 for shard in shards},
        "inputs": {
            reading.collection: {"images": len(reading.radiographs)} for reading in readings
        },
        "files": {
            source: row.row.prepared.image_id
            for row in sorted(rows, key=lambda row: row.row.sources)
            for source in row.row.sources
        },
    }
    path.write_text(json.dumps(lock, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return lock


def content_hash(rows: Sequence[PlacedRow]) -> str:
    """SHA-256 over every row's image, masks, labels and split; the order of rows is no part."""
    digests = []
    for placed in rows:
        values = {**label_values(placed), "split": placed.split}
        masks = {
            structure: hashlib.sha256(mask).hexdigest()
            for structure, mask in placed.row.prepared.masks.items()
        }
        text = json.dumps([values, masks], sort_keys=True)
        digests.append(hashlib.sha256(text.encode()).hexdigest())
    return hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()
