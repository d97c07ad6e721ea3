"""Only files are opened for reading: a pipe would never answer, a device never end."""

from __future__ import annotations

import errno
import os
from io import BufferedReader
from pathlib import Path


def open_plain(path: Path) -> BufferedReader:
    """Open the file at ``path``, of which a link may be the name, to read its bytes.

    Raises:
        OSError: it is not there, a folder, not to be read, or a pipe, socket or device.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, "a pipe, socket or device instead of a file", os.fspath(path))
    return path.open("rb")


def read_plain(path: Path) -> bytes:
    """All bytes of the file at ``path``; raises as :func:`open_plain`."""
    with open_plain(path) as file:
        return file.read()
