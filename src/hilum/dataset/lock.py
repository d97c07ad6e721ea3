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
from hilum.dataset.balance import BalanceOptions
from hilum.dataset.select import SelectionOptions
from hilum.dataset.split import SplitOptions
from hilum.dataset.variant import Variant
from hilum.dataset.write import PlacedRow, Shard, row_hash
from hilum.errors import ImageError
from hilum.imaging.read import read_file
from hilum.radiograph import MaskFile

LOCK_FORMAT = 1
"""Of the whole folder; raised when an older reader would misread it."""

PACKAGES = ("numpy", "opencv-python-headless", "pillow", "pyarrow", "pydicom", "python-gdcm")
"""The packages whose version can change a byte of the output."""


def write_lock(
    rows: Sequence[PlacedRow],
    shards: Sequence[Shard],
    readings: Sequence[Reading],
    options: SplitOptions,
    path: Path,
    *,
    patient_key: str | None,
    variant: Variant,
    selection: SelectionOptions,
    balance: BalanceOptions,
) -> dict[str, Any]:
    """Write the lock to ``path`` and return it. It holds no dates, so that a repeat is equal.

    ``files`` maps the SHA-256 of each source image to the places it was found at. Of each input's
    mask files there is one hash over all; its tables count by the labels they lead to, of which
    ``content_sha256`` is made. An input that was a zip archive has its file name. ``patient_key``
    is the fingerprint of what patients named in DICOM files were hashed with; None where there were
    none. ``variant`` is what was done to every film.
    """
    lock = {
        "format": LOCK_FORMAT,
        "hilum": hilum.__version__,
        "packages": {name: version(name) for name in PACKAGES},
        "options": {
            "split": dataclasses.asdict(options),
            "selection": dataclasses.asdict(selection),
            "balance": dataclasses.asdict(balance),
        },
        "patient_key": patient_key,
        "variant": variant.facts(),
        "content_sha256": content_hash(rows),
        "shards": {shard.path.name: shard.sha256 for shard in shards},
        "inputs": [
            {
                "collection": reading.collection,
                **({} if reading.archive is None else {"archive": reading.archive.name}),
                "images": len(reading.radiographs),
                "masks_sha256": _masks_hash(reading),
            }
            for reading in readings
        ],
        "files": {
            row.row.prepared.image_id: list(row.row.sources)
            for row in sorted(rows, key=lambda row: row.row.prepared.image_id)
        },
    }
    path.write_text(json.dumps(lock, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return lock


def _masks_hash(reading: Reading) -> str:
    """SHA-256 over the names and bytes of all mask files that ``reading`` refers to."""
    paths = {
        mask.path
        for radiograph in reading.radiographs
        for masks in radiograph.masks.values()
        for mask in masks
        if isinstance(mask, MaskFile)
    }
    total = hashlib.sha256()
    for path in sorted(paths):
        try:
            digest = hashlib.sha256(read_file(path)).hexdigest()
        except ImageError:  # which issues.csv tells
            digest = "unreadable"
        total.update(f"{digest} {path.relative_to(reading.root).as_posix()}\n".encode())
    return total.hexdigest()


def content_hash(rows: Sequence[PlacedRow]) -> str:
    """SHA-256 over every row's image, decoded masks, labels and split, in any order of rows."""
    digests = map(row_hash, rows)
    return hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()
