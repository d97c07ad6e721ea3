"""Image files → the twins among them, each file decoded once where memory allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hilum.errors import ImageError
from hilum.imaging.read import read_picture, to_uint8
from hilum.twins.find import TwinPair, find_twins
from hilum.twins.fingerprint import ENOUGH, Fingerprint, fingerprint
from hilum.twins.register import Content, content_of
from hilum.workers import Progress, Workers, no_progress

_KEPT = 2_000
"""Files of which the content is kept, at most 144 KiB each; twins after them are read again."""


@dataclass(frozen=True)
class FilesCompared:
    """All twins among some files."""

    prints: tuple[Fingerprint, ...]
    """Of those that could be read, in order."""
    pairs: tuple[TwinPair, ...]
    """Numbers are places in ``prints``."""
    unreadable: dict[Path, str]
    """Why, of each other file."""


def compare_files(
    paths: Sequence[Path], *, workers: int = 1, progress: Progress = no_progress
) -> FilesCompared:
    """Read the images at ``paths``, no two alike, and find the twins among them."""
    advance = progress("reading", len(paths))
    items = [(path, number < _KEPT) for number, path in enumerate(paths)]
    prints: list[Fingerprint] = []
    sources: list[Path | Content] = []
    unreadable: dict[Path, str] = {}
    with Workers(workers) as pool:
        for path, outcome in zip(paths, pool.map_ordered(_read, items), strict=True):
            advance()
            if isinstance(outcome, str):
                unreadable[path] = outcome
                continue
            one, content = outcome
            prints.append(one)
            sources.append(path if content is None else content)
        pairs = find_twins(prints, load=_load, sources=sources, workers=pool, progress=progress)
    return FilesCompared(tuple(prints), tuple(pairs), unreadable)


def _read(item: tuple[Path, bool]) -> tuple[Fingerprint, Content | None] | str:
    """A file's fingerprint, and its content if that is kept; or why it cannot be read."""
    path, is_kept = item
    try:
        picture = read_picture(path, at_least=ENOUGH)
    except ImageError as error:
        return error.reason
    grey = to_uint8(picture.pixels)
    one = fingerprint(grey, size=(picture.width, picture.height))
    return one, content_of(grey, one) if is_kept else None


def _load(source: Path | Content) -> NDArray[np.uint8] | Content:
    if isinstance(source, Content):
        return source
    return to_uint8(read_picture(source, at_least=ENOUGH).pixels)
