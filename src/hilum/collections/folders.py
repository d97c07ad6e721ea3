"""Small questions about folders that several collections ask."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from hilum.collections.collection import Problem
from hilum.imaging.formats import IMAGE_SUFFIXES


def is_image_name(name: str) -> bool:
    """Whether a file of this name should be an image; hidden files never are."""
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES


def image_files(folder: Path) -> list[Path]:
    """All files directly in ``folder`` that are named like images, sorted; none if absent."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if is_image_name(path.name))


def walk_images(root: Path) -> Iterator[Path]:
    """All files below ``root`` that are named like images, in sorted order."""
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in sorted(files):
            if is_image_name(name):
                yield Path(folder, name)


def find_descendant(folder: Path, names: Iterable[str], *, depth: int = 2) -> Path | None:
    """The first folder at or up to ``depth`` levels below ``folder`` that holds all ``names``."""
    wanted = tuple(names)
    level = [folder]
    for _ in range(depth + 1):
        for candidate in level:
            if all((candidate / name).exists() for name in wanted):
                return candidate
        level = sorted(
            child
            for parent in level
            for child in (parent.iterdir() if parent.is_dir() else ())
            if child.is_dir() and not child.name.startswith(".")
        )
    return None


def unclaimed_images(root: Path, claimed: Iterable[Path]) -> tuple[Problem, ...]:
    """A problem for each image file below ``root`` that a reader did not claim."""
    known = set(claimed)
    return tuple(
        Problem(
            path.relative_to(root).as_posix(),
            "unexpected image",
            "this collection has no image or mask at this place",
        )
        for path in walk_images(root)
        if path not in known
    )
