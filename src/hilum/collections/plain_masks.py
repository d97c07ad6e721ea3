"""Masks beside images: which file outlines what in which image, told by names alone."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hilum.collections.collection import Problem
from hilum.collections.folders import is_hidden, is_image_name
from hilum.collections.words import convention_of, finding_of, plain_words, split_of, structure_of
from hilum.radiograph import LungConvention, MaskFile, Structure

_IMAGE_FOLDERS = frozenset(
    name + ending
    for name in ("image", "img", "cxr", "xray", "x ray", "radiograph", "film")
    for ending in ("", "s")
)
_SEPARATORS = "_-. "
_DEEPEST = 5
"""Levels below a folder that are looked at to recognise it."""

_Folder = tuple[str, ...]


@dataclass(frozen=True)
class MaskOf:
    """A mask file that belongs to an image, and what its names say it outlines."""

    path: Path
    image: Path
    structure: Structure | None
    convention: LungConvention | None


@dataclass(frozen=True)
class Pairs:
    """All mask files of a folder."""

    by_image: Mapping[Path, tuple[MaskOf, ...]]
    """The masks of which something is known, by the image they belong to."""
    problems: tuple[Problem, ...]
    """For each other mask: what it outlines is not known, or whose it is."""

    @property
    def files(self) -> set[Path]:
        """The masks that are used."""
        return {mask.path for masks in self.by_image.values() for mask in masks}


def is_image_folder(name: str) -> bool:
    """Whether a folder's name says only that it holds images."""
    return plain_words(name) in _IMAGE_FOLDERS


def masks_by_structure(masks: Iterable[MaskOf]) -> dict[Structure, tuple[MaskFile, ...]]:
    """The masks of one image; several of one structure are parts of it."""
    found: dict[Structure, list[MaskFile]] = defaultdict(list)
    for mask in masks:
        if mask.structure is not None:
            found[mask.structure].append(MaskFile(mask.path))
    return {structure: tuple(files) for structure, files in found.items()}


def pair_masks(root: Path, paths: Sequence[Path]) -> Pairs:
    """Sort out the masks among ``paths``, all images below ``root``.

    A mask lies in a folder whose name has the word mask, or is a structure's, and is called like
    its image; or its name is its image's with such a word before or after it. Its image lies in
    the same folder, in the folder above, in ``images`` beside the mask's folder, below the same
    further folders; or, for a folder with the word mask, anywhere beside it where only one image
    has the name. What is outlined must be said by the folder or the name: ``mask`` does not.
    """
    images = _Images(root, paths)
    by_image: dict[Path, list[MaskOf]] = defaultdict(list)
    problems = []
    mentioned: set[_Folder] = set()
    lonely = []
    for path in paths:
        folders = path.relative_to(root).parts[:-1]
        at = _mask_part(folders)
        found, words = images.of_mask(path, folders, at)
        source_path = path.relative_to(root).as_posix()
        if not found:
            lonely.append((path, folders[: at + 1] if at is not None else None))
            continue
        if at is not None:
            mentioned.add(folders[: at + 1])
        said = [*(folders[at:] if at is not None else ()), words]
        named = [(structure_of(text), convention_of(text)) for text in said]
        structures = {structure for structure, _ in named if structure is not None}
        conventions = [convention for _, convention in named if convention is not None]
        if len(found) > 1:
            detail = f"{len(found)} images have its name"
        elif len(structures) > 1:
            detail = "its folder and its name say different things: " + ", ".join(
                sorted(structures)
            )
        elif not structures:
            detail = (
                "what it outlines is not known; name the folder 'lung masks', 'infection masks', …"
            )
        else:
            convention = conventions[-1] if conventions else None
            by_image[found[0]].append(MaskOf(path, found[0], structures.pop(), convention))
            continue
        problems.append(Problem(source_path, "unused mask", detail))
    for path, place in lonely:
        if place is not None and (place in mentioned or "mask" in " ".join(place).lower()):
            detail = "no image beside it has its name"
            source_path = path.relative_to(root).as_posix()
            problems.append(Problem(source_path, "mask without image", detail))
    return Pairs({image: tuple(masks) for image, masks in by_image.items()}, tuple(problems))


def find_pairs(folder: Path) -> Path | None:
    """The folder at or below ``folder`` that holds all images with masks, if there are any."""
    pairs = pair_masks(folder, list(_names_below(folder)))
    places = [path.parent for path in (*pairs.by_image, *pairs.files)]
    if not places:
        return None
    root = Path(os.path.commonpath(places))
    while root != folder and _is_inner(root.name):
        root = root.parent
    return root


def _is_inner(name: str) -> bool:
    """Whether a folder of this name is a part of what somebody keeps together."""
    words = (finding_of(name), split_of(name), structure_of(name))
    return any(words) or is_image_folder(name) or "mask" in name.lower()


def _names_below(folder: Path) -> Iterator[Path]:
    """Files named like images, at most some levels down."""
    for place, inner, names in os.walk(folder):
        here = Path(place)
        deep = len(here.relative_to(folder).parts) >= _DEEPEST
        inner[:] = [] if deep else sorted(name for name in inner if not is_hidden(name))
        yield from (here / name for name in sorted(names) if is_image_name(name))


def _mask_part(folders: _Folder) -> int | None:
    """Which of ``folders`` is the first that is named like masks."""
    return next((n for n, name in enumerate(folders) if _is_mask_folder(name)), None)


def _is_mask_folder(name: str) -> bool:
    if "mask" in name.lower():
        return True
    return structure_of(name) is not None and finding_of(name) is None


class _Images:
    """Images by folder and stem; those in mask folders left out."""

    def __init__(self, root: Path, paths: Iterable[Path]) -> None:
        self._found: dict[tuple[_Folder, str], list[Path]] = defaultdict(list)
        self._by_stem: dict[str, list[tuple[_Folder, Path]]] = defaultdict(list)
        self._image_folders: dict[_Folder, dict[str, None]] = defaultdict(dict)
        for path in paths:
            folders = path.relative_to(root).parts[:-1]
            if _mask_part(folders) is not None:
                continue
            self._found[folders, path.stem].append(path)
            self._by_stem[path.stem].append((folders, path))
            for place, name in enumerate(folders):
                if is_image_folder(name):
                    self._image_folders[folders[:place]][name] = None

    def of_mask(self, path: Path, folders: _Folder, at: int | None) -> tuple[list[Path], str]:
        """The images that the mask may belong to, and the words its name adds to theirs.

        ``at`` is the first of its ``folders`` that is named like masks.
        """
        if at is None:
            return self._named(path.stem, [folders], with_words=True)
        base = folders[:at]
        rest = tuple(name for name in folders[at + 1 :] if not _is_mask_folder(name))
        beside = [(*base, name, *rest) for name in self._image_folders.get(base, ())]
        images, words = self._named(path.stem, [base + rest, *beside])
        if not images and any("mask" in name.lower() for name in folders[at:]):
            return self._anywhere(path.stem, base)
        return images, words

    def _named(
        self, stem: str, places: Sequence[_Folder], *, with_words: bool = False
    ) -> tuple[list[Path], str]:
        for name, words in _readings(stem):
            for place in places:
                images = self._found.get((place, name))
                if images and (_is_mask_word(words) if words else not with_words):
                    return images, words
        return [], ""

    def _anywhere(self, stem: str, base: _Folder) -> tuple[list[Path], str]:
        for name, words in _readings(stem):
            found = self._by_stem.get(name, ())
            images = [path for folders, path in found if folders[: len(base)] == base]
            if images and (not words or _is_mask_word(words)):
                return images, words
        return [], ""


def _readings(stem: str) -> Iterator[tuple[str, str]]:
    """What of a mask's name may be its image's, and what is left before or after that."""
    yield stem, ""
    for place, sign in enumerate(stem):
        if sign in _SEPARATORS:
            before, after = stem[:place].rstrip(_SEPARATORS), stem[place + 1 :].strip(_SEPARATORS)
            if before and after:
                yield before, after
                yield after, before


def _is_mask_word(words: str) -> bool:
    return structure_of(words) is not None or plain_words(words) in ("mask", "masks")
