"""Records and rows as the steps of a compile hand them on, with few words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from hilum.dataset.merge import MergedRow
from hilum.dataset.prepare import Prepared
from hilum.dataset.variant import StoredMask
from hilum.imaging.masks import encode_mask
from hilum.radiograph import Finding, Radiograph, Split, Structure


def make_record(source_path: str = "a.png", *, collection: str = "one", **known: Any) -> Radiograph:
    return Radiograph(
        path=Path("nowhere", source_path), source_path=source_path, collection=collection, **known
    )


def make_prepared(
    image_id: str,
    source_path: str = "a.png",
    *,
    masks: dict[Structure, int] | None = None,
    **known: Any,
) -> Prepared:
    """A prepared row; each mask is 4×4 with so many pixels set."""
    return Prepared(
        radiograph=make_record(source_path, **known),
        image_id=image_id,
        width=4,
        height=4,
        kept_as="png",
        stored_size=100,
        file_size=100,
        masks={structure: _mask(pixels) for structure, pixels in (masks or {}).items()},
    )


def make_row(
    image_id: str,
    *,
    patients: tuple[str, ...] = (),
    official: Split | None = None,
    finding: Finding | None = None,
) -> MergedRow:
    first, *more = patients or (None,)
    known = {"official_split": official, "finding": finding}
    prepared = make_prepared(image_id, f"{image_id}.png", patient_id=first, **known)
    others = [make_prepared(image_id, "copy.png", patient_id=patient) for patient in more]
    return MergedRow(prepared, (prepared, *others))


def _mask(pixels: int) -> StoredMask:
    flat = np.zeros(16, np.bool_)
    flat[:pixels] = True
    png = encode_mask(flat.reshape(4, 4))
    return StoredMask(png, str(pixels))
