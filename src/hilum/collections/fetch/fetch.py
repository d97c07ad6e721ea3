"""A collection's name → its published files in a folder, checked and recorded."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hilum.collections.archives import open_sources
from hilum.collections.collection import Facts
from hilum.collections.fetch.clients import clone, commit_of, fetch_from_kaggle
from hilum.collections.fetch.record import RECORD_NAME, Record, add_record, now, read_records
from hilum.collections.fetch.sources import (
    PUBLICATIONS,
    FileSource,
    GitSource,
    KaggleSource,
    PageSource,
    Publication,
)
from hilum.collections.registry import COLLECTIONS, recognise
from hilum.errors import FetchError, OutputError
from hilum.workers import Progress, no_progress

_COMPUTED = "computed here"
_PUBLISHED = "as published"


@dataclass(frozen=True)
class Fetched:
    """What is there now."""

    path: Path
    """The folder or zip archive to give to hilum."""
    record: Record | None
    """None for a folder that was given and left where it is."""
    was_there: bool
    """Whether it had been fetched before."""
    facts: Facts
    note: str


def fetch(
    name: str,
    folder: Path,
    *,
    publication: Publication | None = None,
    progress: Progress = no_progress,
) -> Fetched:
    """Fetch the collection called ``name`` into ``folder``, unless it is there.

    Args:
        name: as 'hilum collections' lists it.
        folder: is made; receives the files and ``hilum-fetch.json``.
        publication: where it is published, in place of what hilum knows.
        progress: told of each million bytes.

    Raises:
        FetchError: hilum cannot fetch it; says what to do by hand.
        OutputError: ``folder`` cannot be written.
    """
    facts = facts_of(name)
    publication = publication or PUBLICATIONS.get(name)
    if publication is None:
        raise FetchError(f"{name} is not published anywhere", remedy=f"instead, {facts.how_to_get}")
    if isinstance(publication.source, PageSource):
        raise FetchError(
            "no program may download this collection",
            path=publication.source.page,
            remedy=f"open that page, {publication.source.steps}; then run 'hilum fetch {name} "
            "--from ARCHIVE.zip', or give the archive to 'hilum inspect' and 'hilum compile'",
        )
    with _writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        match publication.source:
            case GitSource() as source:
                path, record, was_there = _clone(source, folder)
            case FileSource() as source:
                path, record, was_there = _download(source, folder, facts, progress)
            case KaggleSource() as source:
                path, record, was_there = _from_kaggle(source, folder, facts)
        if path.name not in read_records(folder) or not was_there:
            add_record(folder, name, record)
    require_collection(name, path)
    return Fetched(path, record, was_there, facts, publication.note)


def adopt(name: str, given: Path, folder: Path | None) -> Fetched:
    """Take ``given``, a zip archive or folder that somebody downloaded, for ``name``.

    It is checked to be that collection and, where there is a ``folder``, copied and recorded there.

    Raises:
        CollectionError: it is no collection hilum knows.
        FetchError: it is another one.
        OutputError: ``folder`` cannot be written, or holds it already.
    """
    facts = facts_of(name)
    require_collection(name, given)
    note = PUBLICATIONS[name].note if name in PUBLICATIONS else ""
    if folder is None:
        return Fetched(given, None, False, facts, note)
    target = folder / given.resolve().name
    if folder.resolve().is_relative_to(given.resolve()):
        raise OutputError(
            "the output lies in what is to be copied", path=folder, remedy="name another folder"
        )
    if os.path.lexists(target):
        raise OutputError("the copy exists already", path=target, remedy="name another folder")
    with _writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f".{target.name}.unfinished"
        if given.is_dir():
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(given, unfinished, symlinks=True)
            record = Record(target.name, "given", now())
        else:
            shutil.copyfile(given, unfinished)
            record = _record(unfinished, target.name, "given", None)
        unfinished.rename(target)
        add_record(folder, name, record)
    return Fetched(target, record, False, facts, note)


def facts_of(name: str) -> Facts:
    """What is published about the collection called ``name``.

    Raises:
        FetchError: there is none.
    """
    known = {collection.facts.name: collection.facts for collection in COLLECTIONS}
    if name not in known:
        raise FetchError(
            "there is no such collection", got=name, expected=", ".join(known), remedy="choose one"
        )
    return known[name]


def require_collection(name: str, path: Path) -> None:
    """Check by its names that what lies at ``path`` is the collection called ``name``.

    Raises:
        CollectionError: it is no collection hilum knows, or an archive that cannot be opened.
        FetchError: it is another one.
    """
    with open_sources([path], names_only=True) as (source,):
        found = recognise(source.path)[0].facts.name
    if found != name:
        raise FetchError(
            "this is another collection",
            path=path,
            got=found,
            expected=name,
            remedy=f"fetch {name} again, or take it for {found}",
        )


def _clone(source: GitSource, folder: Path) -> tuple[Path, Record, bool]:
    path = folder / source.name
    was_there = os.path.lexists(path)
    commit = commit_of(path) if was_there else clone(source, path)
    earlier = read_records(folder).get(source.name) if was_there else None
    return path, earlier or Record(source.name, source.url, now(), commit=commit), was_there


def _download(
    source: FileSource, folder: Path, facts: Facts, progress: Progress
) -> tuple[Path, Record, bool]:
    there = _present(folder / source.name, source.url, source.sha256)
    if there is not None:
        return folder / source.name, there, True
    try:
        from hilum.collections.fetch.download import download
    except ModuleNotFoundError as error:
        raise FetchError(
            "downloading needs more packages",
            got=str(error),
            remedy="in the folder of hilum's clone, run: pip install '.[fetch]'; or download "
            f"{source.name} from {facts.home_page} and give hilum the archive",
        ) from None
    path = download(source, folder, help_page=facts.home_page, progress=progress)
    return path, _record(path, path.name, source.url, source.sha256), False


def _from_kaggle(source: KaggleSource, folder: Path, facts: Facts) -> tuple[Path, Record, bool]:
    path = folder / f"{source.dataset.rpartition('/')[2]}.zip"
    there = _present(path, source.page, None)
    if there is not None:
        return path, there, True
    fetch_from_kaggle(source, path, collection=facts.name)
    return path, _record(path, path.name, source.page, None), False


def _present(path: Path, url: str, sha256: str | None) -> Record | None:
    """The record of a file that is there and has the bytes it was fetched with.

    Raises:
        FetchError: there is a file, but another one, or one that nobody recorded.
    """
    if not os.path.lexists(path):
        return None
    record = read_records(path.parent).get(path.name)
    expected = sha256 or (record.sha256 if record is not None else None)
    if expected is None:
        raise FetchError(
            "a file is there that hilum did not fetch",
            path=path,
            expected=f"a line of it in {RECORD_NAME}",
            remedy="move it away and fetch again, or give it to hilum as it is",
        )
    present = _record(path, path.name, url, sha256)
    if present.sha256 != expected:
        raise FetchError(
            "the file was changed since it was fetched",
            path=path,
            got=f"SHA-256 {present.sha256}",
            expected=expected,
            remedy="move it away and fetch again",
        )
    return record or present


def _record(path: Path, name: str, url: str, published: str | None) -> Record:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    checksum = _COMPUTED if published is None else _PUBLISHED
    return Record(name, url, now(), path.stat().st_size, sha256, checksum)


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            "the collection cannot be written",
            path=error.filename or folder,
            got=error.strerror or str(error) or type(error).__name__,
            remedy="choose a folder you may write to, with room enough",
        ) from None
