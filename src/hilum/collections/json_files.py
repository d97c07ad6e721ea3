"""JSON annotations, plain or inside a zip archive, read without trusting them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from hilum.collections.zip_members import DAMAGE
from hilum.errors import CollectionError
from hilum.plain_files import open_plain

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
        raise _unopened(error, path) from None
    return _parse(data, path)


def read_json_files(place: Path) -> Iterator[tuple[str, object]]:
    """Name and value of each JSON file in the folder or zip archive at ``place``, by name.

    Raises:
        CollectionError: as :func:`read_json`, or all together are too large.
    """
    total = 0
    try:
        names = _json_names(place)
        for name in names:
            path, member = (place / name, None) if place.is_dir() else (place, name)
            data = _read_plain(path) if member is None else _read_member(path, member)
            total += len(data)
            if total > MAX_BYTES:
                raise _too_large(place)
            yield name, _parse(data, path)
    except OSError as error:
        raise _unopened(error, place) from None


def _json_names(place: Path) -> list[str]:
    if place.is_dir():
        names = [path.name for path in place.iterdir() if path.is_file()]
    else:
        try:
            with zipfile.ZipFile(place) as archive:
                names = archive.namelist()
        except DAMAGE as error:
            raise _damaged_archive(error, place) from None
    return sorted(
        name
        for name in names
        if name.lower().endswith(".json") and not name.rpartition("/")[2].startswith(".")
    )


def _parse(data: bytes, path: Path) -> object:
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
    with open_plain(path) as file:
        return _read_limited(file, path)


def _read_member(path: Path, member: str) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as file:
            # The size in the archive's directory can lie: what is read counts.
            return _read_limited(file, path)
    except KeyError:
        raise CollectionError(f"the archive holds no {member}", path=path, remedy=_REMEDY) from None
    except DAMAGE as error:
        raise _damaged_archive(error, path) from None


def _too_large(path: Path) -> CollectionError:
    return CollectionError(
        "the annotations are too large",
        path=path,
        got=f"more than {MAX_BYTES:,} bytes unpacked",
        remedy=_REMEDY,
    )


def _damaged_archive(error: Exception, path: Path) -> CollectionError:
    return CollectionError(
        "the zip archive is damaged",
        path=path,
        got=str(error) or type(error).__name__,
        remedy=_REMEDY,
    )


def _unopened(error: OSError, path: Path) -> CollectionError:
    return CollectionError(
        "the annotation file cannot be opened",
        path=path,
        got=error.strerror or type(error).__name__,
        remedy="put it back, or check your permissions",
    )


def _read_limited(file: IO[bytes], path: Path) -> bytes:
    data = bytearray()
    # In blocks: asked for all that is allowed, a file first reserves memory for it.
    while block := file.read(_BLOCK):
        data += block
        if len(data) > MAX_BYTES:
            raise _too_large(path)
    return bytes(data)
