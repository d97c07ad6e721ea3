"""Find the image that an annotation names: in its own folder, or in the others of the run."""

from __future__ import annotations

import filecmp
import re
import urllib.parse
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TypeVar

from hilum.collections.folders import walk_images
from hilum.collections.ieee8023 import Ieee8023
from hilum.radiograph import Radiograph

Trouble = list[tuple[str, str]]
"""Kinds and details of problems."""

_UPLOAD = re.compile(r"^[0-9a-f]{8}-(?=.)")
"""Label Studio puts this before the name of each uploaded file."""

Item = TypeVar("Item")


class ImageSearch:
    """The images of some folders, found by the names that annotations give them.

    Only names are compared with what an annotation says: it never becomes a path that is opened.
    Images below folders named like masks are left out. Those of a covid-chestxray-dataset come
    with all that is known of them.
    """

    def __init__(self, others: Sequence[Path], *, own: Path | None = None) -> None:
        self._known: dict[Path, Radiograph] = {}
        self._by_name: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        self._paths: dict[tuple[str, ...], Path] = {}
        self._own: set[Path] = set()
        if own is not None:
            self._add_files(own)
            self._own = set(self._paths.values())
        for folder in others:
            root = Ieee8023().find_root(folder)
            if root is None:
                self._add_files(folder)
                continue
            for radiograph in Ieee8023().read(root).radiographs:
                self._known[radiograph.path] = radiograph
                self._add(radiograph.path)

    def _add_files(self, folder: Path) -> None:
        for path in walk_images(folder):
            inner = path.relative_to(folder).parts[:-1] or (path.parent.name,)
            if not any("mask" in part.lower() for part in inner):
                self._add(path)

    def _add(self, path: Path) -> None:
        if path.parts not in self._paths:
            self._paths[path.parts] = path
            self._by_name[path.name].append(path.parts)

    def find(
        self, name: str, *, near: Path | None = None
    ) -> tuple[Radiograph | Path | None, Trouble]:
        """The image that ``name``, a file name, path or URL, means; or the reason why none.

        Of several files with its last part, those count that share most folders with it, then
        those below ``near``, the annotation's folder, then those of the own folder, then those of
        which more is known. Files that are equal are one.
        Where no file has the name, one is looked for without Label Studio's upload prefix, and
        with what an upload changes in names.
        """
        parts = name_parts(name)
        if not parts:
            return None, [("unsafe path", f"names the image {name[:200]!r}")]
        found = self._candidates(parts, near)
        if not found:
            return None, [("missing image", "annotated, but in no folder that was given")]
        first, *rest = found
        if not all(_same_file(first, other) for other in rest):
            detail = f"{len(found)} files have this name and differ; give only one's folder"
            return None, [("ambiguous image", detail)]
        return self._known.get(first, first), []

    def _candidates(self, parts: tuple[str, ...], near: Path | None) -> list[Path]:
        *folders, last = parts
        named = self._by_name.get(last) or self._by_name.get(_UPLOAD.sub("", last), [])
        if not named:
            named = self._by_uploaded_name.get(_UPLOAD.sub("", last), [])
        best = _most(named, lambda candidate: _shared(tuple(folders), candidate[:-1]))
        paths = [self._paths[candidate] for candidate in best]
        paths = _most(paths, lambda path: near is not None and path.is_relative_to(near))
        paths = _most(paths, lambda path: path in self._own)
        return _most(paths, lambda path: path in self._known)

    @cached_property
    def _by_uploaded_name(self) -> Mapping[str, list[tuple[str, ...]]]:
        """Files by the names that an upload gives them: blanks become ``_``, signs vanish."""
        names: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for name, candidates in self._by_name.items():
            names[re.sub(r"[^\w.-]", "", name.strip().replace(" ", "_"))] += candidates
        return names


def name_parts(name: str) -> tuple[str, ...]:
    """The folders and file that a name, path or URL in an annotation ends in; empty if unusable.

    >>> name_parts("https://host/data/upload/3/1a2b3c4d-film%201.png?token=x")
    ('data', 'upload', '3', '1a2b3c4d-film 1.png')
    >>> name_parts("/data/local-files/?d=ward/film.png"), name_parts("C:\\\\films\\\\a.png")
    (('ward', 'film.png'), ('films', 'a.png'))
    >>> name_parts("../../etc/passwd"), name_parts("")
    ((), ())
    """
    text = name
    if "://" in text or text.startswith("/data/"):
        try:
            split = urllib.parse.urlsplit(text)
            given = urllib.parse.parse_qs(split.query, max_num_fields=20).get("d")
        except ValueError:
            return ()
        text = given[0] if given else urllib.parse.unquote(split.path)
    text = re.sub(r"^[A-Za-z]:", "", text.replace("\\", "/"))
    parts = [part for part in PurePosixPath(text).parts if part not in ("/", ".")]
    if not parts or ".." in parts or any("\0" in part for part in parts) or text.endswith("/"):
        return ()
    return tuple(parts)


def _shared(folders: tuple[str, ...], others: tuple[str, ...]) -> int:
    """How many folders two places share, counted from the file upwards."""
    count = 0
    for one, other in zip(reversed(folders), reversed(others), strict=False):
        if one != other:
            break
        count += 1
    return count


def _most(items: Iterable[Item], rank: Callable[[Item], int]) -> list[Item]:
    """The items that ``rank`` puts highest."""
    ranked = [(rank(item), item) for item in items]
    highest = max((value for value, _ in ranked), default=0)
    return [item for value, item in ranked if value == highest]


def _same_file(one: Path, other: Path) -> bool:
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False
