"""A zip archive from somebody else → files below one folder, and a problem for every other file."""

from __future__ import annotations

import errno
import os
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from hilum.collections.collection import Problem
from hilum.collections.zip_members import DAMAGE, Member, member_problem, plan_unpacking
from hilum.errors import CollectionError
from hilum.workers import Progress

MAX_UNPACKED = 2_000_000_000_000
"""Bytes in one archive. ChestX-ray14 has about 42 thousand million."""
MAX_MEMBERS = 5_000_000
"""ChestX-ray14 has 112,120 images."""
_MAX_RATIO = 50
"""Unpacked to packed size of a whole archive of more than a thousand million bytes."""
_RATIO_COUNTS_FROM = 1_000_000_000
MORE_ROOM = "set TMPDIR to a folder on a larger disk, or unpack it and give the folder"
"""What to do where the disk is full."""
_FIRST_FILE = b"PK\3\4"
_DISK_BLOCK = 4096
"""Bytes that a small file takes at most beyond its size."""
_BLOCK = 1 << 20
_REMEDY = "fetch the archive again"
_DAMAGE = (*DAMAGE, OSError)


@contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    try:
        file = zipfile.ZipFile(archive)
    except _DAMAGE as error:
        raise CollectionError(
            "the zip archive cannot be opened",
            path=archive,
            got=_words(error),
            expected="a complete zip archive",
            remedy=_REMEDY,
        ) from None
    with file:
        yield file


def _require_first(archive: Path, infos: Sequence[zipfile.ZipInfo]) -> None:
    """Where an archive was cut off, the directory that is found may be that of one within it."""
    if not infos or min(info.header_offset for info in infos) == 0:
        return
    with archive.open("rb") as file:
        if file.read(4) == _FIRST_FILE:  # else something else precedes, a program that unpacks it
            raise CollectionError(
                "the zip archive is cut off",
                path=archive,
                got="the list of files of another archive within it",
                expected="a complete zip archive",
                remedy=_REMEDY,
            )


def _words(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error) or type(error).__name__).rstrip(".")


def declared_size(archive: Path) -> int:
    """How many bytes of a disk ``archive`` says it unpacks to.

    Raises:
        CollectionError: it cannot be opened, or unpacks to more than radiographs can.
    """
    with _opened(archive) as file:
        infos = file.infolist()
        _require_first(archive, infos)
    total = sum(info.file_size for info in infos)
    packed = archive.stat().st_size
    if total > MAX_UNPACKED or len(infos) > MAX_MEMBERS:
        got = f"{len(infos):,} files, {total:,} bytes unpacked"
    elif total > max(_RATIO_COUNTS_FROM, _MAX_RATIO * packed):
        got = f"{packed:,} bytes that become {total:,}"
    else:
        return total + _DISK_BLOCK * len(infos)
    raise CollectionError(
        "this is no archive of radiographs, it unpacks to far too much",
        path=archive,
        got=got,
        remedy=f"{_REMEDY} from where it is published",
    )


def unpack(
    archive: Path, folder: Path, *, names_only: bool, progress: Progress
) -> tuple[Problem, ...]:
    """Unpack ``archive`` below ``folder``, which is made; what could not be unpacked.

    Args:
        archive: a zip archive.
        folder: must not exist.
        names_only: make empty files.
        progress: told of each file.

    Raises:
        CollectionError: the archive cannot be opened, or the disk is full.
    """
    folder.mkdir(parents=True)
    with _opened(archive) as file:
        members, refused = plan_unpacking(file.infolist())
        problems = list(refused)
        advance = progress(f"unpacking {archive.name}", len(members))
        for member in members:
            trouble = _unpack_member(file, member, folder / member.place, names_only)
            if trouble is not None:
                problems.append(member_problem(member.place, *trouble))
            advance()
    return tuple(problems)


def _unpack_member(
    file: zipfile.ZipFile, member: Member, target: Path, names_only: bool
) -> tuple[str, str] | None:
    """Unpack one file; the kind and detail of what is wrong with it, or None.

    Raises:
        CollectionError: the disk is full.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target = _free_place(target)
        with target.open("xb") as output:
            damage = None if names_only else _copy(file, member.info, output)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            return "unsafe path", _words(error)
        raise CollectionError(
            "the disk is full while the archive is being unpacked",
            path=file.filename,
            got=tempfile.gettempdir(),
            remedy=MORE_ROOM,
        ) from None
    if damage is None:
        # A checksum for a time: what goes on after a kill tells by it that nothing has changed.
        os.utime(target, ns=(member.info.CRC, member.info.CRC))
        return None
    target.unlink()
    return "damaged archive", damage


def _free_place(target: Path) -> Path:
    """Another name where the disk takes two names for one, such as ``A.png`` and ``a.png``."""
    while os.path.lexists(target):
        target = target.with_name(f"{target.stem}~2{target.suffix}")
    return target


def _copy(file: zipfile.ZipFile, info: zipfile.ZipInfo, output: IO[bytes]) -> str | None:
    """Write what ``info`` holds; what is wrong with it, or None."""
    blocks = _blocks(file, info)
    while True:
        try:
            block = next(blocks, b"")
        except _DAMAGE as error:
            return _words(error)
        if not block:
            break
        output.write(block)
    size = output.tell()
    return None if size == info.file_size else f"{size:,} bytes instead of {info.file_size:,}"


def _blocks(file: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    with file.open(info) as packed:
        while block := packed.read(_BLOCK):
            yield block
