"""Small questions about folders that several collections ask."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from hilum.collections.collection import Problem
from hilum.errors import CollectionError
from hilum.imaging.formats import IMAGE_SUFFIXES


def is_image_name(name: str) -> bool:
    """Whether a file of this name should be an image; hidden files never are."""
    _, dot, ending = name.rpartition(".")
    return not name.startswith(".") and dot + ending.lower() in IMAGE_SUFFIXES


def is_safe_path(relative: str) -> bool:
    """Whether a path written in an annotation stays inside the collection's folder.

    >>> is_safe_path("masks/a.png"), is_safe_path("../a.png"), is_safe_path("C:\\\\a.png")
    (True, False, False)
    """
    if not relative or "\0" in relative or "\\" in relative:
        return False
    parts = PurePosixPath(relative).parts
    if relative.startswith("/") or PureWindowsPath(relative).drive or ".." in parts:
        return False
    return all(len(os.fsencode(part)) <= 255 for part in parts)


def image_files(folder: Path) -> list[Path]:
    """All files directly in ``folder`` that are named like images, sorted; none if absent.

    Raises:
        CollectionError: the folder may not be read.
    """
    if not folder.is_dir():
        return []
    try:
        with os.scandir(folder) as entries:
            names = [e.name for e in entries if is_image_name(e.name) and e.is_file()]
    except OSError as error:
        raise _unreadable(error) from None
    return [folder / name for name in sorted(names)]


def holds_file_like(folder: Path, pattern: re.Pattern[str]) -> bool:
    """Whether some file name directly in ``folder`` matches ``pattern`` from its beginning."""
    try:
        with os.scandir(folder) as entries:
            return any(pattern.match(entry.name) for entry in entries)
    except OSError:
        return False


def walk_images(root: Path) -> Iterator[Path]:
    """All files below ``root`` that are named like images, in sorted order; none if absent.

    Raises:
        CollectionError: a folder may not be read, so that its images would be overlooked.
    """
    if not root.is_dir():
        return
    for folder, folders, files in os.walk(root, onerror=_raise_unreadable):
        folders.sort()
        for name in sorted(files):
            if is_image_name(name):
                yield Path(folder, name)


def _raise_unreadable(error: OSError) -> None:
    raise _unreadable(error)


def _unreadable(error: OSError) -> CollectionError:
    return CollectionError(
        "the folder cannot be read",
        path=error.filename,
        got=error.strerror or type(error).__name__,
        remedy="check your permissions",
    )


def subfolders(folder: Path) -> list[Path]:
    """The folders directly in ``folder``, sorted, hidden ones left out; none if unreadable."""
    try:
        with os.scandir(folder) as entries:
            names = [e.name for e in entries if not e.name.startswith(".") and e.is_dir()]
    except OSError:
        return []
    return [folder / name for name in sorted(names)]


def find_below(folder: Path, matches: Callable[[Path], bool], *, depth: int = 2) -> Path | None:
    """The first folder at or up to ``depth`` levels below ``folder`` that ``matches``."""
    level = [folder]
    for remaining in range(depth, -1, -1):
        for candidate in level:
            if matches(candidate):
                return candidate
        if remaining:
            level = [child for parent in level for child in subfolders(parent)]
    return None


def find_descendant(folder: Path, names: Iterable[str], *, depth: int = 2) -> Path | None:
    """The first folder at or up to ``depth`` levels below ``folder`` that holds all ``names``."""
    wanted = tuple(names)
    return find_below(
        folder, lambda place: all((place / name).exists() for name in wanted), depth=depth
    )


def unclaimed_images(root: Path, claimed: Iterable[Path]) -> tuple[Problem, ...]:
    """A problem for each image file below ``root`` that a reader did not claim."""
    known = set(claimed)
    return tuple(
        Problem(
            path.relative_to(root).as_posix(),
            "unexpected image",
            "this collection has no image or mask at this place",
        )
        for path in walk_images(root)
        if path not in known
    )


def images_outside(folder: Path, root: Path) -> tuple[Problem, ...]:
    """A problem for each place below ``folder``, but outside ``root``, that holds images.

    A download may hold more than the collection that was recognised in it. One problem
    stands for one file or for one whole folder beside the way down to ``root``.
    """
    problems = []
    place = folder
    while place != root:
        step = place / root.relative_to(place).parts[0]
        problems += [_outside(folder, path, 1) for path in image_files(place)]
        for other in subfolders(place):
            count = sum(1 for _ in walk_images(other)) if other != step else 0
            if count:
                problems.append(_outside(folder, other, count))
        place = step
    return tuple(problems)


def _outside(folder: Path, path: Path, count: int) -> Problem:
    return Problem(
        path.relative_to(folder).as_posix(),
        "outside the collection",
        f"{count} image{'s' if count > 1 else ''} beside the collection found in this folder",
    )
