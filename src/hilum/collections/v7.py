"""V7 COVID-19 X-ray lung annotations (V7 Labs, 2020).

What: human-checked outlines of both lungs in the 517 COVID-19 images of covid-chestxray-dataset
(435 of them outlined; CT slices and laterals are not). No images come along: they are found in
the other folders of the run, in covid-chestxray-dataset or by file name anywhere else, unless
different files have the name. Hannover's own files will not do: covid-chestxray-dataset has
cropped them to squares.

Format: ``annotations/covid-only-coco.zip`` holds ``output.json`` (COCO), which may lie unpacked
beside it. Each lung is an annotation of category ``Lung`` with polygons in pixels of an image of
``width`` × ``height``; ``Ignore`` marks implants and captions over the lungs and is not used.
With exactly two outlines in a frontal image, the one at image-left is the right lung. Tags carry
finding, view, sex, age, place and the patient's number in covid-chestxray-dataset. The lungs
include most of the region behind the heart and, where visible, below the diaphragm's dome.
Other archives in ``annotations/`` export the same outlines and are not read.
``annotations/all-images-semantic-masks/`` repeats the outlines as PNG, named by a number that
``darwin_url`` holds; they are reported as unused.

Citation: V7 Labs 2020, github.com/v7labs/covid-19-xray-dataset; images: Cohen et al. 2020,
arXiv 2003.11597.
"""

from __future__ import annotations

import dataclasses
import filecmp
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hilum.collections.chestxray_metadata import origin_of, patient_of, view_of
from hilum.collections.coco import CocoImage, read_coco
from hilum.collections.collection import NOT_A_RADIOGRAPH, Collection, Facts, Problem, Reading
from hilum.collections.folders import find_below, image_files, unclaimed_images, walk_images
from hilum.collections.ieee8023 import Ieee8023
from hilum.collections.json_files import read_json
from hilum.collections.tables import age_in_years, sex_of
from hilum.errors import CollectionError, ImageError
from hilum.imaging.masks import same_shape
from hilum.imaging.read import read_picture
from hilum.radiograph import (
    Finding,
    Licence,
    LungConvention,
    Mask,
    MaskPolygons,
    Radiograph,
    Structure,
    View,
    unite_licences,
    unite_texts,
)

_PLACES = (
    ("annotations/output.json", None),
    ("annotations/covid-only-coco/output.json", None),
    ("annotations/covid-only-coco.zip", "output.json"),
    ("covid-only-coco/output.json", None),
    ("covid-only-coco.zip", "output.json"),
)
"""Where the COCO file may be, below the root; the archive's member where it is one."""

_Trouble = list[tuple[str, str]]
"""Kinds and details of problems."""

_ANNOTATORS = "V7 annotators"
_MASK_FOLDERS = ("annotations/all-images-semantic-masks", "all-images-semantic-masks")
_REDUCED = 64
"""Side in pixels to which an image may shrink while it is decoded: only its shape counts."""
_NUMBER = re.compile(r"/images/(\d+)/")
"""In ``darwin_url``: the number that names the image's mask."""


class V7Covid19Xray(Collection):
    """V7's lung annotations of covid-chestxray-dataset."""

    facts = Facts(
        name="v7-covid19-xray",
        title="V7 COVID-19 X-ray lung annotations",
        images="458 (517 images with the CT slices, 435 of them outlined)",
        findings=(Finding.COVID,),
        structures=(Structure.RIGHT_LUNG, Structure.LEFT_LUNG),
        lung_convention=LungConvention.BEHIND_HEART,
        licence=Licence("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"),
        citation="V7 Labs 2020; Cohen et al. 2020, arXiv 2003.11597",
        home_page="https://github.com/v7labs/covid-19-xray-dataset",
        how_to_get="git clone; give the folder and that of covid-chestxray-dataset",
    )

    def find_root(self, folder: Path) -> Path | None:
        """Told by ``covid-only-coco.zip`` or its ``output.json``."""
        return find_below(folder, lambda place: _coco_place(place) is not None)

    def read(self, root: Path, *, others: Sequence[Path] = ()) -> Reading:
        """Damaged COCO file is an error; ``others`` are searched for the images."""
        place = _coco_place(root)
        if place is None:
            raise CollectionError(
                "the annotations are missing",
                path=root,
                expected=" or ".join(name for name, _ in _PLACES),
                remedy="fetch the folder again",
            )
        path, member = place
        source = path.relative_to(root).as_posix()
        coco = read_coco(read_json(path, member=member), path=path)
        problems = [Problem(source, kind, detail) for kind, detail in coco.problems]
        homes = _Homes(others)
        radiographs = tuple(self._radiographs(coco.images, homes, problems))
        masks = [mask for folder in _MASK_FOLDERS for mask in image_files(root / folder)]
        problems += _unused_masks(root, masks, coco.images)
        exports = (root / "annotations").glob("*.zip")
        problems += unclaimed_images(root, [*masks, *exports, path])
        return Reading(self.facts.name, root, radiographs, tuple(problems))

    def _radiographs(
        self, images: Sequence[CocoImage], homes: _Homes, problems: list[Problem]
    ) -> Iterator[Radiograph]:
        for image in sorted(images, key=lambda image: image.file_name):
            name = image.file_name
            if "CT" in image.tags:
                problems.append(Problem(name, NOT_A_RADIOGRAPH, "CT"))
                continue
            home, trouble = homes.find(name)
            if home is None:
                problems += [Problem(name, kind, detail) for kind, detail in trouble]
                continue
            known = home if isinstance(home, Radiograph) else self._from_tags(image, home)
            masks, trouble = _lungs(image, known.view)
            if masks and not _has_shape(known.path, image.width, image.height):
                masks, trouble = (
                    {},
                    [("mask of another shape", "the image was cropped")],
                )
            problems += [Problem(name, kind, detail) for kind, detail in trouble]
            known = dataclasses.replace(
                known, source_path=name, collection=self.facts.name, official_split=None
            )
            yield self._outlined(known, masks) if masks else known

    def _outlined(
        self, radiograph: Radiograph, masks: Mapping[Structure, tuple[Mask, ...]]
    ) -> Radiograph:
        """``radiograph`` with ``masks``, and with whom and what they bind its user to name."""
        return dataclasses.replace(
            radiograph,
            masks=masks,
            lung_convention=self.facts.lung_convention,
            licence=unite_licences(radiograph.licence, self.facts.licence),
            citation=unite_texts(radiograph.citation, self.facts.citation),
            label_source=unite_texts(radiograph.label_source, _ANNOTATORS),
        )

    def _from_tags(self, image: CocoImage, path: Path) -> Radiograph:
        tags = dict(
            re.split("[:/]", tag, maxsplit=1) for tag in image.tags if re.search("[:/]", tag)
        )
        return Radiograph(
            path=path,
            source_path=image.file_name,
            collection=self.facts.name,
            finding=Finding.COVID if "COVID-19" in image.tags else None,
            patient_id=patient_of(tags.get("PatientID", "")),
            origin=origin_of(tags.get("location", "")),
            citation=self.facts.citation,
            view=view_of(tags.get("View", "")),
            age=age_in_years(tags.get("Age", "")),
            sex=sex_of(tags.get("Sex", "")),
            label_source=_ANNOTATORS,
        )


class _Homes:
    """The images of the other folders: with all that is known of them, or just by name."""

    def __init__(self, others: Sequence[Path]) -> None:
        self._known: dict[str, list[Radiograph]] = defaultdict(list)
        self._by_name: dict[str, list[Path]] = defaultdict(list)
        for folder in others:
            self._add(folder)

    def _add(self, folder: Path) -> None:
        root = Ieee8023().find_root(folder)
        if root is not None:
            for radiograph in Ieee8023().read(root).radiographs:
                self._known[radiograph.path.name].append(radiograph)
            return
        for path in walk_images(folder):
            if "mask" not in path.parent.name.lower():
                self._by_name[path.name].append(path)

    def find(self, name: str) -> tuple[Radiograph | Path | None, _Trouble]:
        """The image called exactly ``name``; or None, with the kind and detail of the reason."""
        found: Sequence[Radiograph | Path] = self._known.get(name) or self._by_name.get(name, [])
        if not found:
            return None, [("missing image", "annotated, but in no other folder that was given")]
        first, *rest = (home if isinstance(home, Path) else home.path for home in found)
        if not all(_same_file(first, other) for other in rest):
            detail = f"{len(found)} files have this name and differ; give only one's folder"
            return None, [("ambiguous image", detail)]
        return found[0], []


def _same_file(one: Path, other: Path) -> bool:
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False


def _coco_place(root: Path) -> tuple[Path, str | None] | None:
    return next(((root / n, member) for n, member in _PLACES if (root / n).is_file()), None)


def _lungs(
    image: CocoImage, view: View | None
) -> tuple[Mapping[Structure, tuple[Mask, ...]], _Trouble]:
    """Masks by structure, and the kinds and details of what is wrong with them."""
    if image.damage:
        return {}, [("damaged annotation", image.damage)]
    canvas = (image.width, image.height)
    outlines = image.outlines.get("Lung", ())
    polygons = tuple(polygon for outline in outlines for polygon in outline)
    if len(outlines) == 2 and view is not View.LATERAL:
        right, left = sorted(outlines, key=lambda outline: _middle(outline))
        return {
            Structure.RIGHT_LUNG: (MaskPolygons(right, canvas),),
            Structure.LEFT_LUNG: (MaskPolygons(left, canvas),),
        }, []
    if len(polygons) >= 2 and view is not View.LATERAL:
        return {Structure.LUNGS: (MaskPolygons(polygons, canvas),)}, []
    if view is View.LATERAL and not polygons:
        return {}, []  # V7 leaves laterals out on purpose
    return {}, [("missing mask", f"{len(polygons)} lung outlines, expected 2")]


def _has_shape(path: Path, width: int, height: int) -> bool:
    """Whether the image's width to height is as expected; True where it cannot be read."""
    try:
        picture = read_picture(path, at_least=_REDUCED)
    except ImageError:
        return True  # whoever decodes the image reports that
    return same_shape((picture.width, picture.height), (width, height))


def _middle(outline: tuple[tuple[float, ...], ...]) -> float:
    columns = [x for polygon in outline for x in polygon[0::2]]
    return (min(columns) + max(columns)) / 2


def _unused_masks(
    root: Path, masks: Sequence[Path], images: Sequence[CocoImage]
) -> Iterator[Problem]:
    numbers = (_NUMBER.search(image.url) for image in images)
    annotated = {found[1] for found in numbers if found}
    for mask in masks:
        source_path = mask.relative_to(root).as_posix()
        if mask.stem in annotated:
            yield Problem(source_path, "unused mask", "the polygons of the COCO file were used")
        else:
            yield Problem(source_path, "mask without image", "the COCO file does not tell whose")
