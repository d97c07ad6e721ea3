"""The folders a dataset is made of, read; their files named as they stand in it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

from hilum.collections.archives import Source
from hilum.collections.collection import Reading
from hilum.collections.registry import read_source, recognise
from hilum.errors import DatasetError


def read_sources(sources: Sequence[Source]) -> list[Reading]:
    """What each source holds, its paths as they stand in the dataset.

    Raises:
        DatasetError: a folder is given twice.
        CollectionError: a folder is no known collection, or damaged.
    """
    roots = [recognise(source.path)[1].resolve() for source in sources]
    if len(set(roots)) < len(roots):
        named = ", ".join(str(source.named) for source in sources)
        raise DatasetError("a folder is given twice", path=named, remedy="give each once")
    readings = [
        read_source(source, others=[other for other in roots if other != root])
        for source, root in zip(sources, roots, strict=True)
    ]
    return [_tell_apart(reading, readings) for reading in readings]


def _tell_apart(reading: Reading, readings: Sequence[Reading]) -> Reading:
    """Where several folders of one collection are given, paths begin where the folders part."""
    roots = [_place(other) for other in readings if other.collection == reading.collection]
    if len(roots) == 1:
        return reading
    place = _place(reading).relative_to(os.path.commonpath(roots))
    return dataclasses.replace(
        reading,
        radiographs=tuple(
            dataclasses.replace(r, source_path=(place / r.source_path).as_posix())
            for r in reading.radiographs
        ),
        problems=tuple(
            dataclasses.replace(p, source_path=(place / p.source_path).as_posix())
            for p in reading.problems
        ),
    )


def _place(reading: Reading) -> Path:
    """Where the collection begins; in an archive, as if that were a folder."""
    return reading.shown_root.resolve()
