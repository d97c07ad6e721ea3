"""An image file → grey pixels. The one door through which every radiograph comes in."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.errors import ImageError
from hilum.imaging.formats import ImageFormat, sniff_format
from hilum.imaging.header import read_size

Grey = NDArray[np.uint8] | NDArray[np.uint16]

MAX_PIXELS = 200_000_000
"""Larger images are taken for decompression bombs. A 43 cm film at 50 µm has 74 million."""

_READ_HINT = "open the file in a viewer, or fetch it again"


@dataclass(frozen=True)
class Picture:
    """A decoded radiograph.

    ``pixels`` is H×W, uint8 or uint16, bright = dense. It may be smaller than the file's
    image where a reduced decode was asked for; ``width`` and ``height`` are the original's.
    """

    pixels: Grey
    width: int
    height: int
    format: ImageFormat


def read_picture(path: str | os.PathLike[str], *, at_least: int | None = None) -> Picture:
    """Decode the image at ``path`` to grey.

    Args:
        path: a PNG, JPEG, WebP, TIFF or DICOM file, whatever its name says.
        at_least: allow a JPEG to be decoded at 1/2, 1/4 or 1/8 size as long as both sides
            keep this many pixels.

    Raises:
        ImageError: the file is missing, empty, truncated, no image or too large.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ImageError(
            "the file cannot be opened",
            path=path,
            got=error.strerror or type(error).__name__,
            remedy="check the path and your permissions",
        ) from None
    return decode_picture(data, path=path, at_least=at_least)


def decode_picture(
    data: bytes, *, path: str | os.PathLike[str], at_least: int | None = None
) -> Picture:
    """Like :func:`read_picture` for bytes already read; ``path`` only names them in errors."""
    if not data:
        raise ImageError("the file is empty", path=path, got="0 bytes", remedy="fetch it again")
    image_format = sniff_format(data)
    if image_format is None:
        raise ImageError(
            "this is no image hilum can read",
            path=path,
            got=f"a file that begins with {data[:8]!r}",
            expected="PNG, JPEG, WebP, TIFF or DICOM",
            remedy="convert it, or leave it out",
        )
    if image_format is ImageFormat.DICOM:
        from hilum.imaging.dicom import decode_dicom

        pixels = decode_dicom(data, path=path)
        return Picture(pixels, pixels.shape[1], pixels.shape[0], image_format)

    width, height = read_size(data, image_format, path=path)
    if width * height > MAX_PIXELS:
        raise ImageError(
            "the image is too large to be a radiograph",
            path=path,
            got=f"{width}×{height} pixels",
            expected=f"at most {MAX_PIXELS:,} pixels",
            remedy="reduce it first if it is a real film",
        )
    pixels = _decode(data, path, _reduction(width, height, at_least, image_format))
    if (pixels.shape[1] > pixels.shape[0]) != (width > height) and width != height:
        width, height = height, width  # an EXIF orientation turned the image on its side
    return Picture(pixels, width, height, image_format)


def _reduction(width: int, height: int, at_least: int | None, image_format: ImageFormat) -> int:
    """The largest of 8, 4, 2, 1 by which a JPEG may shrink while it is being decoded."""
    if at_least is None or image_format is not ImageFormat.JPEG:
        return 1
    return next((n for n in (8, 4, 2) if min(width, height) // n >= at_least), 1)


_REDUCED = {
    1: cv2.IMREAD_GRAYSCALE | cv2.IMREAD_ANYDEPTH,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}


def _decode(data: bytes, path: str | os.PathLike[str], reduction: int) -> Grey:
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), _REDUCED[reduction])
    except cv2.error:
        pixels = None
    if pixels is None:
        raise ImageError(
            "the image cannot be decoded", path=path, got="damaged data", remedy=_READ_HINT
        )
    if pixels.dtype == np.uint8 or pixels.dtype == np.uint16:
        return pixels
    raise ImageError(
        "the image has pixels of an unsupported type",
        path=path,
        got=str(pixels.dtype),
        expected="8 or 16 bit integers",
        remedy="convert it to a 16-bit PNG",
    )


def to_uint8(pixels: Grey) -> NDArray[np.uint8]:
    """8-bit grey for display and networks: 16-bit pixels are stretched from min to max."""
    if pixels.dtype == np.uint8:
        return pixels.astype(np.uint8, copy=False)
    low, high = int(pixels.min()), int(pixels.max())
    scale = 255.0 / max(high - low, 1)
    return np.rint((pixels.astype(np.float32) - low) * scale).astype(np.uint8)
