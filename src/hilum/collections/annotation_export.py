"""What the exports of all annotation tools share: from images with named outlines to records."""

from __future__ import annotations

import dataclasses
import os
from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from hilum.collections.annotated import Annotations
from hilum.collections.annotated_homes import Entry, find_homes
from hilum.collections.annotated_masks import masks_of
from hilum.collections.annotated_words import agree, narrowest, unread_words, words_of
from hilum.collections.collection import Collection, Facts, Problem, Reading
from hilum.collections.folders import find_below, subfolders, unclaimed_images
from hilum.collections.image_search import ImageSearch
from hilum.collections.lung_conventions import unknown_conventions
from hilum.collections.words import (
    FINDINGS,
    finding_of,
    split_of,
)
from hilum.errors import CollectionError
from hilum.plain_files import open_plain
from hilum.radiograph import (
    UNSTATED_LICENCE,
    Radiograph,
    unite_texts,
)

_FOLDERS = frozenset({"annotations", "annotation", "labels"})
_SUFFIXES = (".json", ".xml")
_HEAD = 1 << 16
_MOST_FILES = 100
"""More files of one kind in a folder are something else."""


class AnnotationExport(Collection):
    """The export of an annotation tool, its images beside it or in another folder of the run.

    Findings come from what is said of a whole image, from categories and folders that are named
    like one; masks from outlines whose category is named like a structure.
    """

    reads_annotations = True
    suffix: ClassVar[str]
    """How the files' names end."""
    tool: ClassVar[str]
    """Who drew, for the records' label source."""

    @abstractmethod
    def is_export(self, head: bytes) -> bool:
        """Whether a file that begins with ``head`` may be this tool's."""

    @abstractmethod
    def parse(self, path: Path) -> Annotations:
        """Read one annotation file.

        Raises:
            CollectionError: the file is damaged as a whole.
        """

    def find_root(self, folder: Path) -> Path | None:
        """Told by an annotation file, in the folder, in ``annotations`` or in a split's folder."""
        return find_below(folder, lambda place: bool(self.files(place)))

    def files(self, root: Path) -> list[Path]:
        """The annotation files of the export that begins at ``root``."""
        return [
            path
            for path in annotation_files(root)
            if path.name.lower().endswith(self.suffix) and self.is_export(_head(path))
        ]

    def read(self, root: Path, *, others: Sequence[Path] = ()) -> Reading:
        """A damaged annotation file is an error; ``others`` are searched for the images, too."""
        search = ImageSearch(others, own=root)
        problems: list[Problem] = []
        found: dict[Path, list[Entry]] = defaultdict(list)
        files = self.files(root)
        problems += self._unread_files(root, files)
        for path in files:
            source = path.relative_to(root).as_posix()
            annotations = self.parse(path)
            problems += [Problem(source, kind, detail) for kind, detail in annotations.problems]
            problems += unread_words(source, annotations.images)
            homes = find_homes(root, source, annotations.images, search, problems)
            for home, entries in homes.items():
                found[home] += entries
        radiographs = [self._radiograph(root, found[home], problems) for home in sorted(found)]
        claimed = {radiograph.path for radiograph in radiographs}
        problems += self._unannotated(root, claimed, radiographs)
        radiographs.sort(key=lambda radiograph: radiograph.source_path)
        problems += unknown_conventions(radiographs)
        return Reading(self.facts.name, root, tuple(radiographs), tuple(problems))

    def _unread_files(self, root: Path, files: Sequence[Path]) -> list[Problem]:
        """A problem for each other annotation file; an error if there are no ``files``."""
        detail = f"this is no {self.tool} file; give each tool's export its own folder"
        others = [path for path in annotation_files(root) if path not in files]
        if not files:
            raise CollectionError(
                f"there are no annotations of {self.tool}",
                path=others[0] if others else root,
                remedy="export them again",
            )
        return [
            Problem(f.relative_to(root).as_posix(), "unused annotation", detail) for f in others
        ]

    def _radiograph(
        self, root: Path, entries: Sequence[Entry], problems: list[Problem]
    ) -> Radiograph:
        home = entries[0].home
        known = home if isinstance(home, Radiograph) else self._by_folder(root, home)
        name = entries[0].source_path
        if known.path.is_relative_to(root):
            name = known.path.relative_to(root).as_posix()
        images = [entry.image for entry in entries]
        masks, convention, trouble = masks_of(images)
        said = {f for image in images for word in words_of(image) if (f := finding_of(word))}
        finding = narrowest(said)
        if said and finding is None:
            trouble.append(("rows disagree", "findings " + ", ".join(sorted(said))))
        elif finding and known.finding and not agree(finding, known.finding):
            detail = f"annotated as {finding}, known as {known.finding}; kept {finding}"
            trouble.append(("rows disagree", detail))
        if not masks and not trouble and not any(words_of(image) for image in images):
            trouble.append(("missing mask", "the annotations say nothing of it"))
        problems += [Problem(name, kind, detail, known.patient_id) for kind, detail in trouble]
        source = f"{self.tool} annotations" if masks or finding else None
        told = {name: value for image in reversed(images) for name, value in image.known.items()}
        known = dataclasses.replace(known, **told)
        return dataclasses.replace(
            known,
            source_path=name,
            collection=self.facts.name,
            finding=finding if said else known.finding,
            masks=masks,
            lung_convention=convention,
            official_split=entries[0].split or known.official_split,
            label_source=unite_texts(known.label_source, None if told else source) or None,
        )

    def _by_folder(self, root: Path, path: Path) -> Radiograph:
        """What the folders below ``root`` say of an image; nothing of one that lies elsewhere."""
        source_path, finding, split = path.name, None, None
        if path.is_relative_to(root):
            source_path = path.relative_to(root).as_posix()
            folders = path.relative_to(root).parts[-2::-1]
            finding = next(filter(None, map(finding_of, folders)), None)
            split = next(filter(None, map(split_of, folders)), None)
        return Radiograph(
            path=path,
            source_path=source_path,
            collection=self.facts.name,
            finding=finding,
            official_split=split,
            label_source="folder" if finding else None,
        )

    def _unannotated(
        self, root: Path, claimed: set[Path], radiographs: list[Radiograph]
    ) -> Iterator[Problem]:
        """Images that no annotation names: records where a folder tells the finding."""
        detail = "no annotation that could be used names it"
        for problem in unclaimed_images(root, claimed, detail=detail):
            path = root / problem.source_path
            known = self._by_folder(root, path)
            named_mask = any("mask" in part.lower() for part in Path(problem.source_path).parts)
            if problem.detail == detail and known.finding is not None and not named_mask:
                radiographs.append(known)
            else:
                yield problem


def export_facts(name: str, title: str, how_to_get: str, home_page: str) -> Facts:
    """The facts of a format: anything may be outlined in it."""
    return Facts(
        name=name,
        title=title,
        images="any number",
        findings=tuple(FINDINGS),
        structures=(),
        lung_convention=None,
        licence=UNSTATED_LICENCE,
        citation="none",
        home_page=home_page,
        how_to_get=how_to_get,
    )


def annotation_files(root: Path) -> list[Path]:
    """All JSON and XML files where an export may have its annotations."""
    inner = [f for f in subfolders(root) if f.name.lower() in _FOLDERS or split_of(f.name)]
    found: list[Path] = []
    for folder in (root, *inner):
        try:
            with os.scandir(folder) as entries:
                names = sorted(e.name for e in entries if e.name.lower().endswith(_SUFFIXES))
        except OSError:
            continue
        if len(names) <= _MOST_FILES:
            found += [folder / name for name in names]
    return found


def _head(path: Path) -> bytes:
    try:
        with open_plain(path) as file:
            return file.read(_HEAD)
    except OSError:
        return b""
