"""Binary masks as COCO's run lengths and polygons."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from pycocotools import mask as coco_mask

from hilum.imaging.masks import BinaryMask


def run_lengths(mask: BinaryMask) -> dict[str, Any]:
    """``mask`` (H×W bool) as COCO's compressed run lengths: ``size`` (height, width), counts."""
    packed = coco_mask.encode(np.asfortranarray(mask, np.uint8))
    return {"size": list(mask.shape), "counts": packed["counts"].decode("ascii")}


def outline_polygons(mask: BinaryMask) -> list[list[int]]:
    """Polygons [x0, y0, x1, y1, …] through the centres of the border pixels of ``mask``.

    Drawn with their borders (as hilum, OpenCV and Pillow draw) and united they give ``mask``
    again, pixel by pixel. A piece with a hole is cut in two through each hole, since COCO's
    polygons have none. Programs that count only pixels whose centre lies within lose half a pixel
    all around.
    """
    polygons: list[list[int]] = []
    pieces = [(np.ascontiguousarray(mask).view(np.uint8), 0)]
    while pieces:
        piece, top = pieces.pop()
        contours, tree = cv2.findContours(piece, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
        if not contours:
            continue
        holes = [c for c, links in zip(contours, tree[0], strict=True) if links[3] >= 0]
        if not holes:
            polygons += [_closed(contour, top) for contour in contours]
            continue
        # A hole's contour runs through the pixels around it: its rows lie between.
        rows = holes[len(holes) // 2][:, 0, 1]
        cut = (int(rows.min()) + int(rows.max()) + 1) // 2
        pieces += [(piece[:cut], top), (piece[cut:], top + cut)]
    return sorted(polygons)


def _closed(contour: Any, top: int) -> list[int]:
    """At least three points, which readers ask for; a dot or a line repeats its first."""
    points = contour[:, 0, :] + (0, top)
    flat = [int(value) for value in points.ravel()]
    return flat + flat[:2] * max(0, 3 - len(points))


def bounding_box(mask: BinaryMask) -> list[int]:
    """[left, top, width, height] in pixels of what is inside ``mask``, which is not empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    left, top = int(columns[0]), int(rows[0])
    return [left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1]
