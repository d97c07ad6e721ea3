"""Image bytes → pixels, grey or colour, once they are known to be whole."""

from __future__ import annotations

import os

import cv2
import numpy as np

from hilum.imaging.faults import AnyPath, check_size, damaged, unsupported
from hilum.imaging.formats import ImageFormat
from hilum.imaging.jpeg import JpegLayout, inspect_jpeg, runs_out_early
from hilum.imaging.lookup import Pixels
from hilum.imaging.png import inspect_png
from hilum.imaging.tiff import decode_tiff, inspect_tiff
from hilum.imaging.webp import inspect_webp

# What OpenCV logs about a damaged file is raised here as an ImageError; whoever wants the log
# sets the variable.
if "OPENCV_LOG_LEVEL" not in os.environ:
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

_REDUCED_GREY = {
    1: cv2.IMREAD_GRAYSCALE | cv2.IMREAD_ANYDEPTH,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}
_COLOUR = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH


def decode_grey(
    data: bytes, image_format: ImageFormat, *, path: AnyPath, at_least: int | None = None
) -> tuple[Pixels, int, int]:
    """(pixels H×W, width, height) of a PNG, JPEG, WebP or TIFF file.

    Colours become luminance (ITU-R BT.601), alpha is ignored, and an EXIF orientation is
    carried out. Width and height are those of the upright image at full size.

    Args:
        data: the whole file.
        image_format: what it is.
        path: names the file in errors.
        at_least: allow a JPEG to be decoded at 1/2, 1/4 or 1/8 size as long as both sides
            keep this many pixels.

    Raises:
        ImageError: damaged, too large or of a kind that is not read.
    """
    return _decode(data, image_format, path=path, colour=False, at_least=at_least)


def decode_colour(data: bytes, image_format: ImageFormat, *, path: AnyPath) -> Pixels:
    """The H×W×3 pixels of a PNG, JPEG, WebP or TIFF file; alpha is ignored, not blended in.

    Channels come in no promised order: this is for masks.

    Raises:
        ImageError: damaged, too large or of a kind that is not read.
    """
    return _decode(data, image_format, path=path, colour=True, at_least=None)[0]


def _decode(
    data: bytes,
    image_format: ImageFormat,
    *,
    path: AnyPath,
    colour: bool,
    at_least: int | None,
) -> tuple[Pixels, int, int]:
    match image_format:
        case ImageFormat.PNG:
            width, height = inspect_png(data, path=path)
        case ImageFormat.WEBP:
            width, height = inspect_webp(data, path=path)
        case ImageFormat.JPEG:
            jpeg = inspect_jpeg(data, path=path)
            width, height = jpeg.width, jpeg.height
        case ImageFormat.TIFF:
            tiff = inspect_tiff(data, path=path)
            width, height = tiff.width, tiff.height
        case ImageFormat.DICOM:
            raise ValueError("a DICOM file is decoded by hilum.imaging.dicom")
    check_size(width, height, path=path)
    reduction = 1
    if image_format is ImageFormat.TIFF:
        pixels = decode_tiff(data, tiff, path=path, colour=colour)
    elif image_format is ImageFormat.JPEG:
        reduction = _choose_reduction(width, height, at_least)
        pixels = _decode_jpeg(data, jpeg, path, _COLOUR if colour else _REDUCED_GREY[reduction])
    else:
        pixels = _run_opencv(data, image_format, path, _COLOUR if colour else _REDUCED_GREY[1])
    shape = pixels.shape[0], pixels.shape[1]
    stored = -(-height // reduction), -(-width // reduction)
    if shape != stored:
        if shape != stored[::-1]:
            raise damaged(image_format, f"{shape[1]}×{shape[0]} pixels", path=path)
        width, height = height, width  # an EXIF orientation turned the image on its side
    return pixels, width, height


def _choose_reduction(width: int, height: int, at_least: int | None) -> int:
    """The largest of 8, 4, 2, 1 by which a JPEG may shrink while it is being decoded.

    An image that is nearly square must not become square: its orientation is told from the
    shape of what comes out.
    """
    if at_least is None:
        return 1
    for reduction in (8, 4, 2):
        becomes_square = -(-width // reduction) == -(-height // reduction)
        if min(width, height) // reduction >= at_least and (width == height or not becomes_square):
            return reduction
    return 1


def _decode_jpeg(data: bytes, layout: JpegLayout, path: AnyPath, flags: int) -> Pixels:
    if layout.precision != 8:
        raise unsupported(
            ImageFormat.JPEG,
            f"samples of {layout.precision} bits",
            expected="8",
            remedy="convert it to a 16-bit PNG",
            path=path,
        )
    pixels = _run_opencv(data, ImageFormat.JPEG, path, flags)
    if runs_out_early(data, layout, pixels):
        raise damaged(ImageFormat.JPEG, "compressed data that end before the image does", path=path)
    return pixels


def _run_opencv(data: bytes, image_format: ImageFormat, path: AnyPath, flags: int) -> Pixels:
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        pixels = None
    if pixels is None:
        raise damaged(image_format, "pixels that cannot be decoded", path=path)
    if pixels.dtype == np.uint16:
        return pixels.astype(np.uint16, copy=False)
    return pixels.astype(np.uint8, copy=False)
