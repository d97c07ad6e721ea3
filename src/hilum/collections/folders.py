"""Small questions about folders that several collections ask."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Container, Iterable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from hilum.collections.collection import Problem
from hilum.errors import CollectionError
from hilum.imaging.formats import IMAGE_SUFFIXES, UNREAD_SUFFIXES, holds_image

PACKED_FILES = "packed files"
"""The kind of a problem: an archive that is not opened."""

UNFINISHED_DOWNLOAD = "unfinished download"
"""The kind of a problem: a file that is not here wholly."""

PACKED_SUFFIXES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst")
"""File name endings, lower case, of files that may hold images which nobody sees."""


UNFINISHED_SUFFIXES = (".part", ".partial", ".crdownload", ".download", ".aria2", ".!ut")
"""Those that programs give to what they have not downloaded wholly yet."""


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is no part of any collection.

    ``__MACOSX`` is what macOS adds to archives: a hidden file for each file.
    """
    return name.startswith(".") or name == "__MACOSX"


def is_image_name(name: str) -> bool:
    """Whether a file of this name should be an image; hidden files never are."""
    _, dot, ending = name.rpartition(".")
    return not is_hidden(name) and dot + ending.lower() in IMAGE_SUFFIXES


def is_image(path: Path) -> bool:
    """Whether the file at ``path`` is named like an image, or is one by its first bytes."""
    if is_hidden(path.name) or _is_unfinished(path):
        return False
    return is_image_name(path.name) or holds_image(path)


def _is_unfinished(path: Path) -> bool:
    return path.name.lower().endswith(UNFINISHED_SUFFIXES)


def _is_unread(path: Path) -> bool:
    return path.name.lower().endswith(UNREAD_SUFFIXES)


def _is_packed(path: Path) -> bool:
    return path.name.lower().endswith(PACKED_SUFFIXES)


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
    try:
        return all(len(os.fsencode(part)) <= 255 for part in parts)
    except UnicodeEncodeError:  # half a character, as JSON can write it
        return False


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
    """All images below ``root``, by name or by content, in sorted order; none if absent.

    Hidden files and folders do not count, links to folders are not followed.

    Raises:
        CollectionError: a folder may not be read, so that its images would be overlooked.
    """
    for folder, _, names in _walk(root):
        yield from filter(is_image, (folder / name for name in names))


def _walk(
    root: Path, followed: Container[Path] = ()
) -> Iterator[tuple[Path, list[Path], list[str]]]:
    """Each folder at or below ``root``, its links to folders not ``followed``, its files' names."""
    if not root.is_dir():
        return
    for place, names, files in os.walk(root, onerror=_raise_unreadable, followlinks=True):
        folder = Path(place)
        inner = [folder / name for name in sorted(names) if not is_hidden(name)]
        skipped = [path for path in inner if path.is_symlink() and path not in followed]
        names[:] = [path.name for path in inner if path not in skipped]
        yield folder, skipped, sorted(name for name in files if not is_hidden(name))


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
            names = [e.name for e in entries if e.is_dir() and not is_hidden(e.name)]
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


def unclaimed_images(
    root: Path,
    claimed: Iterable[Path],
    *,
    kind: str = "unexpected image",
    detail: str = "this collection has no image or mask at this place",
) -> tuple[Problem, ...]:
    """A problem for each image below ``root`` that a reader did not claim.

    Images of formats that hilum does not read are problems as well, archives that nobody opened,
    downloads that were broken off, and links to folders out of which the reader claimed nothing.
    ``kind`` and ``detail`` are those of the other images.
    """
    known = set(claimed)
    problems = []
    folders = {path.parent for path in known}
    folders |= {parent for folder in folders for parent in folder.parents}
    for folder, links, names in _walk(root, folders):
        for link in links:
            problems.append(problem_at(root, link, "linked folder", "put the folder itself here"))
        for path in (folder / name for name in names):
            if path in known:
                continue
            if is_image(path):
                problems.append(problem_at(root, path, kind, detail))
            elif _is_unread(path):
                told = "hilum does not read this format; convert it to PNG"
                problems.append(problem_at(root, path, "unexpected image", told))
            elif (trouble := _unopened(path)) is not None:
                problems.append(problem_at(root, path, *trouble))
    return tuple(problems)


def _unopened(path: Path) -> tuple[str, str] | None:
    """Kind and detail of a file that may hold images which nobody looked at; None for others."""
    if _is_packed(path):
        told = "what is in this archive was not looked at; give it by itself, or unpack it"
        return PACKED_FILES, told
    if _is_unfinished(path):
        return UNFINISHED_DOWNLOAD, "a download that was broken off; fetch the file again"
    return None


def problem_at(root: Path, path: Path, kind: str, detail: str) -> Problem:
    """A problem of the file at ``path`` below ``root``."""
    return Problem(path.relative_to(root).as_posix(), kind, detail)


def masks_without_image(root: Path, masks: Iterable[Path]) -> Iterator[Problem]:
    """A problem for each of ``masks``, whose images are not there."""
    return (problem_at(root, mask, "mask without image", "its image is missing") for mask in masks)


def images_outside(folder: Path, root: Path) -> tuple[Problem, ...]:
    """A problem for each place below ``folder``, but outside ``root``, that may hold images.

    A download may hold more than the collection that was recognised in it. One problem
    stands for one file or for one whole folder beside the way down to ``root``, seen from there:
    ``../other``.
    """
    problems = []
    place = folder
    while place != root:
        step = place / root.relative_to(place).parts[0]
        _, _, names = next(_walk(place))
        files = [place / name for name in names]
        problems += [_outside(root, f, 1) for f in files if is_image(f) or _is_unread(f)]
        unread = [f for f in files if not _is_unread(f)]
        problems += [_seen_from(root, f, *told) for f in unread if (told := _unopened(f))]
        for other in subfolders(place):
            beside = unclaimed_images(other, ()) if other != step else ()
            unopened = [p for p in beside if p.kind in (PACKED_FILES, UNFINISHED_DOWNLOAD)]
            problems += [
                _seen_from(root, other / p.source_path, p.kind, p.detail) for p in unopened
            ]
            count = len(beside) - len(unopened)
            if count:
                problems.append(_outside(root, other, count))
        place = step
    return tuple(problems)


def _outside(root: Path, path: Path, count: int) -> Problem:
    told = f"{count} image{'s' if count > 1 else ''} beside the collection found in this folder"
    return _seen_from(root, path, "outside the collection", told)


def _seen_from(root: Path, path: Path, kind: str, detail: str) -> Problem:
    return Problem(Path(os.path.relpath(path, root)).as_posix(), kind, detail)
