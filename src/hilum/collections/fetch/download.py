"""One file over HTTP with pooch, which itself cannot go on with a download that broke off."""

from __future__ import annotations

import logging
import re
import shutil
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pooch
import requests

from hilum.collections.fetch.parts import Origin, Part
from hilum.collections.fetch.sources import FileSource
from hilum.errors import FetchError
from hilum.workers import Progress, no_progress

_BLOCK = 1 << 16
"""Bytes. What was read of a block is lost where the connection breaks."""
_STEP = 1 << 20
_TIMEOUT = (20.0, 60.0)
"""Seconds for a connection, and for the next bytes."""
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_WAITS = (1.0, 2.0, 4.0, 8.0)
"""Seconds between attempts that bring nothing more; then it is given up."""
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")
_BROKEN = (
    requests.exceptions.ConnectionError,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.Timeout,
)


def download(
    source: FileSource,
    folder: Path,
    *,
    help_page: str,
    waits: tuple[float, ...] = _WAITS,
    progress: Progress = no_progress,
) -> Path:
    """Download ``source`` into ``folder``, going on where an earlier attempt broke off.

    The file appears only when it is complete, has the checksum where one is known, and is a zip
    archive where its name says so. One that is not is kept as ``<name>.not-trusted``.

    Args:
        source: what to download.
        folder: is made.
        help_page: where a person finds the file.
        waits: seconds before each further attempt after one that brought nothing.
        progress: told of each million bytes or so.

    Raises:
        FetchError: it could not be downloaded, or is not what it should be.
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pooch.get_logger().setLevel(logging.WARNING)
    fetcher = _Resuming(source, folder, help_page, waits, progress)
    pooch.retrieve(
        source.url,
        known_hash=None if source.sha256 is None else f"sha256:{source.sha256}",
        fname=source.name,
        path=folder,
        downloader=fetcher,
    )
    return folder / source.name


@dataclass(frozen=True)
class _Resuming:
    """A downloader as pooch calls it."""

    source: FileSource
    folder: Path
    help_page: str
    waits: tuple[float, ...]
    progress: Progress

    def __call__(self, url: str, output_file: str, _pooch: object) -> None:
        part = Part(self.folder / f".{self.source.name}.part")
        most, failures = part.size, 0
        with requests.Session() as session:
            while (trouble := self._attempt(session, url, part)) is not None:
                failures = 0 if part.size > most else failures + 1
                most = max(most, part.size)
                if failures > len(self.waits):
                    raise self._given_up(trouble, part.size)
                if failures:
                    time.sleep(self.waits[failures - 1])
        self._check(part)
        part.finish(Path(output_file))

    def _attempt(self, session: requests.Session, url: str, part: Part) -> str | None:
        """Fetch what is missing; None when all is here, or what went wrong if it may go better."""
        origin = part.origin()
        headers = {"Accept-Encoding": "identity"}
        if origin is None or origin.url != url:
            part.discard()
        elif part.size == origin.total:
            return None
        elif part.size and (origin.validator or self.source.sha256):
            headers["Range"] = f"bytes={part.size}-"
            if origin.validator:
                headers["If-Range"] = origin.validator
        try:
            with session.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
                return self._receive(response, part, origin)
        except requests.exceptions.SSLError as error:
            raise self._refused("its certificate is not trusted", error) from None
        except _BROKEN as error:
            return _words(error)
        except requests.exceptions.RequestException as error:
            raise self._refused("the address cannot be fetched", error) from None

    def _receive(
        self, response: requests.Response, part: Part, origin: Origin | None
    ) -> str | None:
        status = response.status_code
        if self.source.url.startswith("https:") and not response.url.startswith("https:"):
            raise self._refused("it leads to an unsafe connection", response.url)
        if status in _TRY_AGAIN:
            return f"status {status} {response.reason}"
        if status == 416:  # what is here is not the beginning of what is there
            part.discard()
            return f"status {status} {response.reason}"
        if status not in (200, 206):
            raise self._refused("the server refuses the file", f"status {status} {response.reason}")
        if status == 206:
            found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
            total = int(found[2]) if found else None
            if not found or int(found[1]) != part.size or (origin and origin.total != total):
                part.discard()
                return "the server sent another part than was asked for"
        else:
            total = _length(response)
            part.begin(Origin(self.source.url, _validator(response), total))
        _require_room(self.folder, total, part.size)
        self._append(response, part, total)
        if total is not None and part.size != total:
            return f"{part.size:,} of {total:,} bytes"
        return None

    def _append(self, response: requests.Response, part: Part, total: int | None) -> None:
        advance = self.progress(f"fetching {self.source.name} (MB)", (total or 0) // _STEP)
        shown = 0
        with part.path.open("ab") as file:
            for block in response.iter_content(_BLOCK):
                file.write(block)
                for _ in range(shown, file.tell() // _STEP):
                    advance()
                shown = file.tell() // _STEP

    def _check(self, part: Part) -> None:
        """Put a file aside that is not what it should be."""
        expected = self.source.sha256
        if expected is not None and (got := pooch.file_hash(str(part.path))) != expected:
            cause, words = "the checksum is wrong", f"SHA-256 {got}"
        elif self.source.name.endswith(".zip") and not zipfile.is_zipfile(part.path):
            cause, words = "this is no complete zip archive", f"{part.size:,} bytes"
            expected = "a zip archive; a page to log in looks like this"
        else:
            return
        aside = self.folder / f"{self.source.name}.not-trusted"
        part.finish(aside)
        raise FetchError(
            cause,
            path=self.source.url,
            got=f"{words}, kept as {aside.name} and not used",
            expected=expected,
            remedy=f"fetch again; if it stays so, see {self.help_page} for a new address",
        )

    def _given_up(self, trouble: str, kept: int) -> FetchError:
        if kept == 0:
            return FetchError(
                "the server gives nothing",
                path=self.source.url,
                got=trouble,
                remedy=f"try again later, or download {self.source.name} from {self.help_page} and "
                "give hilum the archive",
            )
        return FetchError(
            "the download broke off",
            path=self.source.url,
            got=f"{trouble}; {kept:,} bytes are kept",
            remedy="run the same command again: it goes on where this one stopped",
        )

    def _refused(self, cause: str, got: object) -> FetchError:
        return FetchError(
            cause,
            path=self.source.url,
            got=_words(got),
            remedy=f"open {self.help_page} in a browser, download {self.source.name} there and "
            "give hilum the archive",
        )


def _words(error: object) -> str:
    """What went wrong, without the objects that requests and urllib3 wrap around it."""
    arguments = error.args if isinstance(error, Exception) else ()
    error = getattr(arguments[0], "reason", error) if arguments else error
    text = " ".join(str(error).split()).rpartition("): ")[2].rstrip(".")
    return text[:200] or type(error).__name__


def _length(response: requests.Response) -> int | None:
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def _validator(response: requests.Response) -> str | None:
    tag = response.headers.get("ETag", "")
    if tag and not tag.startswith("W/"):  # a weak one does not promise the same bytes
        return tag
    return response.headers.get("Last-Modified")


def _require_room(folder: Path, total: int | None, present: int) -> None:
    free = shutil.disk_usage(folder).free
    if total is not None and total - present > free:
        raise FetchError(
            "there is not enough room for the download",
            path=folder,
            got=f"{free / 1e9:.1f} GB",
            expected=f"{(total - present) / 1e9:.1f} GB",
            remedy="make room, or name a folder on another disk with -o",
        )
