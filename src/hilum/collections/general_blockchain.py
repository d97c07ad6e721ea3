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
left lung. ``metadata.csv`` is that of covid-chestxray-dataset and numbers the same patients.
The lungs cover half of the heart's shadow (median 55 %), but end at the dome of the diaphragm.
Consolidation and ground glass are outlined whatever their cause, so that ``infection`` stays
unknown.

Citation: General Blockchain 2020, github.com/GeneralBlockchain; images: Cohen et al. 2020,
arXiv 2003.11597.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
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
from hilum.collections.folders import (
    find_descendant,
    image_files,
    is_safe_path,
    unclaimed_images,
)
from hilum.collections.tables import read_table
from hilum.imaging.read import MAX_PIXELS
from hilum.radiograph import (
    Finding,
    Licence,
    LungConvention,
    MaskFile,
    Radiograph,
    Structure,
    unite_licences,
    unite_texts,
)

_STRUCTURES = {
    "right lung": Structure.RIGHT_LUNG,
    "left lung": Structure.LEFT_LUNG,
    "cardiomediastinum": Structure.CARDIOMEDIASTINUM,
    "airways": Structure.AIRWAYS,
    "ground glass opacities": Structure.GROUND_GLASS,
    "consolidation": Structure.CONSOLIDATION,
    "pleural effusion": Structure.PLEURAL_EFFUSION,
    "pneumothorax": Structure.PNEUMOTHORAX,
    "endotracheal tube": Structure.ENDOTRACHEAL_TUBE,
    "central venous line": Structure.CENTRAL_VENOUS_LINE,
    "monitoring probes": Structure.MONITORING_PROBES,
    "nasogastric tube": Structure.NASOGASTRIC_TUBE,
    "chest tube": Structure.CHEST_TUBE,
    "tubings": Structure.TUBINGS,
}
_SPELLINGS = {"nosogastric": "nasogastric", "veinous": "venous"}
_COLUMNS = ("Class", "Filename", "Mask", "Resolution", "Top", "Left", "Width", "Height")

_Outlines = Mapping[Structure, tuple[MaskFile, ...]]


class GeneralBlockchain(Collection):
    """General Blockchain's COVID-19 Chest X-ray Segmentations."""

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
        structures=tuple(_STRUCTURES.values()),
        lung_convention=LungConvention.PARTLY_BEHIND_HEART,
        licence=Licence("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"),
        citation="General Blockchain 2020; Cohen et al. 2020, arXiv 2003.11597",
        home_page="https://github.com/GeneralBlockchain/covid-19-chest-xray-segmentations-dataset",
        how_to_get="git clone, give the folder",
    )

    def find_root(self, folder: Path) -> Path | None:
        """Told by ``structure.csv`` beside ``images``."""
        return find_descendant(folder, ["structure.csv", "images"])

    def read(self, root: Path, *, others: Sequence[Path] = ()) -> Reading:
        """Damaged ``structure.csv`` or ``metadata.csv`` is an error."""
        outlines, problems = _read_outlines(root)
        metadata = _read_metadata(root, problems)
        radiographs = tuple(self._radiographs(root, outlines, metadata, problems))
        claimed = {*image_files(root / "images"), *_mask_paths(radiographs)}
        for path in image_files(root / "masks"):
            if path not in claimed:
                claimed.add(path)
                detail = "no usable row of structure.csv gives it to an image that is here"
                source_path = path.relative_to(root).as_posix()
                problems.append(Problem(source_path, "unused mask", detail))
        problems += unclaimed_images(root, claimed)
        return Reading(self.facts.name, root, radiographs, tuple(problems))

    def _radiographs(
        self,
        root: Path,
        outlines: Mapping[str, _Outlines],
        metadata: Metadata,
        problems: list[Problem],
    ) -> Iterator[Radiograph]:
        present = {path.name: path for path in image_files(root / "images")}
        for name in sorted(outlines.keys() | present.keys()):
            source_path = f"images/{name}"
            path, row = present.get(name), metadata.rows.get(name)
            if path is None:
                detail = "structure.csv names it, images/ has it not"
                problems.append(Problem(source_path, "missing image", detail))
                continue
            if name not in outlines:
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
            masks = outlines.get(name)
            if masks:
                radiograph = dataclasses.replace(
                    radiograph,
                    masks=masks,
                    lung_convention=self.facts.lung_convention if _has_lung(masks) else None,
                    licence=unite_licences(radiograph.licence, self.facts.licence),
                    label_source=unite_texts(radiograph.label_source, "radiologists"),
                )
            yield radiograph


def _has_lung(masks: _Outlines) -> bool:
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


def _read_outlines(root: Path) -> tuple[dict[str, _Outlines], list[Problem]]:
    """Each image's masks by structure; a structure of which a mask is missing is left out."""
    table = read_table(root / "structure.csv", required=_COLUMNS)
    problems = list(table.problems)
    found: dict[str, dict[Structure, list[MaskFile | None]]] = defaultdict(dict)
    for row in table.rows:
        name = row["Filename"]
        if not is_safe_path(name) or "/" in name:
            problems.append(Problem("structure.csv", "unsafe path", f"Filename is {name!r}"))
            continue
        structures = found[name]
        structure = _structure_of(row["Class"])
        if structure is None:
            problems.append(Problem(f"images/{name}", "unknown structure", row["Class"][:80]))
            continue
        mask, trouble = _mask_of(root, row)
        if trouble is not None:
            kind, detail = trouble
            problems.append(Problem(f"images/{name}", kind, f"{structure}: {detail}"))
        structures.setdefault(structure, []).append(mask)
    outlines: dict[str, _Outlines] = {}
    for name, structures in found.items():
        whole = {s: tuple(m for m in masks if m) for s, masks in structures.items() if all(masks)}
        outlines[name] = whole
    return outlines, problems


def _structure_of(class_name: str) -> Structure | None:
    words = class_name.lower().removeprefix("covid-19").split()
    return _STRUCTURES.get(" ".join(_SPELLINGS.get(word, word) for word in words))


def _mask_of(root: Path, row: Mapping[str, str]) -> tuple[MaskFile | None, tuple[str, str] | None]:
    """The mask of one row, or None and the kind and detail of what is wrong with it."""
    name = row["Mask"]
    if not name:
        return None, ("missing mask", "the row names none")
    if not is_safe_path(name):
        return None, ("unsafe path", repr(name))
    if not (root / name).is_file():
        return None, ("missing mask", f"no {name}")
    try:
        width, height = (int(number) for number in row["Resolution"].lower().split("x"))
        left, top = int(row["Left"]), int(row["Top"])
        right, bottom = left + int(row["Width"]), top + int(row["Height"])
    except ValueError:
        cells = ", ".join(f"{key} {row[key]!r}" for key in _COLUMNS[3:])
        return None, ("damaged row", f"these should be numbers: {cells}")
    if not (0 <= left < right <= width and 0 <= top < bottom <= height):
        detail = f"({left}, {top}) to ({right}, {bottom}) is not inside {width}×{height}"
        return None, ("damaged row", detail)
    if width * height > MAX_PIXELS:
        return None, ("damaged row", f"Resolution {width}×{height} is too large")
    return MaskFile(root / name, left=left, top=top, canvas=(width, height)), None
