"""Which bytes each input consists of."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from hilum.collections.collection import Reading
from hilum.collections.folders import is_hidden
from hilum.plain_files import open_plain
from hilum.radiograph import MaskFile

_FIRST = 3
"""Files of each kind of difference that are named."""

UNREADABLE = "unreadable"
"""In place of the hash of a file that cannot be read, which issues.csv tells."""


def hash_files(reading: Reading, known: Mapping[Path, str] | None = None) -> dict[str, str]:
    """The SHA-256 of every file of a collection, by its path relative to the collection's folder.

    That is all that lies below the folder, images, masks and tables, but hidden files, links, pipes
    and devices, and what ``reading`` refers to elsewhere. ``known`` has the hashes of files read
    before. Bytes of a name that are no UTF-8 are written like ``\\udcff``, as in tables.
    """
    known = known or {}
    paths = {
        Path(folder, name)
        for folder, folders, names in os.walk(reading.root)
        for name in _visible(folders, names)
    }
    paths |= {path for path in _referred_to(reading) if path.is_relative_to(reading.root)}
    return {
        printable_name(path.relative_to(reading.root).as_posix()): known.get(path) or _hash(path)
        for path in sorted(paths)
        if not path.is_symlink() and (path.is_file() or not path.exists())
    }


def printable_name(name: str) -> str:
    """``name`` with bytes that are no UTF-8 written like ``\\udcff``."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _visible(folders: list[str], names: list[str]) -> list[str]:
    folders[:] = [name for name in folders if not is_hidden(name)]
    return [name for name in names if not is_hidden(name)]


def _referred_to(reading: Reading) -> set[Path]:
    masks = {
        mask.path
        for radiograph in reading.radiographs
        for parts in radiograph.masks.values()
        for mask in parts
        if isinstance(mask, MaskFile)
    }
    return masks | {radiograph.path for radiograph in reading.radiographs}


def _hash(path: Path) -> str:
    try:
        with open_plain(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return UNREADABLE


def describe_files(then: Mapping[str, str], now: Mapping[str, str]) -> str:
    """What differs between two states of a folder in words; empty where nothing does.

    >>> describe_files({"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"})
    '1 changed (b), 1 new (c)'
    """
    kinds = {
        "missing": sorted(then.keys() - now),
        "changed": sorted(name for name in then.keys() & now if then[name] != now[name]),
        "new": sorted(now.keys() - then),
    }
    return ", ".join(
        f"{len(names)} {kind} ({', '.join(names[:_FIRST])}{', …' * (len(names) > _FIRST)})"
        for kind, names in kinds.items()
        if names
    )
