"""Zip archives for tests: of a folder, or written byte by byte."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path


def zip_folder(folder: Path, archive: Path, *, below: str = "") -> Path:
    """Zip what lies in ``folder``, below the folder ``below`` of the archive."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(folder.rglob("*")):
            file.write(path, Path(below, path.relative_to(folder)).as_posix())
    return archive


def write_zip(archive: Path, members: Mapping[str, bytes] | list[tuple[str, bytes]]) -> Path:
    """An archive of these names and contents, deflated."""
    pairs = members.items() if isinstance(members, Mapping) else members
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in pairs:
            info = zipfile.ZipInfo(name)
            info.filename = name  # as it is: the constructor would change separators
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, content)
    return archive


def add_link(archive: Path, name: str, target: str) -> None:
    """Add a symbolic link, as Info-ZIP stores it."""
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr(info, target)


def patch(archive: Path, old: bytes, new: bytes, *, count: int = -1) -> None:
    """Replace bytes of the archive."""
    data = archive.read_bytes()
    assert old in data and len(old) == len(new)
    archive.write_bytes(data.replace(old, new, count))
