"""Zip archives are read like folders: unpacked into a temporary one for as long as a command runs.

The user knows the archive, never the temporary folder: what is shown or written names the
archive, errors too. A file that cannot be unpacked safely becomes a problem.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from hilum.collections.collection import Problem, Reading
from hilum.collections.leftovers import claim, remove_leftovers
from hilum.collections.unpack import MORE_ROOM, declared_size, unpack
from hilum.errors import CollectionError, HilumError
from hilum.workers import Progress, no_progress

PREFIX = "hilum-unpacked-"
"""How the names of the temporary folders begin."""

_SPARE = 200_000_000
"""Bytes of the disk that are left free."""


@dataclass(frozen=True)
class Source:
    """A folder to read, or a file, and how the user named it."""

    path: Path
    """Where it is now: as named, or the folder into which the archive was unpacked."""
    named: Path
    problems: tuple[Problem, ...] = ()
    """What could not be unpacked; the paths begin at the archive's top."""
    folder: str = ""
    """What its paths begin with in the dataset that is made again; empty where none is."""

    @property
    def archive(self) -> Path | None:
        """The archive, where it is one."""
        return None if self.path == self.named else self.named

    def shown(self, path: Path) -> Path:
        """``path``, which lies at or below this source's, as the user knows it."""
        return self.named / path.relative_to(self.path)

    def complete(self, reading: Reading) -> Reading:
        """``reading``, which was read here, with the archive and what could not be unpacked."""
        if self.archive is None:
            return reading
        place = reading.root.relative_to(self.path).as_posix().removeprefix(".")
        moved = (_below(problem, place) for problem in self.problems)
        return dataclasses.replace(
            reading,
            problems=(*reading.problems, *moved),
            archive=self.archive,
            place_in_archive=place,
        )


def _below(problem: Problem, place: str) -> Problem:
    inside = place and problem.source_path.startswith(f"{place}/")
    path = problem.source_path[len(place) + 1 :] if inside else problem.source_path
    return dataclasses.replace(problem, source_path=path)


def is_archive(path: Path) -> bool:
    """Whether ``path`` is a file that is, or by its ending should be, a zip archive."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            head = file.read(4)
    except OSError:
        return False
    return path.suffix.lower() == ".zip" or head in (b"PK\3\4", b"PK\5\6")


@contextmanager
def open_sources(
    paths: Sequence[Path], *, names_only: bool = False, progress: Progress = no_progress
) -> Iterator[tuple[Source, ...]]:
    """``paths`` in their order, each zip archive among them unpacked until the block ends.

    The temporary folder lies where :mod:`tempfile` puts it (``TMPDIR``) and goes when the block
    is left, by an error, Ctrl-C or a signal to terminate as well; one whose process was killed
    goes when the next archive is opened. Errors that leave the block name the archive.

    Args:
        paths: folders, zip archives, or anything else, which is passed on as it is.
        names_only: make empty files, enough to recognise a collection.
        progress: told of each unpacked file.

    Raises:
        CollectionError: an archive cannot be read at all, or there is no room to unpack it.
    """
    archives: dict[Path, Path] = {}
    for path in filter(is_archive, paths):
        archives.setdefault(_identity(path), path)
    if not archives:
        yield tuple(Source(path, path) for path in paths)
        return
    remove_leftovers(Path(tempfile.gettempdir()), PREFIX)
    with _temporary_folder() as temporary:
        sources: tuple[Source, ...] = ()
        try:
            needed = sum(declared_size(archive) for archive in archives.values())
            if not names_only:
                _require_room(needed, archives.values(), temporary)
            unpacked = {
                identity: _unpack(archive, temporary / str(number), names_only, progress)
                for number, (identity, archive) in enumerate(archives.items())
            }
            sources = tuple(unpacked.get(_identity(path), Source(path, path)) for path in paths)
            yield sources
        except HilumError as error:
            raise _in_users_words(error, sources) from None


def _identity(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _in_users_words(error: HilumError, sources: Sequence[Source]) -> HilumError:
    """``error`` with each archive for its temporary folder, and with what could not be unpacked."""

    def swap(text: str | None) -> str | None:
        for source in sources:
            if text is not None and source.archive is not None:
                for path in (source.path.resolve(), source.path):
                    text = text.replace(str(path), str(source.archive))
        return text

    got = swap(error.got)
    refused = [problem for source in sources for problem in source.problems]
    if refused and isinstance(error, CollectionError):
        first = f"{refused[0].source_path} ({refused[0].kind}: {refused[0].detail})"
        told = f"files that could not be unpacked: {len(refused)}, first {first}"
        got = told if got is None else f"{got}, and {told}"
    return type(error)(
        swap(error.cause) or error.cause,
        path=swap(error.path),
        got=got,
        expected=swap(error.expected),
        remedy=swap(error.remedy),
    )


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    with contextlib.ExitStack() as stack:
        stack.enter_context(_terminated_like_interrupted())
        try:
            folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        except OSError as error:
            raise CollectionError(
                "no temporary folder can be made to unpack an archive",
                path=tempfile.gettempdir(),
                got=error.strerror or type(error).__name__,
                remedy="set TMPDIR to a folder you may write to",
            ) from None
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.enter_context(claim(folder))
        yield folder


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the process as an exception does, so that it tidies up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    taken = [number for number in numbers if signal.getsignal(number) == signal.SIG_DFL]
    for number in taken:
        signal.signal(number, _exit)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _exit(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _require_room(needed: int, archives: Iterable[Path], temporary: Path) -> None:
    free = shutil.disk_usage(temporary).free - _SPARE
    if needed > free:
        raise CollectionError(
            "there is not enough room to unpack the archive",
            path=", ".join(map(str, archives)),
            got=f"{max(free, 0) / 1e9:.1f} GB in {tempfile.gettempdir()}",
            expected=f"{needed / 1e9:.1f} GB",
            remedy=MORE_ROOM,
        )


def _unpack(archive: Path, place: Path, names_only: bool, progress: Progress) -> Source:
    # Named like the archive, as if unpacked by hand: a folder's name may be a label.
    folder = place / (archive.stem.strip(". ") or "archive")
    problems = unpack(archive, folder, names_only=names_only, progress=progress)
    return Source(folder, archive, problems)
