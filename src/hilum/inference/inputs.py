"""Files and folders a person named → the images to predict, each with a name of its own."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hilum.collections.archives import Source
from hilum.errors import ImageError
from hilum.imaging.formats import IMAGE_SUFFIXES, holds_image
from hilum.inference.pictures import is_marked
from hilum.inference.table import TABLE_NAME, is_own_table

# Line breaks would break tables and terminals; lone surrogates (bytes that are no UTF-8) cannot
# be written to a text file at all.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class InputImage:
    """One image to predict."""

    path: Path
    relative: str
    """Relative to the folder given, with forward slashes; a file given by itself: its name."""
    stem: str
    """``relative`` without its extension, with it where two images would be one otherwise."""
    trouble: str | None = None
    """Why there is no file at ``path``: an archive would not give it. None for any other."""


@dataclass(frozen=True)
class Inputs:
    """What is to be predicted, and what lay beside it: hidden, no image, or not readable."""

    images: tuple[InputImage, ...]
    left_out: tuple[Path, ...]


def find_inputs(paths: Sequence[Path], *, leave_out: Path | None = None) -> Inputs:
    """All images at ``paths``: files as named, folders searched through, in sorted order.

    In a folder a file counts as an image by its content or by its name's ending, so that a
    damaged one is reported and not skipped; what is hidden does not count, nor does a folder or
    a picture that ``hilum predict`` wrote. Links to folders are followed. A folder ``leave_out``
    (the output) is not searched. A file reached twice counts once. Where several folders hold the
    same relative path, every image is named from the folder on that all have in common.

    Raises:
        ImageError: a path does not exist.
    """
    return find_inputs_of([Source(path, path) for path in paths], leave_out=leave_out)


def find_inputs_of(sources: Sequence[Source], *, leave_out: Path | None = None) -> Inputs:
    """As :func:`find_inputs`, of folders, files and unpacked archives.

    An archive counts as a folder of its name. What it would not give comes last, with
    ``trouble``; hidden files and second copies of a name are left out.
    """
    require_paths([source.named for source in sources])
    found: dict[tuple[str, str], _Found] = {}
    left_out: list[Path] = []
    for source in sources:
        path = source.path
        if not _is_folder(path):
            if _is_result(path):
                left_out.append(path)
            else:
                found.setdefault(_place(path), _Found(path, path, path.name))
            continue
        for file, counts in _search(path, leave_out):
            if counts:
                relative = file.relative_to(path).as_posix()
                found.setdefault(_place(file), _Found(file, source.shown(file), relative))
            else:
                left_out.append(source.shown(file))
    relatives = [one.relative for one in found.values()]
    if len(set(relatives)) < len(relatives):
        relatives = _from_common_folder([one.shown for one in found.values()])
    relatives = [_UNPRINTABLE.sub(_escape, relative) for relative in relatives]
    stems = output_stems(relatives)
    files = [one.file for one in found.values()]
    refused, overlooked = _refused(sources)
    return Inputs((*map(InputImage, files, relatives, stems), *refused), (*left_out, *overlooked))


def require_paths(paths: Sequence[Path]) -> None:
    """Refuse what is not there, all at once; what is there but cannot be read fails later.

    Raises:
        ImageError: there is no such file or folder.
    """
    missing = [path for path in paths if _is_missing(path)]
    if missing:
        raise ImageError(
            "there is no such file or folder",
            path=", ".join(map(str, missing)),
            remedy="check the path",
        )


@dataclass(frozen=True)
class _Found:
    file: Path
    shown: Path
    """How the user knows it."""
    relative: str


def _refused(sources: Sequence[Source]) -> tuple[list[InputImage], list[Path]]:
    """What archives would not give: that which may be an image, and the rest."""
    images, others = [], []
    for source in sources:
        for problem in source.problems:
            name = problem.source_path
            hidden = any(part.startswith(".") for part in name.split("/") if part != "..")
            if hidden or problem.kind == "second copy":
                others.append(source.named / name)
            else:
                told = f"{problem.kind}: {problem.detail}."
                printable = _UNPRINTABLE.sub(_escape, name)
                images.append(InputImage(source.path, printable, printable, told))
    return images, others


def _place(file: Path) -> tuple[str, str]:
    """Where a file lies. Two links to one image lie at two places, and are two inputs."""
    return os.path.realpath(file.parent), file.name


def output_stems(relatives: Sequence[str]) -> list[str]:
    """What the pictures made of each relative path are called, without their endings.

    Each path loses its extension, except where it would then share a picture with another.

    >>> output_stems(["a/same.png", "a/same.jpg", "b/same.png"])
    ['a/same.png', 'a/same.jpg', 'b/same']
    """
    stems = [PurePosixPath(relative).with_suffix("").as_posix() for relative in relatives]
    # A folder may be called x.png, as the picture of its neighbour x.jpg would be.
    folders = {parent.as_posix() for path in relatives for parent in PurePosixPath(path).parents}
    names = list(stems)
    clashing = {number for number, stem in enumerate(stems) if f"{stem}.png" in folders}
    while True:
        for number in clashing:
            names[number] = relatives[number]
        # Lower case: two names that differ in case alone are one file on many disks.
        counts = Counter(name.lower() for name in names)
        more = {n for n, name in enumerate(names) if counts[name.lower()] > 1} - clashing
        if not more:
            return names
        clashing |= more


def _search(folder: Path, leave_out: Path | None) -> Iterator[tuple[Path, bool]]:
    """Each file in ``folder`` and below, and whether it counts as an image."""
    seen = {os.path.realpath(folder)}
    if leave_out is not None:
        seen.add(os.path.realpath(leave_out))
    unreadable: list[Path] = []
    walk = os.walk(folder, followlinks=True, onerror=lambda e: unreadable.append(Path(e.filename)))
    for parent, folders, names in walk:
        searched = []
        for name in sorted(folders):
            path = Path(parent, name)
            if name.startswith(".") or _is_predictions(path):
                yield path, False  # hidden, or the masks and overlays of an earlier run
            elif (real := os.path.realpath(path)) not in seen:  # a link may lead back up
                seen.add(real)
                searched.append(name)
        folders[:] = searched
        for name in sorted(names):
            yield Path(parent, name), _is_image(Path(parent, name))
    for path in unreadable:
        yield path, False


def _is_predictions(folder: Path) -> bool:
    try:
        return is_own_table(folder / TABLE_NAME)
    except OSError:
        return False


def _is_missing(path: Path) -> bool:
    if _is_file(path) or _is_folder(path):
        return False
    try:
        return not stat.S_ISLNK(path.lstat().st_mode)  # a link that leads nowhere is there
    except PermissionError:  # of the folder it lies in
        return False
    except OSError:
        return True


def _is_result(file: Path) -> bool:
    """Whether ``hilum predict`` made it: a mask, an overlay or a probability map."""
    try:
        return _is_file(file) and is_marked(file)
    except OSError:
        return False


def _is_image(file: Path) -> bool:
    if file.name.startswith(".") or _is_result(file):
        return False
    if file.suffix.lower() in IMAGE_SUFFIXES:
        # A link that leads nowhere is reported as failed; a pipe or a device is never opened.
        return _is_file(file) or file.is_symlink()
    return holds_image(file)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long, a folder that may not be entered
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _from_common_folder(files: Sequence[Path]) -> list[str]:
    # The folder's real path, but the file's own name: that pair is never the same twice.
    real = [Path(os.path.realpath(file.parent), file.name) for file in files]
    common = Path(os.path.commonpath(real))
    return [path.relative_to(common).as_posix() for path in real]


def _escape(unprintable: re.Match[str]) -> str:
    return unprintable[0].encode("unicode_escape").decode()
