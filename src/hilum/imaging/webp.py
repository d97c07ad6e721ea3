"""Whether a WebP file is whole, and its size, without decoding it (RFC 9649)."""

from __future__ import annotations

import struct

from hilum.errors import ImageError
from hilum.imaging.faults import AnyPath, damaged, unsupported
from hilum.imaging.formats import ImageFormat

_ANIMATED = 0x02


def inspect_webp(data: bytes, *, path: AnyPath) -> tuple[int, int]:
    """(width, height) in pixels, after the lengths of all chunks have been checked.

    WebP has no checksums: a flipped bit that leaves the file decodable is not noticed.

    Raises:
        ImageError: cut short, no picture in it, or an animation.
    """
    if len(data) < 20:
        raise _damaged(f"{len(data)} bytes", path)
    end = 8 + struct.unpack_from("<I", data, 4)[0]
    if end > len(data):
        raise _damaged(f"{len(data)} of {end} bytes", path)
    position = 12
    while position + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, position)
        content = data[position + 8 : position + 8 + min(length, 10)]
        if position + 8 + length > end:
            raise _damaged(f"a chunk at byte {position} that is longer than the file", path)
        if kind == b"VP8X" and content[:1] and content[0] & _ANIMATED:
            raise unsupported(
                ImageFormat.WEBP,
                "an animation",
                expected="one picture",
                remedy="save the radiograph as a still picture",
                path=path,
            )
        if kind in (b"VP8 ", b"VP8L"):
            return _read_size(kind, content, path)
        position += 8 + length + length % 2
    raise _damaged("no picture in it", path)


def _read_size(kind: bytes, content: bytes, path: AnyPath) -> tuple[int, int]:
    if kind == b"VP8L" and len(content) >= 5 and content[0] == 0x2F:
        bits = int.from_bytes(content[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and content[3:6] == b"\x9d\x01\x2a" and len(content) >= 10:
        width, height = struct.unpack_from("<HH", content, 6)
        if width & 0x3FFF and height & 0x3FFF:
            return width & 0x3FFF, height & 0x3FFF
    raise _damaged("a damaged picture header", path)


def _damaged(got: str, path: AnyPath) -> ImageError:
    return damaged(ImageFormat.WEBP, got, path=path)
