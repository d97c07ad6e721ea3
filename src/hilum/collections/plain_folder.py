"""Any folder with one subfolder per class, or with masks beside its images.

What: radiographs that someone sorted into folders or outlined; nothing but the finding, and what
masks outline, is known of them. Where they are DICOM files, ``hilum compile`` takes patient
(hashed), view, sex, age and day from those.

Format: ``<class>/…/<image>``, optionally below ``train``, ``val``, ``valid``, ``validation`` or
``test``, and below ``images``; a file is an image by its ending or its content. Class names are
matched without regard to case, hyphens and underscores, with the usual synonyms (``covid19``,
``healthy``, ``virus``, ``tb``); images in other folders, and without a mask, are reported. A mask
lies in a folder named for what it outlines (``lung masks``, ``infection``, ``left_lung``), called
like its image, or has the image's name with such a word (``film_lung.png``,
``infection_mask_film.png``); any value above zero is inside. A mere ``mask`` says nothing: such
files are reported. A name may say what counts as lung (``aerated lungs``, ``lungs behind heart``).

Citation: none.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path

from hilum.collections.collection import Collection, Facts, Reading
from hilum.collections.folders import find_below, subfolders, unclaimed_images, walk_images
from hilum.collections.lung_conventions import unknown_conventions
from hilum.collections.plain_masks import (
    MaskOf,
    find_pairs,
    is_image_folder,
    masks_by_structure,
    pair_masks,
)
from hilum.collections.words import FINDINGS, finding_of, split_of
from hilum.radiograph import (
    LUNG_TARGETS,
    UNSTATED_LICENCE,
    Finding,
    LungConvention,
    Radiograph,
    Split,
)


class PlainFolder(Collection):
    """A folder with one subfolder per class."""

    facts = Facts(
        name="plain-folder",
        title="A folder with one subfolder per class",
        images="any number",
        findings=tuple(FINDINGS),
        structures=(),
        lung_convention=None,
        licence=UNSTATED_LICENCE,
        citation="none",
        home_page="none",
        how_to_get="sort images into folders named normal, covid, pneumonia, …",
    )

    def find_root(self, folder: Path) -> Path | None:
        """Told by a folder with a class's name and an image in it, or by masks beside images."""
        classes = find_below(folder, lambda place: any(map(_has_image, _classes(place))))
        masks = find_pairs(folder)
        if classes is None or masks is None:
            return classes or masks
        if classes.is_relative_to(masks):
            between = classes.relative_to(masks).parts
            return masks if all(is_image_folder(p) or split_of(p) for p in between) else classes
        return classes

    def read(self, root: Path, *, others: Sequence[Path] = ()) -> Reading:
        """No tables, so nothing but an unreadable folder is an error."""
        paths = list(walk_images(root))
        pairs = pair_masks(root, paths)
        masks = pairs.files | {root / problem.source_path for problem in pairs.problems}
        radiographs = tuple(
            radiograph
            for path in paths
            if path not in masks
            and (radiograph := self._radiograph(root, path, pairs.by_image.get(path, ())))
        )
        claimed = {radiograph.path for radiograph in radiographs} | masks
        detail = "its folder is named like no known class"
        problems = [
            *pairs.problems,
            *unclaimed_images(root, claimed, kind="unknown class", detail=detail),
            *unknown_conventions(radiographs),
        ]
        return Reading(self.facts.name, root, radiographs, tuple(problems))

    def _radiograph(self, root: Path, path: Path, masks: Sequence[MaskOf]) -> Radiograph | None:
        """The record of an image; None where neither class nor mask is known."""
        source = path.relative_to(root)
        finding, split = _class_of(source.parts[:-1])
        if finding is None and not masks:
            return None
        return Radiograph(
            path=path,
            source_path=source.as_posix(),
            collection=self.facts.name,
            finding=finding,
            masks=masks_by_structure(masks),
            lung_convention=_convention(masks),
            official_split=split,
            label_source="folder" if finding is not None else "mask names",
        )


def _convention(masks: Sequence[MaskOf]) -> LungConvention | None:
    """What all lung masks of an image say, if they say the same."""
    said = {mask.convention for mask in masks if mask.structure in LUNG_TARGETS}
    return said.pop() if len(said) == 1 else None


@functools.lru_cache
def _class_of(folders: tuple[str, ...]) -> tuple[Finding | None, Split | None]:
    """The finding and split of an image in these folders, from the top."""
    split = None
    for name in folders:
        finding = finding_of(name)
        if finding is not None:
            return finding, split
        said = split_of(name)
        if said is None and not is_image_folder(name):
            break
        split = split or said
    return None, split


def _classes(root: Path) -> Iterator[Path]:
    """Each class folder, with or without a split's folder above it."""
    for folder in subfolders(root):
        if finding_of(folder.name) is not None:
            yield folder
        elif split_of(folder.name) is not None:
            yield from (f for f in subfolders(folder) if finding_of(f.name) is not None)


def _has_image(folder: Path) -> bool:
    return any(
        not any("mask" in part.lower() for part in path.relative_to(folder).parts[:-1])
        for path in walk_images(folder)
    )
