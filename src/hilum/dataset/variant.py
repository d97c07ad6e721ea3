"""What a dataset keeps in place of the films as they are: enhanced, or only their lungs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.errors import DatasetError, ImageError
from hilum.imaging.enhance import Enhancement
from hilum.imaging.masks import BinaryMask, decode_mask, encode_mask
from hilum.imaging.read import Grey, to_uint8
from hilum.imaging.vary import PLAIN, FilmVariant, PlacedMask, least_box, vary


@dataclass(frozen=True)
class StoredMask:
    """A mask as a dataset keeps it."""

    png: bytes
    """1-bit PNG."""
    pixels_sha256: str
    """Of the decoded pixels: the same whichever library packed the PNG."""


FoundLungs = tuple[BinaryMask, BinaryMask]
"""The right and the left lung of a film, bool H×W of its size; one that is absent is all False."""


@dataclass(frozen=True)
class LungsFinder:
    """Who says where the lungs are. A room above hands it in, since this one has no model."""

    find: Callable[[NDArray[np.uint8]], FoundLungs | str]
    """Of a film (H×W uint8) its lungs, or why it is refused. Picklable."""
    facts: dict[str, Any]
    """What the lungs depend on, as JSON: the model file's hash, the runtime and its version."""


@dataclass(frozen=True)
class Variant:
    """What is done to every film; by default nothing."""

    enhancement: Enhancement | None = None
    lungs: LungsFinder | None = None
    """Films are cut to the box of their lungs and black beside them; None: they stay whole."""

    @property
    def is_plain(self) -> bool:
        """Whether films are kept as they are."""
        return self.enhancement is None and self.lungs is None

    def facts(self) -> dict[str, Any] | None:
        """All of it, as it stands in the lock; None where films are kept as they are."""
        if self.is_plain:
            return None
        return {
            "enhance": enhancement_facts(self.enhancement),
            "lungs_only": None if self.lungs is None else self.lungs.facts,
        }


@dataclass(frozen=True)
class Cut:
    """The part of a film that is kept: the least box around its lungs. In pixels of the film."""

    left: int
    top: int
    source_width: int
    """Of the whole film."""
    source_height: int
    lungs: StoredMask
    """Of the box: what stays; all else is black."""

    def placed(self) -> PlacedMask:
        """The lungs, decoded, with their place in the film."""
        return PlacedMask(decode_mask(self.lungs.png, path="lungs"), self.left, self.top)


def store_mask(mask: BinaryMask) -> StoredMask:
    """``mask`` (H×W bool) as a dataset keeps it."""
    shape = np.array(mask.shape, "<i8").tobytes()
    return StoredMask(
        encode_mask(mask), hashlib.sha256(shape + np.packbits(mask).tobytes()).hexdigest()
    )


def enhancement_facts(enhancement: Enhancement | None) -> dict[str, Any] | None:
    """Name and parameters, as JSON."""
    if enhancement is None:
        return None
    return {"name": str(enhancement), "parameters": enhancement.parameters}


def cut_to(lungs: BinaryMask) -> Cut:
    """The box around ``lungs`` (H×W bool of the film's size), which are not all False."""
    box = least_box(lungs)
    return Cut(box.left, box.top, lungs.shape[1], lungs.shape[0], store_mask(box.mask))


def varied_png(pixels: Grey, enhancement: Enhancement | None, cut: Cut | None, path: Any) -> bytes:
    """The 8-bit PNG of ``pixels`` (H×W), changed.

    Raises:
        ImageError: the image cannot be written; ``path`` names it.
    """
    grey = vary(to_uint8(pixels), enhancement, None if cut is None else cut.placed())
    ok, encoded = cv2.imencode(".png", grey)
    if not ok:
        raise ImageError("the image cannot be written as PNG", path=path)
    return encoded.tobytes()


def variant_of(facts: Any, *, path: Path) -> FilmVariant:
    """What was done to the films of the dataset in whose lock, ``path``, ``facts`` stand.

    Raises:
        DatasetError: that cannot be done here in the same way.
    """
    if facts is None:  # films as they are
        return PLAIN
    try:
        enhanced, lungs = facts["enhance"], facts["lungs_only"]
        enhancement = None if enhanced is None else Enhancement(enhanced["name"])
        known = enhancement_facts(enhancement) == enhanced
    except (KeyError, TypeError, ValueError):
        known = False
    if not known:
        raise DatasetError(
            "the films were changed in a way that this version of hilum does not know",
            path=path,
            got=str(facts),
            remedy="install the version of hilum that the lock names, or compile again",
        )
    return FilmVariant(enhancement, lungs_only=lungs is not None)
