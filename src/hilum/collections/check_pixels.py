"""Do an image and its masks decode, and do they fit each other?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hilum.collections.collection import Problem
from hilum.collections.lay_masks import lay_masks
from hilum.errors import HilumError, MaskShapeError
from hilum.imaging.masks import BinaryMask, split_lungs
from hilum.imaging.read import read_picture, to_uint8
from hilum.radiograph import LUNG_TARGETS, Radiograph, Structure

_REDUCED = 64
"""Side in pixels to which an image may shrink while it is decoded: only whether it does counts."""


def find_pixel_problems(radiograph: Radiograph) -> tuple[Problem, ...]:
    """Decode ``radiograph`` and its masks; everything found wrong with them.

    Kinds: ``unreadable image`` and those of :func:`read_masks`.
    """
    try:
        picture = read_picture(radiograph.path, at_least=_REDUCED)
    except HilumError as error:
        return (Problem(radiograph.source_path, "unreadable image", error.reason),)
    pixels = to_uint8(picture.pixels)
    return read_masks(radiograph, pixels, width=picture.width, height=picture.height)[1]


def read_masks(
    radiograph: Radiograph, pixels: NDArray[np.uint8], *, width: int, height: int
) -> tuple[dict[Structure, BinaryMask], tuple[Problem, ...]]:
    """Each known structure's mask, H×W bool, each lung by itself; and what is wrong with others.

    A mask that is a problem is unknown. Kinds: ``unreadable mask``, ``mask of another shape``
    (its width to height is not the image's), ``empty lung mask`` (nobody is without lungs),
    ``lungs not told apart``, ``mask turned against its image``; but ``turned mask``, which was
    turned back, is known.

    Args:
        radiograph: whose masks to read.
        pixels: its image in grey, of any size.
        width: of its image, in pixels.
        height: the same.
    """
    known: dict[Structure, BinaryMask] = {}
    problems: list[Problem] = []

    def tell(kind: str, detail: str) -> None:
        problems.append(Problem(radiograph.source_path, kind, detail))

    laid = lay_masks(radiograph.masks, pixels, width=width, height=height)
    if laid.problem is not None:
        tell(*laid.problem)
    for structure, mask in laid.masks.items():
        if isinstance(mask, HilumError):
            is_shape = isinstance(mask, MaskShapeError)
            kind = "mask of another shape" if is_shape else "unreadable mask"
            # The file's name only: a whole path would differ from machine to machine.
            name = f", {Path(mask.path).name}" if mask.path else ""
            tell(kind, f"{structure}{name}: {mask.reason}; unknown")
            continue
        found: dict[Structure, BinaryMask] = {structure: mask}
        if structure is Structure.LUNGS:
            found = _each_lung(mask)
        if structure in LUNG_TARGETS and not mask.any():
            tell("empty lung mask", f"{structure}: no pixel is lung; unknown")
        elif not found:
            detail = "the mask has no two large parts side by side; unknown"
            tell("lungs not told apart", detail)
        else:
            known |= found
    return known, tuple(problems)


def _each_lung(lungs: BinaryMask) -> dict[Structure, BinaryMask]:
    both = split_lungs(lungs)
    return {} if both is None else {Structure.RIGHT_LUNG: both[0], Structure.LEFT_LUNG: both[1]}
