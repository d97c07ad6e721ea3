"""Whether a PNG file is whole, and its size, without decoding it (ISO/IEC 15948)."""

from __future__ import annotations

import struct
import zlib

from hilum.errors import ImageError
from hilum.imaging.faults import AnyPath, damaged, unsupported
from hilum.imaging.formats import ImageFormat

_SIGNATURE_BYTES = 8
_FRAME_BYTES = 12
"""What a chunk has around its content: length, type, checksum."""


def inspect_png(data: bytes, *, path: AnyPath) -> tuple[int, int]:
    """(width, height) in pixels, after every chunk up to IEND has been checked.

    The checksum of each critical chunk has to match; a damaged text or time stamp does not
    touch the pixels and is let through. Bytes after IEND are ignored.

    Raises:
        ImageError: cut short, bits flipped, or an animation.
    """
    view = memoryview(data)
    size: tuple[int, int] | None = None
    has_pixels = False
    position = _SIGNATURE_BYTES
    while position + _FRAME_BYTES <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + _FRAME_BYTES + length
        if end > len(data):
            break
        is_critical = not kind[0] & 0x20
        if is_critical:
            (stored,) = struct.unpack_from(">I", data, end - 4)
            if zlib.crc32(view[position + 4 : end - 4]) != stored:
                raise _damaged(f"a wrong checksum at byte {position}", path)
        if (kind == b"IHDR") == (size is not None):
            raise _damaged("no single IHDR chunk at the start", path)
        if kind == b"IHDR":
            size = _read_size(data, length, path)
        elif kind == b"acTL":
            _refuse_animation(data, position, length, path)
        elif kind == b"IDAT":
            has_pixels = True
        elif kind == b"IEND":
            if not has_pixels or size is None:
                raise _damaged("no pixel data", path)
            return size
        position = end
    raise _damaged(f"{len(data)} bytes that end before the image does", path)


def _read_size(data: bytes, length: int, path: AnyPath) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", data, _SIGNATURE_BYTES + 8)
    if length != 13 or width == 0 or height == 0:
        raise _damaged(f"a header of {length} bytes that says {width}×{height} pixels", path)
    return width, height


def _refuse_animation(data: bytes, position: int, length: int, path: AnyPath) -> None:
    frames = struct.unpack_from(">I", data, position + 8)[0] if length == 8 else 0
    if frames > 1:
        raise unsupported(
            ImageFormat.PNG,
            f"an animation of {frames} pictures",
            expected="one picture",
            remedy="save the radiograph as a still PNG",
            path=path,
        )


def _damaged(got: str, path: AnyPath) -> ImageError:
    return damaged(ImageFormat.PNG, got, path=path)
