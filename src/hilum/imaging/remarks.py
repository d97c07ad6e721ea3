"""What a picture file carries beside its pixels: words in which a name may stand, a turn."""

from __future__ import annotations

import io
import struct

from hilum.imaging.formats import ImageFormat
from hilum.imaging.quiet import quiet_warnings

_PNG = {b"tEXt": "text", b"zTXt": "text", b"iTXt": "text", b"eXIf": "EXIF"}
_JPEG = {0xFE: "comment", 0xEC: "APP12", 0xED: "Photoshop"}
_START_OF_SCAN = 0xDA


def find_remarks(data: bytes, image_format: ImageFormat) -> tuple[str, ...]:
    """The kinds of remarks in a sound PNG or JPEG file (``text``, ``EXIF``, ``XMP``, …), sorted.

    Only that they are there; what they say is not looked at.
    """
    if image_format is ImageFormat.PNG:
        return tuple(sorted(_in_png(data)))
    return tuple(sorted(_in_jpeg(data))) if image_format is ImageFormat.JPEG else ()


def may_be_turned(data: bytes, image_format: ImageFormat) -> bool:
    """Whether a sound PNG or JPEG file has to be turned or flipped to be upright, by its EXIF.

    True also where its EXIF cannot be read: some programs may read it all the same.
    """
    if "EXIF" not in find_remarks(data, image_format):
        return False
    from PIL import ExifTags, Image  # here, as most images need none of it

    try:
        with quiet_warnings(), Image.open(io.BytesIO(data)) as image:
            return bool(image.getexif().get(ExifTags.Base.Orientation, 1) != 1)
    except Exception:  # Pillow's parsers raise whatever a damaged byte leads them to
        return True


def _in_png(data: bytes) -> set[str]:
    found: set[str] = set()
    at = 8
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        found |= {_PNG[kind]} if kind in _PNG else set()
        at += 12 + length
    return found


def _in_jpeg(data: bytes) -> set[str]:
    found: set[str] = set()
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != _START_OF_SCAN:
        code, length = struct.unpack_from(">xBH", data, at)
        if code == 0xE1:
            found.add("EXIF" if data[at + 4 : at + 8] == b"Exif" else "XMP")
        elif code in _JPEG:
            found.add(_JPEG[code])
        at += 2 + max(length, 2)
    return found
