"""A small disk of its own, to be filled or made read-only under a running command."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class Disk:
    """A file system of a few megabytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def leave_room(self, size: int) -> None:
        """Fill it until ``size`` bytes are free."""
        self.make_room()
        free = shutil.disk_usage(self.folder).free
        with self._ballast.open("wb") as file:
            if free > size:
                os.posix_fallocate(file.fileno(), 0, free - size)

    def make_room(self) -> None:
        """Empty it of what :meth:`leave_room` wrote."""
        self._ballast.unlink(missing_ok=True)

    def forbid_writing(self) -> None:
        """Make it read-only, as a worn card or a share without rights is; for root as well."""
        _run("mount", "-o", "remount,ro", str(self.folder))


@contextmanager
def small_disk(folder: Path, *, size: str) -> Iterator[Disk]:
    """Mount one at ``folder``; skips the test where this user may not."""
    folder.mkdir()
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no right to mount a small disk here")
    try:
        yield Disk(folder)
    finally:
        _run("umount", "-l", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
