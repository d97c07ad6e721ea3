"""Do an image and its masks decode, and do they fit each other?"""

from __future__ import annotations

from pathlib import Path

from hilum.collections.collection import Problem
from hilum.errors import HilumError, MaskShapeError
from hilum.imaging.masks import BinaryMask, read_mask, split_lungs
from hilum.imaging.read import read_picture
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
    return read_masks(radiograph, width=picture.width, height=picture.height)[1]


def read_masks(
    radiograph: Radiograph, *, width: int, height: int
) -> tuple[dict[Structure, BinaryMask], tuple[Problem, ...]]:
    """Each known structure's mask, H×W bool, each lung by itself; and what is wrong with others.

    A mask that is a problem is unknown. Kinds: ``unreadable mask``, ``mask of another shape``
    (its width to height is not the image's), ``empty lung mask`` (nobody is without lungs),
    ``lungs not told apart``.

    Args:
        radiograph: whose masks to read.
        width: of its image, in pixels.
        height: the same.
    """
    known: dict[Structure, BinaryMask] = {}
    problems: list[Problem] = []
    for structure, masks in sorted(radiograph.masks.items()):
        try:
            mask = read_mask(masks, width=width, height=height)
        except HilumError as error:
            is_shape = isinstance(error, MaskShapeError)
            kind = "mask of another shape" if is_shape else "unreadable mask"
            # The file's name only: a whole path would differ from machine to machine.
            name = f", {Path(error.path).name}" if error.path else ""
            trouble = kind, f"{structure}{name}: {error.reason}"
        else:
            found = {structure: mask}
            if structure is Structure.LUNGS:
                found = _each_lung(mask)
            if structure in LUNG_TARGETS and not mask.any():
                trouble = "empty lung mask", f"{structure}: no pixel is lung"
            elif not found:
                trouble = "lungs not told apart", "the mask has no two large parts side by side"
            else:
                known |= found
                continue
        kind, detail = trouble
        problems.append(Problem(radiograph.source_path, kind, f"{detail}; unknown"))
    return known, tuple(problems)


def _each_lung(lungs: BinaryMask) -> dict[Structure, BinaryMask]:
    both = split_lungs(lungs)
    return {} if both is None else {Structure.RIGHT_LUNG: both[0], Structure.LEFT_LUNG: both[1]}
