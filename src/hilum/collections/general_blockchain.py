"""COVID-19 Chest X-ray Segmentations (General Blockchain, 2020).

What: 100 images of covid-chestxray-dataset in which radiologists outlined up to 14 structures:
each lung, cardiomediastinum, airways; ground glass, consolidation, pleural effusion,
pneumothorax; tubes and lines.

Format: ``structure.csv`` has a row per outline. The image is ``images/<Filename>``, never
column ``Image``; the mask is a cropped colour PNG whose corner lies at (``Left``, ``Top``) of a
canvas of ``Resolution`` (width x height); foreground is any colour but black. The columns
``Minimal …`` say the same where a mask exists. Left and right are the patient's. Some rows have
no mask, or name one that does not exist: that structure is then unknown. A structure without a
row is unknown, too: the files do not say that all 14 were looked for, and one image lacks its
left lung. ``annotation/results.json``, which many copies lack, says the same in COCO: it gives the
structures that the table does not, and all where the table is missing. ``metadata.csv`` is that of
covid-chestxray-dataset and numbers the same patients. The lungs cover half of the heart's shadow
(median 55 %), but end at the dome of the diaphragm. Consolidation and ground glass are outlined
whatever their cause, so that ``infection`` stays unknown.

Citation: General Blockchain 2020, github.com/GeneralBlockchain; images: Cohen et al. 2020,
arXiv 2003.11597.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hilum.collections.chestxray_metadata import (
    Metadata,
    describe_image,
    is_radiograph,
    patient_of,
    read_metadata,
)
from hilum.collections.collection import NOT_A_RADIOGRAPH, Collection, Facts, Problem, Reading
from hilum.collections.folders import find_below, image_files, problem_at, unclaimed_images
from hilum.collections.general_blockchain_outlines import (
    STRUCTURES,
    Outlines,
    has_outlines,
    read_outlines,
)
from hilum.radiograph import (
    Finding,
    Licence,
    LungConvention,
    Mask,
    MaskFile,
    Radiograph,
    Structure,
    unite_licences,
    unite_texts,
)

_Masks = Mapping[Structure, tuple[Mask, ...]]


class GeneralBlockchain(Collection):
    """General Blockchain's COVID-19 Chest X-ray Segmentations."""

    reads_annotations = True
    names_own = True
    facts = Facts(
        name="general-blockchain",
        title="COVID-19 Chest X-ray Segmentations, General Blockchain",
        images="100",
        findings=(
            Finding.NORMAL,
            Finding.COVID,
            Finding.BACTERIAL_PNEUMONIA,
            Finding.VIRAL_PNEUMONIA,
            Finding.OTHER_PNEUMONIA,
        ),
        structures=tuple(STRUCTURES.values()),
        lung_convention=LungConvention.PARTLY_BEHIND_HEART,
        licence=Licence("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"),
        citation="General Blockchain 2020; Cohen et al. 2020, arXiv 2003.11597",
        home_page="https://github.com/GeneralBlockchain/covid-19-chest-xray-segmentations-dataset",
        how_to_get="git clone, give the folder",
        holds=("ieee8023",),
    )

    def find_root(self, folder: Path) -> Path | None:
        """Told by ``structure.csv``, or its COCO file, beside ``images``."""
        return find_below(folder, lambda place: (place / "images").exists() and has_outlines(place))

    def read(self, root: Path, *, others: Sequence[Path] = ()) -> Reading:
        """Damaged ``structure.csv`` or ``metadata.csv`` is an error."""
        outlines = read_outlines(root, {path.name for path in image_files(root / "images")})
        problems = list(outlines.problems)
        metadata = _read_metadata(root, problems)
        radiographs = tuple(self._radiographs(root, outlines, metadata, problems))
        claimed = {*image_files(root / "images"), *_mask_paths(radiographs)}
        for path in image_files(root / "masks"):
            if path not in claimed:
                claimed.add(path)
                detail = "no usable row of structure.csv gives it to an image that is here"
                problems.append(problem_at(root, path, "unused mask", detail))
        problems += unclaimed_images(root, claimed)
        return Reading(self.facts.name, root, radiographs, tuple(problems))

    def _radiographs(
        self,
        root: Path,
        outlines: Outlines,
        metadata: Metadata,
        problems: list[Problem],
    ) -> Iterator[Radiograph]:
        present = {path.name: path for path in image_files(root / "images")}
        for name in sorted(outlines.masks.keys() | present.keys()):
            source_path = f"images/{name}"
            path, row = present.get(name), metadata.rows.get(name)
            if path is None:
                detail = f"{outlines.named_by[name]} names it, images/ has it not"
                problems.append(Problem(source_path, "missing image", detail))
                continue
            if name not in outlines.masks:
                problems.append(Problem(source_path, "missing mask", "not in structure.csv"))
            if row is None:
                problems.append(Problem(source_path, "not in metadata", "finding unknown"))
                radiograph = Radiograph(
                    path, source_path, self.facts.name, citation=self.facts.citation
                )
            elif not is_radiograph(row):
                patient = patient_of(row["patientid"])
                problems.append(Problem(source_path, NOT_A_RADIOGRAPH, row["view"], patient))
                continue
            else:
                radiograph = describe_image(
                    row,
                    path=path,
                    collection=self.facts.name,
                    citation=self.facts.citation,
                    problems=problems,
                )
            masks = outlines.masks.get(name)
            if masks:
                radiograph = dataclasses.replace(
                    radiograph,
                    masks=masks,
                    lung_convention=self.facts.lung_convention if _has_lung(masks) else None,
                    licence=unite_licences(radiograph.licence, self.facts.licence),
                    label_source=unite_texts(
                        radiograph.label_source,
                        _annotators(masks, outlines.from_coco.get(name, ())),
                    ),
                )
            yield radiograph


def _annotators(masks: _Masks, from_coco: Sequence[Structure]) -> str:
    """Who outlined the masks, and which of them the COCO file tells."""
    if not from_coco:
        return "radiologists"
    if len(from_coco) == len(masks):
        return "radiologists (COCO file)"
    return f"radiologists (COCO file: {', '.join(sorted(from_coco))})"


def _has_lung(masks: _Masks) -> bool:
    return Structure.RIGHT_LUNG in masks or Structure.LEFT_LUNG in masks


def _read_metadata(root: Path, problems: list[Problem]) -> Metadata:
    path = root / "metadata.csv"
    if not path.is_file():
        problems.append(Problem(path.name, "missing table", "findings and patients are unknown"))
        return Metadata({}, ())
    metadata = read_metadata(path)
    problems += metadata.problems
    return metadata


def _mask_paths(radiographs: Sequence[Radiograph]) -> Iterator[Path]:
    for radiograph in radiographs:
        for masks in radiograph.masks.values():
            yield from (mask.path for mask in masks if isinstance(mask, MaskFile))
