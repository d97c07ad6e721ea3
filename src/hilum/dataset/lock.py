"""``hilum.lock.json``: from which bytes, with which versions and options a dataset was made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import hilum
from hilum.collections.collection import Reading
from hilum.dataset.inputs import hash_files, printable_name
from hilum.dataset.lock_options import options_to_values
from hilum.dataset.prepare import Prepared
from hilum.dataset.variant import Variant
from hilum.dataset.write import PlacedRow, Shard, row_hash
from hilum.errors import DatasetError
from hilum.plain_files import read_plain

LOCK_FORMAT = 1
"""Of the whole folder; raised when an older reader would misread it."""

LOCK_NAME = "hilum.lock.json"

_PARTS = {
    "content_sha256": str,
    **dict.fromkeys(("options", "packages", "shards", "files"), dict),
    "inputs": list,
}
"""What every lock holds, and of which type."""

PACKAGES = (
    *("faiss-cpu", "numpy", "opencv-python-headless", "pillow", "pyarrow", "pydicom"),
    "python-gdcm",
)
"""The packages whose version can change a byte of the output."""


def write_lock(
    rows: Sequence[PlacedRow],
    shards: Sequence[Shard],
    readings: Sequence[Reading],
    options: Any,
    path: Path,
    *,
    prepared: Sequence[Prepared],
    patient_key: str | None,
    variant: Variant,
) -> dict[str, Any]:
    """Write the lock to ``path`` and return it. It holds no dates, so that a repeat is equal.

    ``files`` maps the SHA-256 of each source image to the places it was found at. ``inputs`` has
    for each collection the SHA-256 of every file: images, masks and tables. An input that was a zip
    archive has its file name; of several folders of one collection each has the ``folder`` that its
    paths begin with. ``options`` is the frozen dataclass that was followed; those who
    compile from the lock get it back. ``prepared`` are the images that were read, whose hashes are
    known. ``patient_key`` is the fingerprint of what patients named in DICOM files were hashed
    with; None where there were none. ``variant`` is what was done to every film.
    """
    known = {one.radiograph.path: one.image_id for one in prepared}
    lock = {
        "format": LOCK_FORMAT,
        "hilum": hilum.__version__,
        "packages": package_versions(),
        "options": options_to_values(options),
        "patient_key": patient_key,
        "variant": variant.facts(),
        "content_sha256": content_hash(rows),
        "shards": {shard.path.name: shard.sha256 for shard in shards},
        "inputs": [
            {
                "collection": reading.collection,
                **(
                    {}
                    if reading.archive is None
                    else {"archive": printable_name(reading.archive.name)}
                ),
                **({"folder": reading.folder} if reading.folder else {}),
                "images": len(reading.radiographs),
                "files": hash_files(reading, known),
            }
            for reading in readings
        ],
        "files": dict(sorted(f for row in rows for f in row.row.sources_by_image().items())),
    }
    path.write_text(json.dumps(lock, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return lock


def read_lock(path: Path) -> dict[str, Any]:
    """The lock at ``path``, which may be the dataset's folder too.

    Raises:
        DatasetError: there is none, or it does not hold what :func:`write_lock` writes.
    """
    folder, path = path, path / LOCK_NAME if path.is_dir() else path
    try:
        lock = json.loads(read_plain(path).decode("utf-8"))
    except OSError as error:
        is_missing = isinstance(error, FileNotFoundError)
        raise DatasetError(
            "this is no dataset" if folder.exists() else "there is no such folder",
            path=folder,
            got=None if is_missing else error.strerror or type(error).__name__,
            expected=f"a folder with {LOCK_NAME}, written by 'hilum compile'",
            remedy="check the path, or compile one first",
        ) from None
    except ValueError:
        lock = None
    if (
        not isinstance(lock, dict)
        or lock.get("format") != LOCK_FORMAT
        or not all(isinstance(lock.get(name), kind) for name, kind in _PARTS.items())
        or not all(map(_is_input, lock["inputs"]))
    ):
        raise DatasetError(
            "the lock is damaged or of another version of hilum",
            path=path,
            expected=f"JSON with format {LOCK_FORMAT}, {', '.join(_PARTS)}",
            remedy="compile the dataset again with this version",
        )
    return lock


def _is_input(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and isinstance(one.get("collection"), str)
        and isinstance(one.get("files"), dict)
    )


def package_versions() -> dict[str, str]:
    """The versions of :data:`PACKAGES` that are installed."""
    return {name: version(name) for name in PACKAGES}


def content_hash(rows: Sequence[PlacedRow]) -> str:
    """SHA-256 over every row's image, decoded masks, labels and split, in any order of rows."""
    digests = map(row_hash, rows)
    return hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()
