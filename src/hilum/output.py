"""Outputs that are never half there, and that one run at a time writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from hilum.errors import OutputError

_NOT_WRITABLE = "the output cannot be written"


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
        _NOT_WRITABLE, path=output, got=got, remedy="choose a place you may write to"
    )


def refuse_existing(output: Path) -> None:
    """Raises:
    OutputError: something lies at ``output``, or its name is no UTF-8, which Parquet needs.
    """
    try:
        os.fspath(output.absolute()).encode()
    except UnicodeEncodeError:
        raise OutputError(
            "no dataset can be opened under a name that is no UTF-8",
            path=output,
            remedy="choose another name or folder",
        ) from None
    if output.exists():
        raise OutputError(
            "the output exists already", path=output, remedy="name a new folder, or remove it"
        )


@contextmanager
def folder_to_be(output: Path, *, until_then: str, remedy: str) -> Iterator[Path]:
    """Where to make the folder ``output``: beside it, hidden, with the ending ``until_then``.

    It may be there from a run before. It becomes ``output`` when the block ends without an error;
    after one it stays, and only folders above it that this run made and that are empty go.
    ``remedy`` is what helps where it cannot be written.

    Raises:
        OutputError: there is an output, another run writes it, or it cannot be written.
    """
    refuse_existing(output)
    folder = output.with_name(f".{output.name}.{until_then}")
    made = _first_missing(folder.parent)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with held(output, lock=output.with_name(f".{output.name}.lock")):
            refuse_existing(output)
            yield folder
            folder.rename(output)
    except OSError as error:
        got = error.strerror or str(error) or type(error).__name__
        raise OutputError(_NOT_WRITABLE, path=output, got=got, remedy=remedy) from None
    finally:
        _remove_empty(folder.parent, made)


@contextmanager
def new_folder(folder: Path) -> Iterator[None]:
    """Make ``folder`` for what the block puts there.

    Where the block fails before it put anything there, ``folder`` goes again, and those above it
    that this run made.

    Raises:
        OutputError: it holds something, or cannot be made.
    """
    made = _first_missing(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_empty = not any(folder.iterdir())
    except OSError as error:
        raise _not_writable(folder, error.strerror or type(error).__name__) from None
    if not is_empty:
        raise OutputError("the output folder is not empty", path=folder, remedy="name a new folder")
    try:
        yield
    except BaseException:
        _remove_empty(folder, made)
        raise


def _first_missing(folder: Path) -> Path | None:
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    return missing[-1] if missing else None


def _remove_empty(folder: Path, made: Path | None) -> None:
    """Remove the folders this run made if nothing came to lie in them."""
    while made is not None and folder.is_relative_to(made):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


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
