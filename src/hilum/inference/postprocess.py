"""Network output → masks of the original image's size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.imaging.masks import BinaryMask, split_lungs
from hilum.radiograph import LUNG_OPACITIES, LUNG_TARGETS, Structure

_PART_OF_LARGEST = 0.1
"""A piece of a lung smaller than this share of the largest piece is taken for an error."""

_IN_ONE_PIECE = (Structure.WHOLE_LUNGS, Structure.CARDIOMEDIASTINUM, Structure.AIRWAYS)
"""Besides each lung, what has no small pieces apart."""

_OF_LUNGS = (*LUNG_TARGETS, Structure.INFECTION, Structure.WHOLE_LUNGS)

MIN_LUNG_SHARE = 0.01
"""A lung that takes less of the image is not there."""


@dataclass(frozen=True)
class OutlinedLungs:
    """Masks of one radiograph, bool H×W of the original size. An absent lung is all False.

    The two lungs do not overlap, and infection lies inside them; it is None where the model
    does not outline it.
    """

    right_lung: BinaryMask
    left_lung: BinaryMask
    infection: BinaryMask | None
    whole_lungs: BinaryMask | None = None
    """Both lungs and what radiologists count to them behind the heart; None as infection."""
    others: dict[Structure, BinaryMask] = field(default_factory=dict)
    """Of each other target; those of :data:`LUNG_OPACITIES` lie inside the lungs."""

    @property
    def lungs(self) -> BinaryMask:
        """Both lungs together."""
        return self.right_lung | self.left_lung


def outline(
    probabilities: NDArray[np.float32],
    targets: Sequence[Structure],
    thresholds: dict[Structure, float],
    *,
    width: int,
    height: int,
) -> OutlinedLungs:
    """Masks from ``probabilities`` (T×S×S), decided at the size of the original image.

    Probabilities are enlarged and then compared with their threshold, so that outlines are
    smooth at any size.
    """
    planes = dict(zip(targets, map(eight_bit, probabilities), strict=True))
    if Structure.LUNGS not in planes:
        planes |= _without_stray_pieces(planes, thresholds)
    for target in planes.keys() & _IN_ONE_PIECE:
        planes[target] = _cleaned(planes[target], _above(planes[target], thresholds[target]))
    # One plane after the other: on the largest films each takes 144 MB.
    if Structure.LUNGS in planes:
        lungs = _enlarge(planes[Structure.LUNGS], width, height)
        right, left = _separate(_above(lungs, thresholds[Structure.LUNGS]))
        del lungs
    else:
        sides = (Structure.RIGHT_LUNG, Structure.LEFT_LUNG)
        raised = {side: _enlarge(planes[side], width, height) for side in sides}
        right, left = _without_overlap(raised, thresholds)
        del raised
    right, left = _present(right), _present(left)
    infection = None
    if Structure.INFECTION in planes:
        plane = _enlarge(planes[Structure.INFECTION], width, height)
        infection = _above(plane, thresholds[Structure.INFECTION])
        del plane
        infection &= right | left
    whole = None
    if Structure.WHOLE_LUNGS in planes:
        plane = _enlarge(planes[Structure.WHOLE_LUNGS], width, height)
        whole = _above(plane, thresholds[Structure.WHOLE_LUNGS])
        del plane
        whole |= right
        whole |= left
    others = {}
    for target in targets:
        if target in _OF_LUNGS:
            continue
        plane = _enlarge(planes[target], width, height)
        others[target] = _above(plane, thresholds[target])
        del plane
        if target in LUNG_OPACITIES:
            others[target] &= right | left
    return OutlinedLungs(right, left, infection, whole, others)


def eight_bit(probabilities: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Probabilities 0–1 as 0–255."""
    scaled: NDArray[np.uint8] = np.rint(probabilities * np.float32(255)).astype(np.uint8)
    return scaled


def _enlarge(plane: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    if plane.shape == (height, width):
        return plane
    enlarged = cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR)
    return enlarged.astype(np.uint8, copy=False)


def _above(plane: NDArray[np.uint8], threshold: float) -> BinaryMask:
    return plane >= max(1, round(threshold * 255))


def _without_overlap(
    raised: dict[Structure, NDArray[np.uint8]], thresholds: dict[Structure, float]
) -> tuple[BinaryMask, BinaryMask]:
    """Each lung by its own threshold; a pixel that both claim goes to the likelier one."""
    right = _above(raised[Structure.RIGHT_LUNG], thresholds[Structure.RIGHT_LUNG])
    left = _above(raised[Structure.LEFT_LUNG], thresholds[Structure.LEFT_LUNG])
    nearer_right = raised[Structure.RIGHT_LUNG] >= raised[Structure.LEFT_LUNG]
    contested = right & left
    nearer_right &= contested
    left ^= nearer_right
    contested ^= nearer_right
    right ^= contested
    return right, left


def _without_stray_pieces(
    planes: dict[Structure, NDArray[np.uint8]], thresholds: dict[Structure, float]
) -> dict[Structure, NDArray[np.uint8]]:
    """The planes of both lungs, zero on pieces that are small beside the lung's largest one.

    Done at the network's size, where finding pieces costs a hundredth of what it does on a film.
    """
    right, left = _without_overlap(planes, thresholds)
    return {
        side: _cleaned(planes[side], lung)
        for side, lung in ((Structure.RIGHT_LUNG, right), (Structure.LEFT_LUNG, left))
    }


def _cleaned(plane: NDArray[np.uint8], outlined: BinaryMask) -> NDArray[np.uint8]:
    return np.where(outlined & ~_main_part(outlined), np.uint8(0), plane)


def _separate(lungs: BinaryMask) -> tuple[BinaryMask, BinaryMask]:
    """Right and left of a mask of both; a single lung is told by the side it lies on."""
    both = split_lungs(lungs)
    if both is not None:
        right, left = both
        return _main_part(right), _main_part(left)
    single = _main_part(lungs)
    middle = _joint(single)
    on_the_right = np.arange(lungs.shape[1]) < middle
    return single & on_the_right, single & ~on_the_right


def _joint(piece: BinaryMask) -> int:
    """The column where a single piece is to be cut: a border of the image if it is one lung.

    A piece with a quarter of its area on either side of the image's middle is two lungs that
    touch; they are cut where fewest of their pixels lie, near that middle.
    """
    width = int(piece.shape[1])
    columns = piece.sum(axis=0, dtype=np.int64)
    share = float(columns[: width // 2].sum() / max(columns.sum(), 1))
    if not 0.25 <= share <= 0.75:
        return 0 if share < 0.25 else width
    start, end = width * 2 // 5, width * 3 // 5
    return start + int(np.argmin(columns[start:end]))


def _main_part(mask: BinaryMask) -> BinaryMask:
    """``mask`` without pieces that are small beside its largest one."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    if count <= 2:
        return mask
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    kept = areas >= _PART_OF_LARGEST * areas.max()
    return mask if kept[1:].all() else kept[labels]


def _present(lung: BinaryMask) -> BinaryMask:
    if np.count_nonzero(lung) >= MIN_LUNG_SHARE * lung.size:
        return lung
    return np.zeros_like(lung)
