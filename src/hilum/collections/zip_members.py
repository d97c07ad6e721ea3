"""The files in a zip archive that may be unpacked, where to, and what is wrong with the others.

An archive is somebody else's: its names, sizes and kinds of files are checked before anything is
written, and what is written stays below one folder.
"""

from __future__ import annotations

import lzma
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hilum.collections.collection import Problem
from hilum.collections.folders import is_safe_path

_MAX_RATIO = 200
"""Unpacked to packed size. Radiographs are packed already; tables come to about 20."""
_RATIO_COUNTS_FROM = 100_000_000
"""Bytes unpacked up to which a ratio does no harm."""
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)[ .:]*$", re.I)
"""Names that Windows gives to devices, whatever ending follows."""
_ENCRYPTED = 0x1
_PLAIN_FILES = (0, stat.S_IFREG)
"""File types in a Unix mode; 0 where none was stored."""


DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    RuntimeError,  # passwords, and versions and methods that zipfile does not know
    ValueError,
    struct.error,
)
"""What :mod:`zipfile` raises for a damaged archive, but for bz2's OSError."""


@dataclass(frozen=True)
class Member:
    """A file to be unpacked to ``place``, relative to the folder, with forward slashes."""

    info: zipfile.ZipInfo
    place: str


def plan_unpacking(
    infos: Sequence[zipfile.ZipInfo],
) -> tuple[tuple[Member, ...], tuple[Problem, ...]]:
    """What of an archive's directory can be unpacked, and a problem for every other file.

    Backslashes separate folders, as some Windows programs write them. Of several files with one
    name the last counts, as with other programs; the others are problems. Names that differ in
    case are different.
    """
    files = [(info, _place(info)) for info in infos if not info.filename.endswith(("/", "\\"))]
    last = {place: info for info, place in files}
    folders = {parent for place in last for parent in _parents(place)}
    members, problems = [], []
    for info, place in files:
        trouble = _trouble(info, place)
        if trouble is None and last[place] is not info:
            trouble = (
                "second copy",
                "the archive has another file of this name; the last one counts",
            )
        if trouble is None and place in folders:
            trouble = "unsafe path", "the archive has a folder of the same name"
        if trouble is None:
            members.append(Member(info, place))
        else:
            problems.append(member_problem(place, *trouble))
    return tuple(members), tuple(problems)


def member_problem(place: str, kind: str, detail: str) -> Problem:
    """A problem of the file at ``place``, whose name may be any text."""
    return Problem(place.encode("utf-8", "backslashreplace").decode(), kind, detail)


def _place(info: zipfile.ZipInfo) -> str:
    name = info.filename.replace("\\", "/")
    return re.sub(r"/(\./|/)+", "/", re.sub(r"^(\./+)+", "", name))


def _parents(place: str) -> Iterator[str]:
    parts = place.split("/")
    return ("/".join(parts[:count]) for count in range(1, len(parts)))


def _trouble(info: zipfile.ZipInfo, place: str) -> tuple[str, str] | None:
    """Kind and detail of what keeps a file from being unpacked; None for a sound one."""
    if not is_safe_path(place) or place.endswith("."):
        return "unsafe path", "it would lie outside the folder, or nowhere"
    if os.name == "nt" and re.search(r'[<>:"|?*\x00-\x1f]', place):
        return "unsafe path", "Windows knows no such name"
    if any(_DEVICE.match(part.split(".")[0]) for part in place.split("/")):
        return "unsafe path", "it is named like a device"
    if stat.S_IFMT(info.external_attr >> 16) not in _PLAIN_FILES:
        return "unsafe path", "it is a link or a device, no file"
    if info.flag_bits & _ENCRYPTED:
        return "encrypted file", "unpack the archive with its password and give the folder"
    if info.file_size > max(_RATIO_COUNTS_FROM, _MAX_RATIO * info.compress_size):
        return "decompression bomb", f"{info.compress_size:,} bytes become {info.file_size:,}"
    return None
