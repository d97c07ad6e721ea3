"""The few radiographs that the page of an audit shows → small pictures."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.audit.audit import Audit
from hilum.dataset.read import Dataset
from hilum.errors import ImageError
from hilum.radiograph import Split
from hilum.report.page import as_url

Pictures = dict[str, str]
"""Image → data: URL."""

_SIDE, _QUALITY = 256, 75


def draw_pictures(audit: Audit, dataset: Dataset) -> Pictures:
    """A picture of each film that a check shows; one pass over ``dataset``, with flat memory.

    Raises:
        DatasetError: a file is damaged.
    """
    wanted = {
        image
        for check in audit.checks
        for film in check.films
        for image in (film.image_id, film.beside)
    } - {None}
    pictures: Pictures = {}
    for split in Split:
        if not wanted - pictures.keys():
            break
        for row in dataset.rows(split):
            if row.image_id in wanted:
                try:
                    pictures[row.image_id] = _picture(row.pixels())
                except ImageError:
                    continue
    return pictures


def _picture(pixels: NDArray[np.uint8]) -> str:
    scale = min(1.0, _SIDE / max(pixels.shape))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    return as_url(small, kind="webp", quality=_QUALITY)
