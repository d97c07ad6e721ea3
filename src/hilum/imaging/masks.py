"""Binary masks: read from files, polygons and runs, split into lungs, written as PNG."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.errors import HilumError, MaskError, MaskShapeError
from hilum.imaging.decode import decode_colour, decode_grey
from hilum.imaging.faults import AnyPath
from hilum.imaging.formats import ImageFormat
from hilum.imaging.polygons import draw_polygons
from hilum.imaging.read import identify, read_file
from hilum.imaging.runs import unpack_runs
from hilum.radiograph import EmptyMask, Mask, MaskFile, MaskPolygons, MaskRuns

BinaryMask = NDArray[np.bool_]

ASPECT_TOLERANCE = 0.02
"""Relative difference of width / height up to which a mask is resized to its image."""

_JPEG_THRESHOLD = 128


def read_mask(masks: Sequence[Mask], *, width: int, height: int) -> BinaryMask:
    """Unite ``masks`` into one H×W bool array of the radiograph's size in pixels.

    In a file, inside is every pixel of the foreground value, or, where none is told, every
    pixel with any colour but black: palettes count by their colours, alpha does not count,
    and the greys at the rim of a mask that was resized belong to it. A JPEG keeps no exact
    values, so there inside is what is at least half as bright as white. A mask of another
    size is resized with nearest neighbour; one of another shape belongs to another cut of the
    radiograph and is never stretched.

    Raises:
        ImageError: a mask file cannot be read.
        MaskShapeError: a mask's width to height is not the radiograph's.
        MaskError: a crop does not fit its canvas, runs do not fill their part, or no polygon can
            be drawn on the canvas.
    """
    united = np.zeros((height, width), bool)
    for mask in masks:
        drawn = _draw(mask)
        if drawn is None:
            continue
        found = drawn.shape[1], drawn.shape[0]
        if not same_shape(found, (width, height)):
            raise MaskShapeError(
                "the mask has another shape than its image",
                path=mask.path if isinstance(mask, MaskFile) else None,
                got=f"{found[0]}×{found[1]}",
                expected=f"the width to height of {width}×{height}",
            )
        united |= resize_mask(drawn, width=width, height=height)
    return united


def same_shape(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two sizes (width, height) in pixels have one width to height, but for rounding.

    >>> same_shape((2000, 1600), (250, 200)), same_shape((2000, 2000), (640, 524))
    (True, False)
    """
    tolerance = ASPECT_TOLERANCE + 1 / min(*one, *other)
    ratio = (one[0] * other[1]) / (one[1] * other[0])
    return 1 / (1 + tolerance) <= ratio <= 1 + tolerance


def _draw(mask: Mask) -> BinaryMask | None:
    match mask:
        case EmptyMask():
            return None
        case MaskFile():
            return _place(_read_mask_file(mask), mask, path=mask.path)
        case MaskRuns():
            return _place(unpack_runs(mask), mask, path=None)
        case MaskPolygons():
            return draw_polygons(mask)


def _read_mask_file(mask: MaskFile) -> BinaryMask:
    data = read_file(mask.path)
    image_format = identify(data, path=mask.path)
    if image_format is ImageFormat.DICOM:
        raise MaskError(
            "a DICOM image is no mask",
            path=mask.path,
            expected="PNG, JPEG, WebP or TIFF",
            remedy="export the mask as PNG",
        )
    # Not by way of grey: blue of 1 is a colour, but rounds to a luminance of 0.
    colours = decode_colour(data, image_format, path=mask.path)
    first, second, third = (colours[:, :, channel] for channel in range(3))
    if mask.foreground is not None:
        wanted = mask.foreground
        return np.asarray((first == wanted) & (second == wanted) & (third == wanted))
    threshold = _JPEG_THRESHOLD if image_format is ImageFormat.JPEG else 1
    return np.asarray((first >= threshold) | (second >= threshold) | (third >= threshold))


def _place(inside: BinaryMask, mask: MaskFile | MaskRuns, *, path: AnyPath | None) -> BinaryMask:
    """A cropped mask on its canvas."""
    if mask.canvas is None:
        return inside
    width, height = mask.canvas
    crop_height, crop_width = inside.shape
    right, bottom = mask.left + crop_width, mask.top + crop_height
    if mask.left < 0 or mask.top < 0 or right > width or bottom > height:
        raise MaskError(
            "the cropped mask does not fit its canvas",
            path=path,
            got=f"{crop_width}×{crop_height} at ({mask.left}, {mask.top})",
            expected=f"a crop inside {width}×{height}",
            remedy="correct the annotation, or leave the mask out",
        )
    canvas = np.zeros((height, width), bool)
    canvas[mask.top : bottom, mask.left : right] = inside
    return canvas


def resize_mask(mask: BinaryMask, *, width: int, height: int) -> BinaryMask:
    """``mask`` (H×W bool) at another size: each pixel takes the nearest one's value."""
    if mask.shape == (height, width):
        return mask
    # EXACT measures from pixel centres, as resizing an image does; the plain one shifts the
    # mask by up to half a pixel towards the upper left.
    resized = cv2.resize(_as_bytes(mask), (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    return resized.astype(bool)


def take_away(mask: BinaryMask, other: BinaryMask) -> BinaryMask:
    """What ``other`` (H×W bool) leaves of ``mask``: the largest piece, no slivers at the cut."""
    rest = _as_bytes(mask & ~other)
    width = max(3, round(0.02 * max(mask.shape)) | 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    # Slivers are cut off beside what was taken away only: elsewhere the mask's own corners stay.
    reach = np.ones((2 * width + 1, 2 * width + 1), np.uint8)
    far_from_cut = cv2.dilate(_as_bytes(mask & other), reach) == 0
    opened = cv2.morphologyEx(rest, cv2.MORPH_OPEN, disc) > 0
    kept = opened | (rest.astype(bool) & far_from_cut)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(_as_bytes(kept), connectivity=8)
    if count < 2:
        return np.zeros_like(mask)
    return np.asarray(labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax()))


def split_lungs(lungs: BinaryMask) -> tuple[BinaryMask, BinaryMask] | None:
    """(right lung, left lung) of the patient, from a mask of both; None where it is unclear.

    The two largest 8-connected components are the lungs, image-left the patient's right.
    Specks go to the lung whose centre is nearer. Unclear means: fewer than two components,
    a second one under a tenth of the first (a speck, not a lung), or two that do not lie side
    by side (pieces of one lung).
    """
    count, labels, stats, centres = cv2.connectedComponentsWithStats(
        _as_bytes(lungs), connectivity=8
    )
    if count < 3:
        return None
    order = 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA], kind="stable")
    first, second = int(order[0]), int(order[1])
    if stats[second, cv2.CC_STAT_AREA] * 10 < stats[first, cv2.CC_STAT_AREA]:
        return None
    right, left = sorted((first, second), key=lambda label: float(centres[label, 0]))
    if not _side_by_side(stats[right], stats[left], centres[right], centres[left]):
        return None
    if count == 3:
        return labels == right, labels == left
    to_right = np.abs(centres[:, 0] - centres[right, 0])
    belongs_right = to_right < np.abs(centres[:, 0] - centres[left, 0])
    belongs_right[0] = False
    right_lung = belongs_right[labels]
    return right_lung, lungs & ~right_lung


def _side_by_side(
    right: NDArray[np.int32],
    left: NDArray[np.int32],
    right_centre: NDArray[np.float64],
    left_centre: NDArray[np.float64],
) -> bool:
    """Whether two components share rows, and neither reaches the column of the other's centre."""
    tops = right[cv2.CC_STAT_TOP], left[cv2.CC_STAT_TOP]
    bottoms = (tops[0] + right[cv2.CC_STAT_HEIGHT], tops[1] + left[cv2.CC_STAT_HEIGHT])
    right_end = right[cv2.CC_STAT_LEFT] + right[cv2.CC_STAT_WIDTH]
    return bool(
        max(tops) < min(bottoms)
        and left[cv2.CC_STAT_LEFT] > right_centre[0]
        and right_end - 1 < left_centre[0]
    )


def encode_mask(mask: BinaryMask) -> bytes:
    """``mask`` (H×W bool) as a 1-bit PNG, as a dataset stores it.

    Raises:
        MaskError: the mask has no pixels, or not two dimensions.
    """
    if mask.ndim != 2 or not mask.size:
        raise MaskError(
            "the mask cannot be encoded",
            got=f"an array of shape {mask.shape}",
            expected="height×width, both at least 1",
        )
    white = _as_bytes(mask) * np.uint8(255)
    return cv2.imencode(".png", white, [cv2.IMWRITE_PNG_BILEVEL, 1])[1].tobytes()


def decode_mask(data: bytes, *, path: AnyPath) -> BinaryMask:
    """The H×W bool mask of PNG bytes written by :func:`encode_mask`.

    Raises:
        MaskError: the bytes are no whole PNG.
    """
    try:
        pixels, _, _ = decode_grey(data, ImageFormat.PNG, path=path)
    except HilumError as error:
        raise MaskError(
            "the mask cannot be decoded", path=path, got=error.got, remedy="compile again"
        ) from None
    return np.asarray(pixels > 0)


def _as_bytes(mask: BinaryMask) -> NDArray[np.uint8]:
    return np.ascontiguousarray(mask, bool).view(np.uint8)
