"""JSON annotations, plain or inside a zip archive, read without trusting them."""

from __future__ import annotations

import json
import zipfile
import zlib
from pathlib import Path
from typing import IO

from hilum.errors import CollectionError

MAX_BYTES = 256_000_000
"""Unpacked size above which an annotation is taken for a decompression bomb."""

_BLOCK = 1 << 20

_REMEDY = "fetch the file again"


def read_json(path: Path, *, member: str | None = None) -> object:
    """The value of the JSON file at ``path``, or of ``member`` in the zip archive there.

    Raises:
        CollectionError: the file is missing, too large, no archive or no JSON.
    """
    try:
        data = _read_plain(path) if member is None else _read_member(path, member)
    except OSError as error:
        raise CollectionError(
            "the annotation file cannot be opened",
            path=path,
            got=error.strerror or type(error).__name__,
            remedy="put it back, or check your permissions",
        ) from None
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CollectionError(
            "this is no JSON",
            path=path,
            got=str(error) or type(error).__name__,
            remedy=_REMEDY,
        ) from None


def _read_plain(path: Path) -> bytes:
    with path.open("rb") as file:
        return _read_limited(file, path)


def _read_member(path: Path, member: str) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as file:
            # The size in the archive's directory can lie: what is read counts.
            return _read_limited(file, path)
    except KeyError:
        raise CollectionError(f"the archive holds no {member}", path=path, remedy=_REMEDY) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise CollectionError(
            "the zip archive is damaged",
            path=path,
            got=str(error) or type(error).__name__,
            remedy=_REMEDY,
        ) from None


def _read_limited(file: IO[bytes], path: Path) -> bytes:
    data = bytearray()
    # In blocks: asked for all that is allowed, a file first reserves memory for it.
    while block := file.read(_BLOCK):
        data += block
        if len(data) > MAX_BYTES:
            raise CollectionError(
                "the annotations are too large",
                path=path,
                got=f"more than {MAX_BYTES:,} bytes unpacked",
                remedy=_REMEDY,
            )
    return bytes(data)
