"""Files and folders a person named → the images to predict, each with a name of its own."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hilum.errors import ImageError
from hilum.imaging.formats import IMAGE_SUFFIXES, SNIFFED_BYTES, sniff_format


@dataclass(frozen=True)
class InputImage:
    """One image to predict."""

    path: Path
    relative: str
    """Relative to the folder given, with forward slashes; a file given by itself: its name."""
    stem: str
    """``relative`` without its extension, with it where two images would be one otherwise."""


@dataclass(frozen=True)
class Inputs:
    """What is to be predicted, and what lay beside it and is no image."""

    images: tuple[InputImage, ...]
    left_out: tuple[Path, ...]


def find_inputs(paths: Sequence[Path], *, leave_out: Path | None = None) -> Inputs:
    """All images at ``paths``: files as named, folders searched through, in sorted order.

    In a folder a file counts as an image by its content or by its name's ending, so that a
    damaged one is reported and not skipped; hidden files do not count. A folder ``leave_out``
    (the output) is not searched. A file reached twice counts once.

    Raises:
        ImageError: a path does not exist.
    """
    found: dict[Path, tuple[Path, str]] = {}
    left_out: list[Path] = []
    for path in paths:
        if path.is_dir():
            for file in _files(path, leave_out):
                if _is_image(file):
                    found.setdefault(file.resolve(), (file, file.relative_to(path).as_posix()))
                else:
                    left_out.append(file)
        elif path.exists():
            found.setdefault(path.resolve(), (path, path.name))
        else:
            raise ImageError("there is no such file or folder", path=path, remedy="check the path")
    named = _tell_folders_apart(list(found.values()))
    relatives = [relative for _, relative in named]
    images = [
        InputImage(path, relative, stem)
        for (path, relative), stem in zip(named, _tell_extensions_apart(relatives), strict=True)
    ]
    return Inputs(tuple(images), tuple(left_out))


def _files(folder: Path, leave_out: Path | None) -> Iterator[Path]:
    hidden = None if leave_out is None else leave_out.resolve()
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if Path(parent, f).resolve() != hidden)
        for name in sorted(names):
            yield Path(parent, name)


def _is_image(file: Path) -> bool:
    if file.name.startswith("."):
        return False
    if file.suffix.lower() in IMAGE_SUFFIXES:
        return True
    try:
        with file.open("rb") as opened:
            return sniff_format(opened.read(SNIFFED_BYTES)) is not None
    except OSError:
        return False


def _tell_folders_apart(found: list[tuple[Path, str]]) -> list[tuple[Path, str]]:
    """Where several folders hold the same relative path, those files keep the folders' names.

    They are named from the folder on that all of them have in common.
    """
    counts = Counter(relative for _, relative in found)
    if max(counts.values(), default=1) == 1:
        return found
    repeated = [path.resolve() for path, relative in found if counts[relative] > 1]
    common = Path(os.path.commonpath(repeated))
    return [
        (path, path.resolve().relative_to(common).as_posix() if counts[relative] > 1 else relative)
        for path, relative in found
    ]


def _tell_extensions_apart(relatives: Sequence[str]) -> list[str]:
    """Each path without its extension, except where two of them would then be equal."""
    stems = [PurePosixPath(relative).with_suffix("").as_posix() for relative in relatives]
    # Lower case: two names that differ in case alone are one file on many disks.
    counts = Counter(stem.lower() for stem in stems)
    return [
        stem if counts[stem.lower()] == 1 else relative
        for stem, relative in zip(stems, relatives, strict=True)
    ]
