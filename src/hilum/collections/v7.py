"""V7 COVID-19 X-ray lung annotations (V7 Labs, 2020).

What: human-checked outlines of both lungs in the 517 COVID-19 images of covid-chestxray-dataset
(435 of them outlined; CT slices and laterals are not). No images come along: they are found in
the other folders of the run, in covid-chestxray-dataset or by file name anywhere else, unless
different files have the name. Hannover's own files will not do: covid-chestxray-dataset has
cropped them to squares.

Format: ``annotations/covid-only-coco.zip`` holds ``output.json`` (COCO), which may lie unpacked
beside it; ``annotations/covid-only.zip`` says the same in Darwin's JSON, a file per image, and is
read where the COCO file is absent, or for an image whose outlines are damaged there. Each lung is
an annotation of category ``Lung`` with polygons in pixels of an image of ``width`` × ``height``;
``Ignore`` marks implants and captions over the lungs and is not used. With exactly two outlines
in a frontal image, the one at image-left is the right lung. Tags carry finding, view, sex, age,
place and the patient's number in covid-chestxray-dataset. The lungs include most of the region
behind the heart and, where visible, below the diaphragm's dome.
``annotations/all-images-semantic-masks/`` repeats the outlines as PNG (255 lungs, 127 ignored),
named by the number that ``darwin_url``, or Darwin's ``url``, holds. A PNG is used where both files
are damaged; the others are reported as unused.

Citation: V7 Labs 2020, github.com/v7labs/covid-19-xray-dataset; images: Cohen et al. 2020,
arXiv 2003.11597.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from hilum.collections.annotated import AnnotatedImage
from hilum.collections.annotated_masks import Masks
from hilum.collections.chestxray_metadata import origin_of, patient_of, view_of
from hilum.collections.collection import NOT_A_RADIOGRAPH, Collection, Facts, Problem, Reading
from hilum.collections.folders import find_below, unclaimed_images
from hilum.collections.image_search import ImageSearch, Trouble
from hilum.collections.tables import age_in_years, sex_of
from hilum.collections.v7_annotations import (
    drawn_lungs,
    find_annotations,
    mask_files,
    read_annotations,
    unused_masks,
)
from hilum.errors import ImageError
from hilum.imaging.masks import same_shape
from hilum.imaging.read import read_picture
from hilum.radiograph import (
    Finding,
    Licence,
    LungConvention,
    MaskFile,
    MaskPolygons,
    Radiograph,
    Structure,
    View,
    unite_licences,
    unite_texts,
)

_ANNOTATORS = "V7 annotators"
_REDUCED = 64
"""Side in pixels to which an image may shrink while it is decoded: only its shape counts."""


class V7Covid19Xray(Collection):
    """V7's lung annotations of covid-chestxray-dataset."""

    reads_annotations = True
    names_own = True
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
        holds=("ieee8023",),
    )

    def find_root(self, folder: Path) -> Path | None:
        """Told by ``covid-only-coco.zip``, its ``output.json`` or ``covid-only.zip``."""
        return find_below(folder, lambda place: find_annotations(place) is not None)

    def read(self, root: Path, *, others: Sequence[Path] = ()) -> Reading:
        """Damaged annotations are an error; ``others`` are searched for the images."""
        source, annotations = read_annotations(root)
        problems = [Problem(source, kind, detail) for kind, detail in annotations.problems]
        drawn = mask_files(root)
        search = ImageSearch(others)
        radiographs = tuple(self._radiographs(annotations.images, search, drawn, problems))
        used = {m.path for r in radiographs for m in _files_of(r.masks)}
        unused = [mask for mask in drawn if mask not in used]
        problems += unused_masks(root, unused, annotations.images)
        exports = (root / "annotations").glob("*.zip")
        problems += unclaimed_images(root, [*drawn, *exports, root / source])
        return Reading(self.facts.name, root, radiographs, tuple(problems))

    def _radiographs(
        self,
        images: Sequence[AnnotatedImage],
        search: ImageSearch,
        drawn: Sequence[Path],
        problems: list[Problem],
    ) -> Iterator[Radiograph]:
        for image in sorted(images, key=lambda image: image.name):
            name = image.name
            if "CT" in image.tags:
                problems.append(Problem(name, NOT_A_RADIOGRAPH, "CT"))
                continue
            home, trouble = search.find(name)
            if home is None:
                problems += [Problem(name, kind, detail) for kind, detail in trouble]
                continue
            known = home if isinstance(home, Radiograph) else self._from_tags(image, home)
            masks, trouble = _lungs(image, known.view, drawn)
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

    def _outlined(self, radiograph: Radiograph, masks: Masks) -> Radiograph:
        """``radiograph`` with ``masks``, and with whom and what they bind its user to name."""
        return dataclasses.replace(
            radiograph,
            masks=masks,
            lung_convention=self.facts.lung_convention,
            licence=unite_licences(radiograph.licence, self.facts.licence),
            citation=unite_texts(radiograph.citation, self.facts.citation),
            label_source=unite_texts(radiograph.label_source, _ANNOTATORS),
        )

    def _from_tags(self, image: AnnotatedImage, path: Path) -> Radiograph:
        tags = dict(
            re.split("[:/]", tag, maxsplit=1) for tag in image.tags if re.search("[:/]", tag)
        )
        return Radiograph(
            path=path,
            source_path=image.name,
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


def _lungs(
    image: AnnotatedImage, view: View | None, drawn: Sequence[Path]
) -> tuple[Masks, Trouble]:
    """Masks by structure, and the kinds and details of what is wrong with them."""
    if image.damage:
        detail = "; ".join(image.damage.values())
        mask = drawn_lungs(image, drawn)
        if mask is None:
            return {}, [("damaged annotation", detail)]
        used = f"{detail}; {mask.path.name} was used"
        return {Structure.LUNGS: (mask,)}, [("damaged annotation", used)]
    outlines = [o for o in image.outlines.get("Lung", ()) if isinstance(o, MaskPolygons)]
    polygons = tuple(polygon for outline in outlines for polygon in outline.polygons)
    if len(outlines) == 2 and view is not View.LATERAL:
        right, left = sorted(outlines, key=_middle)
        return {Structure.RIGHT_LUNG: (right,), Structure.LEFT_LUNG: (left,)}, []
    if len(polygons) >= 2 and view is not View.LATERAL:
        both = MaskPolygons(polygons, (image.width, image.height))
        return {Structure.LUNGS: (both,)}, []
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


def _middle(outline: MaskPolygons) -> float:
    columns = [x for polygon in outline.polygons for x in polygon[0::2]]
    return (min(columns) + max(columns)) / 2


def _files_of(masks: Masks) -> Iterator[MaskFile]:
    yield from (m for several in masks.values() for m in several if isinstance(m, MaskFile))
