"""What kind of image some bytes are, told by content: file names lie."""

from __future__ import annotations

import enum
import re
from pathlib import Path


class ImageFormat(enum.StrEnum):
    """The formats hilum reads."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"
    TIFF = "tiff"
    DICOM = "dicom"


IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".dcm", ".dicom"})
"""File name endings, lower case, that promise one of these formats."""

UNREAD_SUFFIXES = (".bmp", ".gif", ".jfif", ".jp2", ".heic", ".nii", ".nii.gz")
"""File name endings, lower case, of images and volumes that hilum does not read. (A ``.jfif``
that begins as JPEG is one, whatever its name.)"""

SNIFFED_BYTES = 132
"""How many leading bytes :func:`sniff_format` needs."""

_BARE_DICOM = re.compile(
    rb"\x02\0[\0-\x02]\0(UL|OB|UI)"  # (0002,0000) to (0002,0002), always explicit
    rb"|\x08\0[\0\x01\x05\x08\x12\x16]\0(UL|CS|DA|UI)"
    rb"|\x08\0([\x01\x05\x08\x12\x16]\0[\0-\x40]\0\0\0|\0\0\x04\0\0\0....\x08\0)"  # implicit
    rb"|\0\x08\0[\0\x01\x05\x08\x12\x16](UL|CS|DA|UI)",  # big endian
    re.DOTALL,
)
"""How a DICOM file without preamble begins: group, element, then its type or its length."""


def sniff_format(head: bytes) -> ImageFormat | None:
    """The image format that a file beginning with ``head`` has, or None for anything else.

    A DICOM file is known by the ``DICM`` after its preamble of 128 bytes; one without a preamble
    by its first element, which is of group 0002, or, without file meta information, the first of
    an image's data set (0008,00xx).

    >>> sniff_format(b"\\xff\\xd8\\xff\\xe0")
    <ImageFormat.JPEG: 'jpeg'>
    """
    # First, because a DICOM's preamble may hold the head of a TIFF (PS3.10, 7.1) and only
    # the DICOM part knows the polarity.
    if head[128:132] == b"DICM":
        return ImageFormat.DICOM
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return ImageFormat.PNG
    if head.startswith(b"\xff\xd8\xff"):
        return ImageFormat.JPEG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ImageFormat.WEBP
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return ImageFormat.TIFF
    if _BARE_DICOM.match(head):
        return ImageFormat.DICOM
    return None


def format_of(path: Path) -> ImageFormat | None:
    """The format of the file at ``path`` by its first bytes; None if it cannot be read."""
    try:
        if not path.is_file():  # a pipe would never answer
            return None
        with path.open("rb") as file:
            return sniff_format(file.read(SNIFFED_BYTES))
    except OSError:
        return None


def holds_image(path: Path) -> bool:
    """Whether the file at ``path`` is an image by its first bytes; False if it cannot be read."""
    return format_of(path) is not None
