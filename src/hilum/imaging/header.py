"""The size of an image file, without decoding its pixels."""

from __future__ import annotations

from hilum.imaging.faults import AnyPath
from hilum.imaging.formats import ImageFormat
from hilum.imaging.jpeg import inspect_jpeg
from hilum.imaging.png import inspect_png
from hilum.imaging.tiff import inspect_tiff
from hilum.imaging.webp import inspect_webp


def read_size(data: bytes, image_format: ImageFormat, *, path: AnyPath) -> tuple[int, int]:
    """(width, height) in pixels as a PNG, JPEG, WebP or TIFF says, before any EXIF rotation.

    Raises:
        ImageError: the file is damaged or of a kind that is not read.
    """
    match image_format:
        case ImageFormat.PNG:
            return inspect_png(data, path=path)
        case ImageFormat.WEBP:
            return inspect_webp(data, path=path)
        case ImageFormat.JPEG:
            jpeg = inspect_jpeg(data, path=path)
            return jpeg.width, jpeg.height
        case ImageFormat.TIFF:
            tiff = inspect_tiff(data, path=path)
            return tiff.width, tiff.height
        case ImageFormat.DICOM:
            raise ValueError("the size of a DICOM image is in its data set")
