"""One record of a collection → one row of a dataset, checked; or the reason why not."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.collections.check_pixels import read_masks
from hilum.collections.plain_folder import PlainFolder
from hilum.dataset.issues import Issue
from hilum.dataset.variant import (
    Cut,
    LungsFinder,
    StoredMask,
    Variant,
    cut_to,
    store_mask,
    varied_png,
)
from hilum.errors import ImageError
from hilum.imaging.enhance import Enhancement
from hilum.imaging.formats import ImageFormat
from hilum.imaging.masks import BinaryMask
from hilum.imaging.read import Picture, decode_picture, read_file, to_uint8
from hilum.imaging.remarks import find_remarks
from hilum.radiograph import Radiograph, Structure
from hilum.twins.fingerprint import Fingerprint, fingerprint


@dataclass(frozen=True)
class Prepared:
    """A radiograph that was read and checked; its pixels stay on disk."""

    radiograph: Radiograph
    image_id: str
    """SHA-256 of the source file, lower-case hexadecimal."""
    width: int
    """Of the image as it is stored, in pixels."""
    height: int
    kept_as: str | None
    """The file name ending under which the source's own bytes are stored; None: as a new PNG."""
    stored_size: int
    """Bytes of the source file, or pixels of a changed image: estimates the size of a shard."""
    file_size: int
    """Bytes of the source file."""
    masks: dict[Structure, StoredMask]
    """Each known structure, at the image's size."""
    enhancement: Enhancement | None = None
    """What is done to the pixels before they are stored."""
    cut: Cut | None = None
    """The part that is stored; None: the whole film."""


@dataclass(frozen=True)
class Outcome:
    """What became of one record."""

    prepared: Prepared | None
    issues: tuple[Issue, ...]
    fingerprint: Fingerprint | None = None
    """Of the whole film, to find its twins by; None where there is no row."""


def prepare(radiograph: Radiograph, variant: Variant) -> Outcome:
    """Read ``radiograph`` and its masks. An unreadable image is an issue, not a row.

    So is a film whose lungs are not found where ``variant`` keeps lungs only.
    """
    try:
        data = read_file(radiograph.path)
        picture = decode_picture(data, path=radiograph.path)
    except ImageError as error:
        return Outcome(None, (_issue(radiograph, "unreadable image", error.reason),))
    grey = to_uint8(picture.pixels)
    masks, problems = read_masks(radiograph, grey, width=picture.width, height=picture.height)
    issues = [_issue(radiograph, problem.kind, problem.detail) for problem in problems]
    cut = None
    if variant.lungs is not None:
        cut, told = _cut(radiograph, picture, variant.lungs)
        issues += told
        if cut is None:
            return Outcome(None, tuple(issues))
        masks = _crop(radiograph, masks, cut, issues)
    height, width = picture.pixels.shape if cut is None else cut.placed().mask.shape
    prepared = Prepared(
        radiograph=radiograph,
        image_id=hashlib.sha256(data).hexdigest(),
        width=width,
        height=height,
        kept_as=_kept_as(picture) if variant.is_plain else None,
        stored_size=len(data) if variant.is_plain else width * height,
        file_size=len(data),
        masks={structure: store_mask(mask) for structure, mask in masks.items()},
        enhancement=variant.enhancement,
        cut=cut,
    )
    # Of somebody's own folder only: what is published is known to everyone.
    if prepared.kept_as is not None and radiograph.collection == PlainFolder.facts.name:
        remarks = find_remarks(data, picture.format)
        detail = f"{', '.join(remarks)}; kept as part of the file, and may tell who it is"
        issues += [_issue(radiograph, "text in the file", detail)] if remarks else []
    return Outcome(prepared, tuple(issues), fingerprint(grey))


def stored_image(prepared: Prepared) -> tuple[bytes, str]:
    """(bytes, file name) of the image as a dataset keeps it.

    The source's own bytes where they are 8-bit PNG or JPEG, else a PNG of the decoded grey; of an
    enhanced or cut one in 8 bits.

    Raises:
        ImageError: the file changed or vanished since it was prepared.
    """
    path = prepared.radiograph.path
    data = _source_bytes(prepared)
    if prepared.kept_as is not None:
        return data, f"{prepared.image_id}.{prepared.kept_as}"
    pixels = decode_picture(data, path=path).pixels
    if prepared.enhancement is not None or prepared.cut is not None:
        png = varied_png(pixels, prepared.enhancement, prepared.cut, path)
        return png, f"{prepared.image_id}.png"
    ok, encoded = cv2.imencode(".png", pixels)
    if not ok:
        raise ImageError("the image cannot be written as PNG", path=path)
    return encoded.tobytes(), f"{prepared.image_id}.png"


def pixels_of(prepared: Prepared) -> NDArray[np.uint8]:
    """The whole film as it was read, H×W: neither enhanced nor cut.

    Raises:
        ImageError: the file changed or vanished since it was prepared.
    """
    path = prepared.radiograph.path
    return to_uint8(decode_picture(_source_bytes(prepared), path=path).pixels)


def _source_bytes(prepared: Prepared) -> bytes:
    path = prepared.radiograph.path
    data = read_file(path)
    if hashlib.sha256(data).hexdigest() != prepared.image_id:
        raise ImageError(
            "the file changed while the dataset was being compiled",
            path=path,
            remedy="compile again once nothing writes to the folder",
        )
    return data


def _kept_as(picture: Picture) -> str | None:
    if picture.pixels.dtype != np.uint8:
        return None
    return {ImageFormat.PNG: "png", ImageFormat.JPEG: "jpg"}.get(picture.format)


def _cut(
    radiograph: Radiograph, picture: Picture, finder: LungsFinder
) -> tuple[Cut | None, list[Issue]]:
    """What of the film is kept, with what there is to say of it; None: nothing, and why."""
    found = finder.find(to_uint8(picture.pixels))
    if isinstance(found, str):
        return None, [_issue(radiograph, "lungs not found", f"{found}; left out")]
    right, left = found
    if not right.any() and not left.any():
        return None, [_issue(radiograph, "lungs not found", "neither lung; left out")]
    if right.any() and left.any():
        return cut_to(right | left), []
    missing = "left" if right.any() else "right"
    detail = f"the {missing} lung was not found; the image is of the other"
    return cut_to(right | left), [_issue(radiograph, "one lung found", detail)]


def _crop(
    radiograph: Radiograph,
    masks: Mapping[Structure, BinaryMask],
    cut: Cut,
    issues: list[Issue],
) -> dict[Structure, BinaryMask]:
    """``masks`` within the box. One that lies wholly beside it is unknown: an empty one would say
    that the structure is absent from the patient."""
    part_of = cut.placed().part_of
    cropped = {structure: np.ascontiguousarray(part_of(mask)) for structure, mask in masks.items()}
    lost = sorted(s for s, mask in masks.items() if mask.any() and not cropped[s].any())
    issues += [_issue(radiograph, "mask beside the lungs", f"{s}: not used") for s in lost]
    return {structure: mask for structure, mask in cropped.items() if structure not in lost}


def _issue(radiograph: Radiograph, kind: str, detail: str) -> Issue:
    return Issue(radiograph.collection, radiograph.source_path, kind, detail)
