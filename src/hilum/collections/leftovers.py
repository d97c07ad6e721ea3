"""Temporary folders of runs that were killed, told from those that are in use by a lock."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows; there the system's own tidying has to do
    fcntl = None  # type: ignore[assignment]

_IN_USE = ".in-use"


@contextmanager
def claim(folder: Path) -> Iterator[None]:
    """Mark ``folder`` as in use until the block ends or the process does, however it does."""
    unready = folder / f"{_IN_USE}.new"
    with unready.open("wb") as file:
        if fcntl is not None:
            # Some network disks know no locks; then the folder is only removed by its own run.
            with contextlib.suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                unready.rename(folder / _IN_USE)
        yield


def remove_leftovers(place: Path, prefix: str) -> None:
    """Remove this user's folders in ``place`` that begin with ``prefix`` and nobody uses."""
    if fcntl is None:
        return
    for folder in place.glob(f"{prefix}*"):
        with contextlib.suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            with (folder / _IN_USE).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails where it is in use
                shutil.rmtree(folder, ignore_errors=True)
