"""One record of a collection → one row of a dataset, checked; or the reason why not."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import cv2
import numpy as np

from hilum.collections.check_pixels import read_masks
from hilum.collections.plain_folder import PlainFolder
from hilum.dataset.issues import Issue
from hilum.errors import ImageError
from hilum.imaging.formats import ImageFormat
from hilum.imaging.masks import BinaryMask, encode_mask
from hilum.imaging.read import Picture, decode_picture, read_file
from hilum.imaging.remarks import find_remarks
from hilum.radiograph import Radiograph, Structure


@dataclass(frozen=True)
class StoredMask:
    """A mask as a dataset keeps it."""

    png: bytes
    """1-bit PNG."""
    pixels_sha256: str
    """Of the decoded pixels: the same whichever library packed the PNG."""


@dataclass(frozen=True)
class Prepared:
    """A radiograph that was read and checked; its pixels stay on disk."""

    radiograph: Radiograph
    image_id: str
    """SHA-256 of the source file, lower-case hexadecimal."""
    width: int
    height: int
    kept_as: str | None
    """The file name ending under which the source's own bytes are stored; None: as a new PNG."""
    stored_size: int
    """Bytes of the source file, from which the size of a shard is estimated."""
    masks: dict[Structure, StoredMask]
    """Each known structure, at the image's size."""


@dataclass(frozen=True)
class Outcome:
    """What became of one record."""

    prepared: Prepared | None
    issues: tuple[Issue, ...]


def prepare(radiograph: Radiograph) -> Outcome:
    """Read ``radiograph`` and its masks. An unreadable image is an issue, not a row."""
    try:
        data = read_file(radiograph.path)
        picture = decode_picture(data, path=radiograph.path)
    except ImageError as error:
        return Outcome(None, (_issue(radiograph, "unreadable image", error.reason),))
    masks, problems = read_masks(radiograph, width=picture.width, height=picture.height)
    prepared = Prepared(
        radiograph=radiograph,
        image_id=hashlib.sha256(data).hexdigest(),
        width=picture.width,
        height=picture.height,
        kept_as=_kept_as(picture),
        stored_size=len(data),
        masks={structure: _store(mask) for structure, mask in masks.items()},
    )
    issues = [_issue(radiograph, problem.kind, problem.detail) for problem in problems]
    # Of somebody's own folder only: what is published is known to everyone.
    if prepared.kept_as is not None and radiograph.collection == PlainFolder.facts.name:
        remarks = find_remarks(data, picture.format)
        detail = f"{', '.join(remarks)}; kept as part of the file, and may tell who it is"
        issues += [_issue(radiograph, "text in the file", detail)] if remarks else []
    return Outcome(prepared, tuple(issues))


def stored_image(prepared: Prepared) -> tuple[bytes, str]:
    """(bytes, file name) of the image as a dataset keeps it.

    The source's own bytes where they are 8-bit PNG or JPEG, else a PNG of the decoded grey.

    Raises:
        ImageError: the file changed or vanished since it was prepared.
    """
    path = prepared.radiograph.path
    data = read_file(path)
    if hashlib.sha256(data).hexdigest() != prepared.image_id:
        raise ImageError(
            "the file changed while the dataset was being compiled",
            path=path,
            remedy="compile again once nothing writes to the folder",
        )
    if prepared.kept_as is not None:
        return data, f"{prepared.image_id}.{prepared.kept_as}"
    ok, encoded = cv2.imencode(".png", decode_picture(data, path=path).pixels)
    if not ok:
        raise ImageError("the image cannot be written as PNG", path=path)
    return encoded.tobytes(), f"{prepared.image_id}.png"


def _kept_as(picture: Picture) -> str | None:
    if picture.pixels.dtype != np.uint8:
        return None
    return {ImageFormat.PNG: "png", ImageFormat.JPEG: "jpg"}.get(picture.format)


def _store(mask: BinaryMask) -> StoredMask:
    shape = np.array(mask.shape, "<i8").tobytes()
    return StoredMask(
        encode_mask(mask), hashlib.sha256(shape + np.packbits(mask).tobytes()).hexdigest()
    )


def _issue(radiograph: Radiograph, kind: str, detail: str) -> Issue:
    return Issue(radiograph.collection, radiograph.source_path, kind, detail)
