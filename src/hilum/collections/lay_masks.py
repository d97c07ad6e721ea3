"""The masks of one radiograph, laid as its image lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hilum.errors import HilumError, MaskShapeError
from hilum.imaging.masks import BinaryMask, read_mask, resize_mask
from hilum.imaging.turned import AS_IT_IS, find_turn
from hilum.radiograph import Mask, MaskFile, Structure

_LUNGS = (
    Structure.LUNGS,
    Structure.WHOLE_LUNGS,
    Structure.RIGHT_LUNG,
    Structure.LEFT_LUNG,
)


@dataclass(frozen=True)
class LaidMasks:
    """Masks by structure, sorted, H×W bool of the image's size; or why one cannot be read."""

    masks: Mapping[Structure, BinaryMask | HilumError]
    problem: tuple[str, str] | None = None
    """The kind and detail of what there is to say of how the masks lay."""


def lay_masks(
    masks: Mapping[Structure, tuple[Mask, ...]],
    pixels: NDArray[np.uint8],
    *,
    width: int,
    height: int,
) -> LaidMasks:
    """Read ``masks``; where the lungs among them lie turned against the image, turn all back.

    Only files that cover the whole image are turned, all together, since one export wrote them.
    Where it is plain that they are turned but not how, they are left out, as unknown.
    """
    read = {s: _read(parts, width, height) for s, parts in sorted(masks.items())}
    whole = [s for s, parts in sorted(masks.items()) if _is_whole(parts)]
    lungs = [s for s in whole if s in _LUNGS]
    across = {s: _read(masks[s], height, width) for s in lungs if _has_other_shape(read[s])}
    lies_across = bool(across)
    found = [across[s] if s in across else read[s] for s in lungs]
    sound = [mask for mask in found if not isinstance(mask, HilumError) and mask.any()]
    # All or none: a set of which one part only lies across was not turned as a whole.
    if (
        not _are_both_lungs(lungs)
        or len(sound) < len(found)
        or (across and len(across) < len(lungs))
    ):
        return LaidMasks(read)
    turn = find_turn(pixels, np.logical_or.reduce(sound), lies_across=lies_across)
    if turn == AS_IT_IS or (turn is None and lies_across):
        return LaidMasks(read)
    named = ", ".join(whole)
    if turn is None:
        kept = {s: mask for s, mask in read.items() if s not in whole}
        detail = f"{named}: lungs are not where the image has them; unknown"
        return LaidMasks(kept, ("mask turned against its image", detail))
    turned = turn.quarters % 2
    size = (height, width) if turned else (width, height)
    for structure in whole:
        mask = _read(masks[structure], *size)
        if not isinstance(mask, HilumError):
            mask = resize_mask(turn.apply(mask), width=width, height=height)
        read[structure] = mask
    return LaidMasks(read, ("turned mask", f"{named}: put right, {turn}"))


def _read(parts: tuple[Mask, ...], width: int, height: int) -> BinaryMask | HilumError:
    try:
        return read_mask(parts, width=width, height=height)
    except HilumError as error:
        return error


def _has_other_shape(mask: BinaryMask | HilumError) -> bool:
    return isinstance(mask, MaskShapeError)


def _are_both_lungs(structures: Sequence[Structure]) -> bool:
    if {Structure.LUNGS, Structure.WHOLE_LUNGS} & set(structures):
        return True
    return {Structure.RIGHT_LUNG, Structure.LEFT_LUNG} <= set(structures)


def _is_whole(parts: tuple[Mask, ...]) -> bool:
    return bool(parts) and all(isinstance(one, MaskFile) and one.canvas is None for one in parts)
