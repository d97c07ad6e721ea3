"""The vocabulary every room shares: what a radiograph is and what is known about it.

Frozen values, no reading and no writing. Unknown is ``None`` (or a missing key), never
"absent": a mask that is known to be empty is an :class:`EmptyMask`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


class Finding(enum.StrEnum):
    """What a radiograph shows. A slash leads to a narrower finding of the same kind."""

    NORMAL = "normal"
    COVID = "covid"
    PNEUMONIA = "pneumonia"
    BACTERIAL_PNEUMONIA = "pneumonia/bacterial"
    VIRAL_PNEUMONIA = "pneumonia/viral"
    OTHER_PNEUMONIA = "pneumonia/other"
    LUNG_OPACITY = "lung_opacity"
    TUBERCULOSIS = "tuberculosis"
    OTHER = "other"

    def is_a(self, wider: Finding) -> bool:
        """Whether this finding is ``wider`` or a kind of it.

        >>> Finding.VIRAL_PNEUMONIA.is_a(Finding.PNEUMONIA)
        True
        >>> Finding.PNEUMONIA.is_a(Finding.VIRAL_PNEUMONIA)
        False
        """
        return self == wider or self.startswith(f"{wider}/")


class Structure(enum.StrEnum):
    """What a mask outlines. Right and left are the patient's (image-left is right)."""

    LUNGS = "lungs"
    """Both lungs in one mask, as most collections give them; a dataset stores each lung."""
    WHOLE_LUNGS = "whole_lungs"
    """Both lungs as radiologists draw them in General Blockchain's set, part of the region behind
    the heart included; a dataset stores each lung with its convention."""
    RIGHT_LUNG = "right_lung"
    LEFT_LUNG = "left_lung"
    INFECTION = "infection"
    """COVID-19 infection where the collection's labels mean that."""
    CARDIOMEDIASTINUM = "cardiomediastinum"
    AIRWAYS = "airways"
    GROUND_GLASS = "ground_glass"
    CONSOLIDATION = "consolidation"
    PLEURAL_EFFUSION = "pleural_effusion"
    PNEUMOTHORAX = "pneumothorax"
    ENDOTRACHEAL_TUBE = "endotracheal_tube"
    CENTRAL_VENOUS_LINE = "central_venous_line"
    MONITORING_PROBES = "monitoring_probes"
    NASOGASTRIC_TUBE = "nasogastric_tube"
    CHEST_TUBE = "chest_tube"
    TUBINGS = "tubings"


STORED_STRUCTURES = tuple(s for s in Structure if s not in (Structure.LUNGS, Structure.WHOLE_LUNGS))
"""The structures a dataset has a column for."""


LUNG_TARGETS = (Structure.LUNGS, Structure.RIGHT_LUNG, Structure.LEFT_LUNG)
"""The structures that say where the lungs are that percentages are computed from."""


LUNG_OPACITIES = (Structure.GROUND_GLASS, Structure.CONSOLIDATION)
"""Structures that lie in the lungs and are measured as percent of them, whatever their cause."""


class LungConvention(enum.StrEnum):
    """What counts as lung in a lung mask. Areas of two conventions are not comparable."""

    AERATED = "aerated"
    """The lung fields beside heart and mediastinum, above the diaphragm."""
    PARTLY_BEHIND_HEART = "partly_behind_heart"
    """About half of the region behind the heart as well, but nothing below the diaphragm's dome."""
    BEHIND_HEART = "behind_heart"
    """Most of the region behind the heart and below the dome of the diaphragm as well."""


class View(enum.StrEnum):
    """How the radiograph was taken: projection, and position where known."""

    PA = "PA"
    AP = "AP"
    AP_SUPINE = "AP supine"
    FRONTAL = "frontal"
    """Frontal, but PA or AP is not known."""
    LATERAL = "lateral"


class Split(enum.StrEnum):
    """The part of a dataset a radiograph is used in."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True)
class Licence:
    """Under which terms an image or an annotation was published."""

    name: str
    """SPDX identifier where there is one, else the publisher's own words."""
    url: str | None = None


UNSTATED_LICENCE = Licence("not stated; research use")


def unite_texts(first: str | None, second: str | None) -> str:
    """What either says, each part between semicolons once.

    >>> unite_texts("doi 10.1/2; Cohen 2020", "V7 2020; Cohen 2020")
    'doi 10.1/2; Cohen 2020; V7 2020'
    """
    parts = [part for text in (first, second) if text for part in text.split("; ")]
    return "; ".join(dict.fromkeys(parts))


def unite_licences(first: Licence, second: Licence) -> Licence:
    """The terms of both, for what was made of two works.

    >>> unite_licences(Licence("CC-BY-4.0 AND MIT"), Licence("CC0-1.0 AND MIT")).name
    'CC-BY-4.0 AND MIT AND CC0-1.0'
    """
    if first.name == second.name:
        return first
    names = [*first.name.split(" AND "), *second.name.split(" AND ")]
    united = " AND ".join(dict.fromkeys(names))
    return first if united == first.name else Licence(united)


@dataclass(frozen=True)
class MaskFile:
    """A mask kept as an image file.

    Without ``canvas`` the file covers the whole radiograph (at any size). With it the file
    is a crop whose upper left corner lies at (``left``, ``top``) of a ``canvas`` in pixels.
    """

    path: Path
    foreground: int | None = None
    """The grey value that means inside; ``None``: any value above zero in any colour channel."""
    left: int = 0
    top: int = 0
    canvas: tuple[int, int] | None = None
    """(width, height)"""


@dataclass(frozen=True)
class MaskPolygons:
    """A mask given as closed polygons, united; each is (x0, y0, x1, y1, …) in pixels."""

    polygons: tuple[tuple[float, ...], ...]
    canvas: tuple[int, int]
    """(width, height) of the radiograph the coordinates belong to."""


class RunPacking(enum.StrEnum):
    """How the run lengths of a :class:`MaskRuns` are written."""

    COLUMNS = "columns"
    """Numbers of pixels outside, inside, outside, … down each column (COCO)."""
    COLUMNS_AS_TEXT = "columns as text"
    """The same in the ASCII text into which COCO's tools compress them."""
    ROWS = "rows"
    """Numbers of pixels outside, inside, outside, … along each row (CVAT)."""
    LABEL_STUDIO = "label studio"
    """Label Studio's bit stream of four bytes per pixel, the last of which is above zero inside."""


@dataclass(frozen=True)
class MaskRuns:
    """A mask given as run lengths; :mod:`hilum.imaging.runs` unpacks them.

    It fills a part of ``size`` pixels whose upper left corner lies at (``left``, ``top``) of the
    radiograph.
    """

    runs: tuple[int, ...] | str
    """Numbers in rows and columns; in the other packings text, a character for each byte."""
    packing: RunPacking
    size: tuple[int, int]
    """(width, height)"""
    canvas: tuple[int, int]
    """(width, height) of the radiograph the part belongs to."""
    left: int = 0
    top: int = 0


@dataclass(frozen=True)
class EmptyMask:
    """The structure is known to be absent."""


Mask = MaskFile | MaskPolygons | MaskRuns | EmptyMask


@dataclass(frozen=True)
class SeverityScore:
    """A reader's score of how much of the lungs is involved."""

    scale: str
    """Name of one of :data:`hilum.scales.READERS_SCALES`."""
    value: float
    maximum: float


@dataclass(frozen=True)
class Radiograph:
    """One image of a collection and all that the collection says about it."""

    path: Path
    """The image file on disk."""
    source_path: str
    """The same, relative to the collection's folder, with forward slashes."""
    collection: str
    finding: Finding | None = None
    masks: Mapping[Structure, tuple[Mask, ...]] = field(default_factory=dict)
    """Each structure's masks, to be united. A missing key is unknown."""
    lung_convention: LungConvention | None = None
    patient_id: str | None = None
    """Unique across collections: prefixed with the collection's name."""
    group_id: str | None = None
    """The group it had in a dataset that was exported: what shares it must not be torn apart."""
    origin: str | None = None
    """Hospital or database the image first came from."""
    official_split: Split | None = None
    licence: Licence = UNSTATED_LICENCE
    citation: str = ""
    view: View | None = None
    age: float | None = None
    """Years."""
    sex: str | None = None
    """``F`` or ``M``."""
    day: int | None = None
    """Days since the patient's first symptom, admission or film, as the collection counts."""
    severity: tuple[SeverityScore, ...] = ()
    label_source: str | None = None
    """Where finding and masks come from, for example ``file name`` or ``radiologists``."""
