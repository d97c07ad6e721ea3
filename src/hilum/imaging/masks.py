"""Binary masks: read from files and polygons, split into lungs, written as PNG."""

from __future__ import annotations

import os
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.errors import MaskError
from hilum.imaging.read import read_picture
from hilum.radiograph import EmptyMask, Mask, MaskFile, MaskPolygons

BinaryMask = NDArray[np.bool_]


def read_mask(masks: Sequence[Mask], *, width: int, height: int) -> BinaryMask:
    """Unite ``masks`` into one H×W bool array of the radiograph's size in pixels.

    A mask of another size is resized with nearest neighbour.

    Raises:
        ImageError: a mask file cannot be read.
        MaskError: a crop does not fit its canvas.
    """
    united = np.zeros((height, width), bool)
    for mask in masks:
        drawn = _draw(mask)
        if drawn is not None:
            united |= resize_mask(drawn, width=width, height=height)
    return united


def _draw(mask: Mask) -> BinaryMask | None:
    match mask:
        case EmptyMask():
            return None
        case MaskFile():
            return _read_mask_file(mask)
        case MaskPolygons():
            return _draw_polygons(mask)


def _read_mask_file(mask: MaskFile) -> BinaryMask:
    pixels = read_picture(mask.path).pixels
    inside = pixels > 0 if mask.foreground is None else pixels == mask.foreground
    if mask.canvas is None:
        return inside
    width, height = mask.canvas
    crop_height, crop_width = inside.shape
    if mask.left + crop_width > width or mask.top + crop_height > height:
        raise MaskError(
            "the cropped mask does not fit its canvas",
            path=mask.path,
            got=f"{crop_width}×{crop_height} at ({mask.left}, {mask.top})",
            expected=f"a crop inside {width}×{height}",
            remedy="correct the annotation, or leave the mask out",
        )
    canvas = np.zeros((height, width), bool)
    canvas[mask.top : mask.top + crop_height, mask.left : mask.left + crop_width] = inside
    return canvas


def _draw_polygons(mask: MaskPolygons) -> BinaryMask:
    width, height = mask.canvas
    canvas = np.zeros((height, width), np.uint8)
    for polygon in mask.polygons:
        points = np.rint(np.asarray(polygon, np.float64).reshape(-1, 2)).astype(np.int32)
        cv2.fillPoly(canvas, [points], 1)
    return canvas.astype(bool)


def resize_mask(mask: BinaryMask, *, width: int, height: int) -> BinaryMask:
    """``mask`` (H×W bool) at another size, nearest neighbour."""
    if mask.shape == (height, width):
        return mask
    resized = cv2.resize(mask.view(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    return resized.astype(bool)


def split_lungs(lungs: BinaryMask) -> tuple[BinaryMask, BinaryMask] | None:
    """(right lung, left lung) of the patient, from a mask of both; None where it is unclear.

    The two largest 8-connected components are the lungs, image-left the patient's right.
    Specks go to the lung whose centre is nearer. Unclear means: fewer than two components,
    or a second one under a tenth of the first (a speck, not a lung).
    """
    count, labels, stats, centres = cv2.connectedComponentsWithStats(
        lungs.view(np.uint8), connectivity=8
    )
    if count < 3:
        return None
    order = 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA], kind="stable")
    first, second = int(order[0]), int(order[1])
    if stats[second, cv2.CC_STAT_AREA] * 10 < stats[first, cv2.CC_STAT_AREA]:
        return None
    right, left = sorted((first, second), key=lambda label: float(centres[label, 0]))
    to_right = np.abs(centres[:, 0] - centres[right, 0])
    belongs_right = to_right < np.abs(centres[:, 0] - centres[left, 0])
    belongs_right[0] = False
    right_lung = belongs_right[labels]
    return right_lung, lungs & ~right_lung


def encode_mask(mask: BinaryMask) -> bytes:
    """``mask`` (H×W bool) as a 1-bit PNG, as a dataset stores it."""
    ok, data = cv2.imencode(
        ".png", mask.view(np.uint8) * np.uint8(255), [cv2.IMWRITE_PNG_BILEVEL, 1]
    )
    if not ok:
        raise MaskError("the mask cannot be encoded", got=f"an array of shape {mask.shape}")
    return data.tobytes()


def decode_mask(data: bytes, *, path: str | os.PathLike[str]) -> BinaryMask:
    """The H×W bool mask of PNG bytes written by :func:`encode_mask`."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        raise MaskError("the mask cannot be decoded", path=path, remedy="compile again")
    return pixels > 0
