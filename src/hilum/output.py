"""Outputs that are never half there, and that one run at a time writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from hilum.errors import OutputError


@contextmanager
def held(output: Path, *, lock: Path) -> Iterator[None]:
    """Keep other runs out of ``output`` until the block is left, or this process dies.

    ``lock`` is the file that says so, in a folder that exists; it is removed at the end.

    Raises:
        OutputError: another run holds ``output``, or ``lock`` cannot be written.
    """
    holder = FileLock(lock.absolute(), timeout=0)
    try:
        holder.acquire()
    except Timeout:
        if not lock.exists():  # tried in vain to make it, in /proc for example
            raise _not_writable(output, "a folder that takes no new files") from None
        raise OutputError(
            "another run is writing this output",
            path=output,
            remedy="wait until it has ended, or name another output",
        ) from None
    except OSError as error:
        raise _not_writable(output, error.strerror or type(error).__name__) from None
    try:
        yield
    finally:
        with suppress(PermissionError):  # of Windows, which keeps what is open
            lock.unlink(missing_ok=True)  # while it is held: nobody else's is removed
        holder.release()


def _not_writable(output: Path, got: str) -> OutputError:
    return OutputError(
        "the output cannot be written",
        path=output,
        got=got,
        remedy="choose a place you may write to",
    )


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``, which appears, or is replaced, once it is complete.

    Raises:
        OSError: it cannot be written; nothing is left of it, and the error names ``path``.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        unfinished.write_bytes(data)
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink()
        error.filename = os.fspath(path)
        raise
