"""Folders of images → the twins among them, what was read of each, and what could not be."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hilum.collections.archives import Source
from hilum.collections.collection import Problem
from hilum.collections.folders import is_image, walk_images
from hilum.collections.plain_folder import PlainFolder
from hilum.collections.registry import read_source, recognise
from hilum.collections.words import split_of
from hilum.errors import CollectionError, SeveralCollectionsError
from hilum.radiograph import Radiograph, Split
from hilum.twins.clusters import clusters
from hilum.twins.files import compare_files
from hilum.twins.find import TwinPair
from hilum.workers import Progress, no_progress

_SAYS_NOTHING = (
    *("unexpected image", "unknown class", "not in metadata", "second copy", "ambiguous image"),
    "outside the collection",
)
"""Kinds of problems of images whose place or name tells nothing about them."""


@dataclass(frozen=True)
class Film:
    """An image to compare."""

    path: Path
    shown: str
    """How the user knows it."""
    split: Split | None
    label: str | None
    """Its finding, or where no collection was recognised the folder it lies in."""


@dataclass(frozen=True)
class Comparison:
    """All twins among the images of some folders."""

    films: tuple[Film, ...]
    """Those that could be read."""
    pairs: tuple[TwinPair, ...]
    """Numbers are places in ``films``."""
    clusters: tuple[tuple[int, ...], ...]
    issues: tuple[tuple[str, str], ...]
    """(path, reason) of each image that could not be read, and of each that is no radiograph."""
    blank: tuple[int, ...]
    """Images that show nothing, and so have no twins."""

    def copies_of(self, split: Split, other: Split) -> set[int]:
        """The films of ``split`` that show the exposure of one in ``other``."""
        copied = set()
        for members in self.clusters:
            splits = {self.films[n].split for n in members}
            if other in splits:
                copied |= {n for n in members if self.films[n].split is split}
        return copied

    def contradictions(self) -> list[tuple[int, ...]]:
        """The clusters whose films have different labels."""
        told = ((c, {self.films[n].label for n in c} - {None}) for c in self.clusters)
        return [members for members, labels in told if _disagree(labels)]


def compare_folders(
    sources: Sequence[Source], *, workers: int = 1, progress: Progress = no_progress
) -> Comparison:
    """Read all radiographs of ``sources`` and find the twins among them.

    A folder that is a known collection is read as such, so that its masks are left alone; other
    images in it count too. In any other folder each image counts.

    Raises:
        CollectionError: a path is not there, no image is, a known collection is damaged, or a
            folder holds several of them, whose masks would be taken for images.
    """
    films: list[Film] = []
    issues: list[tuple[str, str]] = []
    for source in sources:
        some, problems = films_of(source)
        films += some
        issues += problems
    unique = {film.path.absolute(): film for film in reversed(films)}
    films = sorted(unique.values(), key=lambda film: film.shown)
    if not films:
        raise CollectionError(
            "there is no image to compare",
            path=", ".join(str(source.named) for source in sources),
            remedy="name folders or zip archives that hold radiographs",
        )
    found = compare_files([film.path for film in films], workers=workers, progress=progress)
    read = [film for film in films if film.path not in found.unreadable]
    issues += [(f.shown, found.unreadable[f.path]) for f in films if f.path in found.unreadable]
    if not read:
        path, reason = issues[-1]
        raise CollectionError(
            "no image can be read, so that none can be compared",
            path=path,
            got=reason if len(films) == 1 else f"{reason}; and so on for {len(films)} images",
            remedy="download them again",
        )
    return Comparison(
        tuple(read),
        found.pairs,
        tuple(tuple(group) for group in clusters(len(read), found.pairs)),
        tuple(sorted(issues)),
        tuple(number for number, one in enumerate(found.prints) if one.is_blank),
    )


def films_of(source: Source) -> tuple[list[Film], list[tuple[str, str]]]:
    """The radiographs of one source, and (path, reason) of what is none or was not unpacked."""
    refused = [
        (str(source.named / p.source_path), f"{p.kind}: {p.detail}") for p in source.problems
    ]
    if not source.path.exists():
        raise CollectionError(
            "there is no such file or folder", path=source.named, remedy="check the path"
        )
    if source.path.is_file():
        if not is_image(source.path):
            return [], [(str(source.named), "this is no image hilum can read")]
        return [Film(source.path, str(source.named), None, None)], refused
    try:
        recognised = recognise(source.path)
    except SeveralCollectionsError:
        raise
    except CollectionError:
        return [_plain(source, path) for path in walk_images(source.path)], refused
    reading = read_source(source, recognised=recognised)
    films = [_known(source, one) for one in reading.radiographs]
    read = {one.path for one in reading.radiographs}
    is_own = reading.collection == PlainFolder.facts.name
    issues = []
    for problem in reading.problems:
        images = _unlabelled(reading.root, problem)
        found = [_plain(source, path) for path in images if path not in read]
        # Somebody's own folders are names of classes; those of a collection are anything.
        films += found if is_own else [replace(film, label=None) for film in found]
        if not images:
            path = os.path.normpath(reading.shown_root / problem.source_path)
            issues.append((path, f"{problem.kind}: {problem.detail}"))
    return films, issues


def _unlabelled(root: Path, problem: Problem) -> list[Path]:
    """The images of a problem that says only that nothing is known of them: copies all the same."""
    if problem.kind not in _SAYS_NOTHING:
        return []
    path = Path(os.path.normpath(root / problem.source_path))
    if path.is_dir():
        return list(walk_images(path))
    return [path] if is_image(path) else []


def _known(source: Source, one: Radiograph) -> Film:
    split = one.official_split or _split_in(source, _relative(source, one.path))
    label = None if one.finding is None else str(one.finding)
    return Film(one.path, _shown(source, one.path), split, label)


def _plain(source: Source, path: Path) -> Film:
    relative = _relative(source, path)
    folders = [part for part in relative.parts[:-1] if split_of(part) is None]
    label = folders[-1] if folders else None
    return Film(path, _shown(source, path), _split_in(source, relative), label)


def _shown(source: Source, path: Path) -> str:
    relative = _relative(source, path)
    return str(path if relative.is_absolute() else source.named / relative)


def _relative(source: Source, path: Path) -> Path:
    """``path`` as it lies below the source; itself where it lies elsewhere."""
    for root in (source.path, source.path.resolve()):
        if path.is_relative_to(root):
            return path.relative_to(root)
    return path


def _split_in(source: Source, relative: Path) -> Split | None:
    """What a folder on the way to the image is named after, the source's own among them."""
    for part in (source.named.resolve().name, *relative.parts[:-1]):
        if (split := split_of(part)) is not None:
            return split
    return None


def _disagree(labels: set[str | None]) -> bool:
    """Whether one of ``labels`` is neither a kind of another nor the other of it."""
    known = sorted(label for label in labels if label)
    return any(
        not (one.startswith(f"{other}/") or other.startswith(f"{one}/"))
        for number, one in enumerate(known)
        for other in known[number + 1 :]
    )
