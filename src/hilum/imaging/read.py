"""An image file → grey pixels. The one door through which every radiograph comes in."""

from __future__ import annotations

import errno
import stat
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hilum.errors import ImageError
from hilum.imaging.decode import decode_grey
from hilum.imaging.faults import MAX_PIXELS, AnyPath
from hilum.imaging.formats import ImageFormat, sniff_format
from hilum.imaging.lookup import Pixels, look_up

__all__ = [
    "MAX_FILE_BYTES",
    "MAX_PIXELS",
    "Grey",
    "Picture",
    "decode_picture",
    "identify",
    "read_file",
    "read_picture",
    "to_uint8",
]

Grey = Pixels
"""H×W."""

MAX_FILE_BYTES = 1 << 30
"""Larger files are not opened: no radiograph comes near, and they would fill the memory."""


@dataclass(frozen=True)
class Picture:
    """A decoded radiograph.

    ``pixels`` is H×W, uint8 or uint16, bright = dense. It may be smaller than the file's
    image where a reduced decode was asked for; ``width`` and ``height`` are the original's,
    upright.
    """

    pixels: Grey
    width: int
    height: int
    format: ImageFormat


def read_picture(path: AnyPath, *, at_least: int | None = None) -> Picture:
    """Decode the image at ``path`` to grey.

    Colours become luminance, alpha is ignored, an EXIF orientation is carried out. May be
    called from several threads at once.

    Args:
        path: a PNG, JPEG, WebP, TIFF or DICOM file, whatever its name says.
        at_least: allow a JPEG to be decoded at 1/2, 1/4 or 1/8 size as long as both sides
            keep this many pixels.

    Raises:
        ImageError: the file is missing, empty, truncated, damaged, no image, of a kind that
            is not read or too large.
    """
    return decode_picture(read_file(path), path=path, at_least=at_least)


def decode_picture(data: bytes, *, path: AnyPath, at_least: int | None = None) -> Picture:
    """Like :func:`read_picture` for bytes already read; ``path`` only names them in errors."""
    image_format = identify(data, path=path)
    if image_format is ImageFormat.DICOM:
        from hilum.imaging.dicom import decode_dicom  # pydicom takes a third of a second

        grey = decode_dicom(data, path=path)
        return Picture(grey, grey.shape[1], grey.shape[0], image_format)
    pixels, width, height = decode_grey(data, image_format, path=path, at_least=at_least)
    return Picture(pixels, width, height, image_format)


def read_file(path: AnyPath) -> bytes:
    """The bytes of the file at ``path``.

    Raises:
        ImageError: it cannot be opened, or is larger than :data:`MAX_FILE_BYTES`.
    """
    try:
        state = Path(path).stat()
        size = state.st_size
        if stat.S_ISFIFO(state.st_mode) or stat.S_ISCHR(state.st_mode):
            raise OSError(errno.EINVAL, "a pipe or device")  # to read it might never end
        if size <= MAX_FILE_BYTES:
            return Path(path).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise ImageError(
            "the file cannot be opened",
            path=path,
            got=getattr(error, "strerror", None) or str(error) or type(error).__name__,
            remedy="check the path and your permissions",
        ) from None
    raise ImageError(
        "the file is too large to be a radiograph",
        path=path,
        got=f"{size:,} bytes",
        expected=f"at most {MAX_FILE_BYTES:,}",
        remedy="leave it out",
    )


def identify(data: bytes, *, path: AnyPath) -> ImageFormat:
    """The format of an image file's bytes, whatever its name says.

    Raises:
        ImageError: empty, or no format hilum reads.
    """
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
    return image_format


def to_uint8(pixels: Grey) -> NDArray[np.uint8]:
    """8-bit grey for display and networks: 16-bit pixels are stretched from min to max."""
    if pixels.dtype == np.uint8:
        return pixels.astype(np.uint8, copy=False)
    low, high = int(pixels.min()), int(pixels.max())
    # A table, because a copy in floats of a large film would take four times its memory.
    values = np.arange(low, high + 1, dtype=np.float32) - low
    table = np.zeros(high + 1, np.uint8)
    table[low:] = np.rint(values * (255.0 / max(high - low, 1)))
    return look_up(table, pixels)
