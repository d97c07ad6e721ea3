"""The size an image file claims, read without decoding its pixels."""

from __future__ import annotations

import io
import os

from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from hilum.errors import ImageError
from hilum.imaging.formats import ImageFormat

# The classes themselves instead of Image.open: that would warn about large films with a
# limit of its own, which is global to the process.
_READERS = {
    ImageFormat.PNG: PngImageFile,
    ImageFormat.JPEG: JpegImageFile,
    ImageFormat.WEBP: WebPImageFile,
    ImageFormat.TIFF: TiffImageFile,
}


def read_size(
    data: bytes, image_format: ImageFormat, *, path: str | os.PathLike[str]
) -> tuple[int, int]:
    """(width, height) in pixels as the header says, before any EXIF rotation.

    Raises:
        ImageError: the header is damaged.
    """
    try:
        with _READERS[image_format](io.BytesIO(data)) as image:
            width, height = image.size
    except Exception as error:  # Pillow's parsers raise whatever a damaged byte leads them to
        raise ImageError(
            f"the header of this {image_format} file is damaged",
            path=path,
            got=str(error) or type(error).__name__,
            remedy="fetch the file again",
        ) from None
    return width, height
