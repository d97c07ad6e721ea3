"""V7's two exports of the same annotations, and the masks drawn from them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hilum.collections.annotated import AnnotatedImage, Annotations
from hilum.collections.coco import read_coco
from hilum.collections.collection import Problem
from hilum.collections.darwin import read_darwin
from hilum.collections.folders import image_files
from hilum.collections.json_files import read_json, read_json_files
from hilum.errors import CollectionError
from hilum.radiograph import MaskFile

_COCO_PLACES = (
    ("annotations/output.json", None),
    ("annotations/covid-only-coco/output.json", None),
    ("annotations/covid-only-coco.zip", "output.json"),
    ("covid-only-coco/output.json", None),
    ("covid-only-coco.zip", "output.json"),
)
"""Where the COCO file may be, below the root; the archive's member where it is one."""

_DARWIN_PLACES = (
    "annotations/covid-only.zip",
    "annotations/covid-only",
    "covid-only.zip",
    "covid-only",
)
"""Where Darwin's files may be, in an archive or a folder."""

_MASK_FOLDERS = ("annotations/all-images-semantic-masks", "all-images-semantic-masks")
_LUNGS = 255
_IGNORED = frozenset({"Ignore"})
_NUMBER = re.compile(r"/images/(\d+)/")
"""In ``darwin_url`` and ``url``: the number that names the image's mask."""


def find_annotations(root: Path) -> Path | None:
    """The COCO file, else Darwin's archive or folder."""
    coco = _coco_place(root)
    return coco[0] if coco else _darwin_place(root)


def read_annotations(root: Path) -> tuple[str, Annotations]:
    """The name of what was read, and the annotations.

    COCO's; those of images that it does not give whole are Darwin's, where Darwin gives them.

    Raises:
        CollectionError: neither export is there, or the first of them is damaged as a whole.
    """
    coco, darwin = _coco_place(root), _darwin_place(root)
    if coco is not None:
        path, member = coco
        first = read_coco(read_json(path, member=member), path=path, ignored=_IGNORED)
        whole = not first.problems and not any(image.damage for image in first.images)
        if whole or darwin is None:
            return path.relative_to(root).as_posix(), first
        return path.relative_to(root).as_posix(), _filled(first, darwin)
    if darwin is not None:
        return darwin.relative_to(root).as_posix(), read_darwin(
            read_json_files(darwin), ignored=_IGNORED
        )
    raise CollectionError(
        "the annotations are missing",
        path=root,
        expected=" or ".join([*(name for name, _ in _COCO_PLACES), *_DARWIN_PLACES]),
        remedy="fetch the folder again",
    )


def mask_files(root: Path) -> list[Path]:
    """The masks that come along as PNG."""
    return [mask for folder in _MASK_FOLDERS for mask in image_files(root / folder)]


def drawn_lungs(image: AnnotatedImage, masks: Sequence[Path]) -> MaskFile | None:
    """The one of ``masks`` that was drawn from the annotations of ``image``."""
    number = number_of(image)
    found = next((mask for mask in masks if mask.stem == number), None)
    return None if found is None else MaskFile(found, foreground=_LUNGS)


def number_of(image: AnnotatedImage) -> str | None:
    """Darwin's number of an image."""
    found = _NUMBER.search(image.url)
    return found[1] if found else None


def unused_masks(
    root: Path, masks: Sequence[Path], images: Sequence[AnnotatedImage]
) -> Iterator[Problem]:
    """A problem for each of ``masks``, which no radiograph has."""
    annotated = {number_of(image) for image in images}
    for mask in masks:
        source_path = mask.relative_to(root).as_posix()
        if mask.stem in annotated:
            yield Problem(source_path, "unused mask", "the polygons of its annotation were used")
        else:
            yield Problem(source_path, "mask without image", "no annotation tells whose")


def _coco_place(root: Path) -> tuple[Path, str | None] | None:
    return next(((root / n, member) for n, member in _COCO_PLACES if (root / n).is_file()), None)


def _darwin_place(root: Path) -> Path | None:
    places = (root / name for name in _DARWIN_PLACES)
    return next((p for p in places if p.is_file() or next(p.glob("*.json"), None)), None)


def _filled(coco: Annotations, darwin: Path) -> Annotations:
    """``coco`` with what Darwin's files give whole in place of what is damaged or missing."""
    try:
        other = read_darwin(read_json_files(darwin), ignored=_IGNORED)
    except CollectionError as error:
        problem = ("damaged annotation", f"{darwin.name}: {error.reason}")
        return dataclasses.replace(coco, problems=(*coco.problems, problem))
    whole: Mapping[str, AnnotatedImage] = {i.name: i for i in other.images if not i.damage}
    images = {image.name: image for image in coco.images}
    filled = {n: whole.get(n, image) if image.damage else image for n, image in images.items()}
    return Annotations(tuple({**whole, **filled}.values()), coco.problems)
