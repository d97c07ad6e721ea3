"""The folders a dataset is made of, read; their files named as they stand in it."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import TypeVar

from hilum.collections.archives import Source
from hilum.collections.collection import Problem, Reading
from hilum.collections.missing_parts import find_missing_parts
from hilum.collections.registry import read_source, recognise
from hilum.dataset.inputs import hash_files, printable_name
from hilum.errors import DatasetError
from hilum.radiograph import Radiograph

Named = TypeVar("Named", Radiograph, Problem)

_DIGITS = 8
"""Of the hash by which folders of one name are told apart."""


def read_sources(sources: Sequence[Source]) -> list[Reading]:
    """What each source holds, its paths as they stand in the dataset.

    Where several folders of one collection are given, paths begin with each one's own name, as it
    was given; with a hash of its contents behind it where two have the same. Where the folders lie
    changes nothing.

    Raises:
        DatasetError: a folder is given twice.
        CollectionError: a folder is no known collection, or damaged.
    """
    roots = [recognise(source.path)[1].resolve() for source in sources]
    if len(set(roots)) < len(roots):
        named = ", ".join(str(source.named) for source in sources)
        raise DatasetError("a folder is given twice", path=named, remedy="give each once")
    readings = [
        _with_missing_parts(read_source(source, others=[o for o in roots if o != root]))
        for source, root in zip(sources, roots, strict=True)
    ]
    if any(source.folder for source in sources):
        folders = [source.folder for source in sources]
    else:
        folders = _folders(sources, readings)
    return [_within(one, folder) for one, folder in zip(readings, folders, strict=True)]


def _with_missing_parts(reading: Reading) -> Reading:
    missing = tuple(find_missing_parts(reading))
    return dataclasses.replace(reading, problems=reading.problems + missing)


def _folders(sources: Sequence[Source], readings: Sequence[Reading]) -> list[str]:
    """What the paths of each reading begin with; nothing where it is alone of its collection."""
    collections = Counter(reading.collection for reading in readings)
    names = [
        _name(source) if collections[reading.collection] > 1 else ""
        for source, reading in zip(sources, readings, strict=True)
    ]
    keys = [(one.collection, name.casefold()) for one, name in zip(readings, names, strict=True)]
    shared = {key for key, count in Counter(keys).items() if key[1] and count > 1}
    folders = []
    equal: Counter[str] = Counter()
    for reading, name, key in zip(readings, names, keys, strict=True):
        folder = name
        if key in shared:
            folder = f"{name}-{_hash(reading)}"
            equal[folder] += 1
        # Of equal contents as well: which of them is called the first makes no difference.
        folders.append(f"{folder}-{equal[folder]}" if equal[folder] > 1 else folder)
    return folders


def _name(source: Source) -> str:
    named = source.named if source.named.name not in ("", "..") else source.named.resolve()
    return printable_name(named.name if source.archive is None else named.stem)


def _hash(reading: Reading) -> str:
    files = sorted(hash_files(reading).items())
    return hashlib.sha256(repr(files).encode()).hexdigest()[:_DIGITS]


def _within(reading: Reading, folder: str) -> Reading:
    if not folder:
        return reading
    return dataclasses.replace(
        reading,
        radiographs=tuple(_moved(one, folder) for one in reading.radiographs),
        problems=tuple(_moved(one, folder) for one in reading.problems),
        folder=folder,
    )


def _moved(named: Named, folder: str) -> Named:
    return dataclasses.replace(named, source_path=str(PurePosixPath(folder, named.source_path)))
