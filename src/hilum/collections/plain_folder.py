"""Any folder with one subfolder per class.

What: radiographs that someone sorted into folders; nothing but the finding is known of them. Where
they are DICOM files, ``hilum compile`` takes patient (hashed), view, sex, age and day from those.

Format: ``<class>/…/<image>``, optionally below ``train``, ``val``, ``valid``, ``validation`` or
``test``; a file is an image by its ending or its content. Class names are matched without regard
to case, hyphens and underscores, with the usual synonyms (``covid19``, ``healthy``, ``virus``,
``tb``); images in other folders are reported. So are those in folders whose name has the word
mask: what they outline is not known.

Citation: none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from hilum.collections.collection import Collection, Facts, Problem, Reading
from hilum.collections.folders import find_below, subfolders, unclaimed_images, walk_images
from hilum.radiograph import UNSTATED_LICENCE, Finding, Radiograph, Split

_SPLITS = {
    "train": Split.TRAIN,
    "training": Split.TRAIN,
    "val": Split.VALIDATION,
    "valid": Split.VALIDATION,
    "validation": Split.VALIDATION,
    "test": Split.TEST,
    "testing": Split.TEST,
}
_SYNONYMS = {
    Finding.NORMAL: "normal,healthy,no finding,no findings",
    Finding.COVID: "covid,covid 19,covid19,covid positive,sars cov 2",
    Finding.PNEUMONIA: "pneumonia",
    Finding.VIRAL_PNEUMONIA: "viral pneumonia,pneumonia viral,viral,virus",
    Finding.BACTERIAL_PNEUMONIA: "bacterial pneumonia,pneumonia bacterial,bacterial,bacteria",
    Finding.OTHER_PNEUMONIA: "other pneumonia,pneumonia other",
    Finding.LUNG_OPACITY: "lung opacity,opacity",
    Finding.TUBERCULOSIS: "tuberculosis,tb",
    Finding.OTHER: "other",
}
_CLASSES = {name: finding for finding, names in _SYNONYMS.items() for name in names.split(",")}


class PlainFolder(Collection):
    """A folder with one subfolder per class."""

    facts = Facts(
        name="plain-folder",
        title="A folder with one subfolder per class",
        images="any number",
        findings=tuple(_SYNONYMS),
        structures=(),
        lung_convention=None,
        licence=UNSTATED_LICENCE,
        citation="none",
        home_page="none",
        how_to_get="sort images into folders named normal, covid, pneumonia, …",
    )

    def find_root(self, folder: Path) -> Path | None:
        """Told by a folder with a class's name and an image in it."""
        return find_below(folder, lambda place: any(_has_image(f) for f, *_ in _classes(place)))

    def read(self, root: Path, *, others: Sequence[Path] = ()) -> Reading:
        """No tables, so nothing but an unreadable folder is an error."""
        problems: list[Problem] = []
        radiographs = tuple(self._radiographs(root, problems))
        claimed = {radiograph.path for radiograph in radiographs}
        claimed |= {root / problem.source_path for problem in problems}
        detail = "its folder is named like no known class"
        problems += unclaimed_images(root, claimed, kind="unknown class", detail=detail)
        return Reading(self.facts.name, root, radiographs, tuple(problems))

    def _radiographs(self, root: Path, problems: list[Problem]) -> Iterator[Radiograph]:
        for folder, finding, split in _classes(root):
            for path in walk_images(folder):
                source_path = path.relative_to(root).as_posix()
                if _is_mask(path, folder):
                    detail = "what masks in a plain folder outline is not known"
                    problems.append(Problem(source_path, "unused mask", detail))
                    continue
                yield Radiograph(
                    path=path,
                    source_path=source_path,
                    collection=self.facts.name,
                    finding=finding,
                    official_split=split,
                    label_source="folder",
                )


def _classes(root: Path) -> Iterator[tuple[Path, Finding, Split | None]]:
    """Each class folder with its finding and its split."""
    for folder in subfolders(root):
        finding = _finding_of(folder.name)
        split = _SPLITS.get(folder.name.lower())
        if finding is not None:
            yield folder, finding, None
        elif split is not None:
            for inner in subfolders(folder):
                finding = _finding_of(inner.name)
                if finding is not None:
                    yield inner, finding, split


def _finding_of(name: str) -> Finding | None:
    return _CLASSES.get(" ".join(re.split(r"[\s_-]+", name.strip().lower())))


def _is_mask(path: Path, folder: Path) -> bool:
    return any("mask" in part.lower() for part in path.relative_to(folder).parts[:-1])


def _has_image(folder: Path) -> bool:
    return any(not _is_mask(path, folder) for path in walk_images(folder))
