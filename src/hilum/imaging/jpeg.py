"""Whether a JPEG file is whole, and its size, without decoding it (ITU-T T.81).

libjpeg paints what is missing from a damaged file in one grey and only prints a warning, so
the file is checked here. JPEG has no checksum: a flipped bit inside the compressed data that
leaves all markers in place shifts or recolours blocks and cannot be told from a picture.
"""

from __future__ import annotations

import io
import itertools
import re
import struct
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hilum.errors import ImageError
from hilum.imaging.faults import AnyPath, damaged
from hilum.imaging.formats import ImageFormat

_START, _END, _SCAN, _RESTART_INTERVAL, _APP1 = 0xD8, 0xD9, 0xDA, 0xDD, 0xE1
_RESTARTS = range(0xD0, 0xD8)
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_LOSSLESS = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})

# Inside compressed data an FF is followed by 00, or by a restart marker where they are used.
_ANY_MARKER = re.compile(rb"\xff[\x01-\xfe]")
_OTHER_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_NEXT_MARKER = re.compile(rb"\xff+[\x01-\xfe]")


@dataclass(frozen=True)
class JpegLayout:
    """What a JPEG file holds."""

    width: int
    height: int
    precision: int
    """Bits per sample."""
    components: int
    """1 of grey, 3 of colour."""
    unit_height: int
    """Rows in one row of coded units: 8 or 16, with lossless coding 1."""
    is_sequential: bool
    has_exif: bool
    end: int
    """Offset of the end marker."""


@dataclass
class _Frame:
    code: int
    width: int
    height: int
    precision: int
    sampling: dict[int, tuple[int, int]]
    """Component → (horizontal, vertical) sampling factor."""
    bits_missing: dict[int, list[int]] = field(default_factory=dict)
    """Component → for each of the 64 coefficients, how many low bits no scan has given yet."""

    @property
    def is_complete(self) -> bool:
        return not any(any(bits) for bits in self.bits_missing.values())

    def count_units(self, components: list[int]) -> int:
        """How many coded units a scan of ``components`` has (T.81, A.2)."""
        block = 1 if self.code in _LOSSLESS else 8
        widest = max(h for h, _ in self.sampling.values())
        tallest = max(v for _, v in self.sampling.values())
        if len(components) > 1:
            return -(-self.width // (block * widest)) * -(-self.height // (block * tallest))
        h, v = self.sampling[components[0]]
        columns = -(-self.width * h // widest)
        rows = -(-self.height * v // tallest)
        return -(-columns // block) * -(-rows // block)


def inspect_jpeg(data: bytes, *, path: AnyPath) -> JpegLayout:
    """Walk through all segments and scans of a JPEG file up to its end marker.

    Demands that every scan ends where a marker may stand, that restart markers are all
    there and in order, that every component has been given to its last bit, and that the
    end marker follows. Bytes after it are ignored.

    Raises:
        ImageError: anything of that is not so.
    """
    frame: _Frame | None = None
    interval = 0
    has_exif = has_scan = False
    position = 2
    while True:
        code, position = _find_marker(data, position, strict=has_scan, path=path)
        if code == _END:
            break
        if frame is not None and has_scan and frame.is_complete:
            raise _damaged(f"a stray marker at byte {position - 2}", path)
        if code == _START or code in _RESTARTS:
            raise _damaged(f"a misplaced marker at byte {position - 2}", path)
        content = _read_segment(data, position, path)
        position += 2 + len(content)
        if code in _FRAMES:
            if frame is not None:
                raise _damaged("two frame headers", path)
            frame = _read_frame(code, content, path)
        elif code == _RESTART_INTERVAL and len(content) >= 2:
            interval = int.from_bytes(content[:2], "big")
        elif code == _APP1:
            has_exif |= content.startswith(b"Exif")
        elif code == _SCAN:
            if frame is None:
                raise _damaged("pixels before the frame header", path)
            components = _read_scan(frame, content, path)
            position = _skip_scan(data, position, frame.count_units(components), interval, path)
            has_scan = True
    if frame is None or not frame.is_complete:
        raise _damaged("a file that lacks part of its compressed data", path)
    block = 1 if frame.code in _LOSSLESS else 8
    return JpegLayout(
        width=frame.width,
        height=frame.height,
        precision=frame.precision,
        components=len(frame.sampling),
        unit_height=block * max(v for _, v in frame.sampling.values()),
        is_sequential=frame.code not in _PROGRESSIVE and frame.code not in _LOSSLESS,
        has_exif=has_exif,
        end=position - 2,
    )


def _find_marker(data: bytes, position: int, *, strict: bool, path: AnyPath) -> tuple[int, int]:
    """(marker code, offset behind it). Stray bytes are let through before the first scan."""
    found = (_NEXT_MARKER.match if strict else _ANY_MARKER.search)(data, position)
    if found is None:
        if strict and position < len(data) - 1:
            raise _damaged(f"no marker at byte {position}", path)
        raise _damaged(f"{len(data)} bytes that end before the image does", path)
    return data[found.end() - 1], found.end()


def _read_segment(data: bytes, position: int, path: AnyPath) -> bytes:
    length = int.from_bytes(data[position : position + 2], "big")
    if length < 2 or position + length > len(data):
        raise _damaged(f"a segment at byte {position} that is longer than the file", path)
    return data[position + 2 : position + length]


def _read_frame(code: int, content: bytes, path: AnyPath) -> _Frame:
    if len(content) < 6 or len(content) < 6 + 3 * content[5]:
        raise _damaged("a frame header that is too short", path)
    precision, height, width, count = struct.unpack_from(">BHHB", content)
    sampling = {
        content[at]: (content[at + 1] >> 4, content[at + 1] & 15)
        for at in range(6, 6 + 3 * count, 3)
    }
    factors = itertools.chain.from_iterable(sampling.values())
    if not sampling or not width or not height or not all(1 <= f <= 4 for f in factors):
        raise _damaged(f"a frame header that says {width}×{height} pixels", path)
    missing = {component: [precision] * 64 for component in sampling}
    return _Frame(code, width, height, precision, sampling, missing)


def _read_scan(frame: _Frame, content: bytes, path: AnyPath) -> list[int]:
    """The components of a scan; notes in ``frame`` which of their bits it gives."""
    count = content[0] if content else 0
    components = list(content[1 : 1 + 2 * count : 2])
    if not components or len(content) < 4 + 2 * count or not set(components) <= set(frame.sampling):
        raise _damaged("a damaged scan header", path)
    first, last, low = 0, 63, 0
    if frame.code in _PROGRESSIVE:
        first, last, low = content[-3], content[-2], content[-1] & 15
    for component in components:
        missing = frame.bits_missing[component]
        missing[first : last + 1] = [low] * len(missing[first : last + 1])
    return components


def _skip_scan(data: bytes, position: int, units: int, interval: int, path: AnyPath) -> int:
    """The offset of the marker that ends the scan beginning at ``position``."""
    found = (_OTHER_MARKER if interval else _ANY_MARKER).search(data, position)
    if found is None:
        raise _damaged(f"{len(data)} bytes that end before the image does", path)
    if interval:
        due = -(-units // interval) - 1
        restarts = _find_restarts(data, position, found.start())
        cycle = bytes(itertools.islice(itertools.cycle(_RESTARTS), len(restarts)))
        # One more than due is harmless: some encoders end with a restart marker.
        if restarts != cycle or len(restarts) not in (due, due + 1):
            raise _damaged(f"{len(restarts)} of {due} restart markers in order", path)
    return found.start()


def _find_restarts(data: bytes, start: int, end: int) -> bytes:
    """The codes of the restart markers between two offsets, in order."""
    coded = np.frombuffer(data, np.uint8, end - start, start)
    codes = coded[np.flatnonzero(coded[:-1] == 0xFF) + 1]
    return codes[(codes >= _RESTARTS.start) & (codes < _RESTARTS.stop)].tobytes()


_PROBE = bytes(range(1, 251))
"""Compressed data that no encoder wrote; without FF, so that it holds no marker."""


def runs_out_early(data: bytes, layout: JpegLayout, pixels: NDArray[np.generic]) -> bool:
    """Whether the compressed data end before the last row, though the end marker is there.

    Such as a file cut in the middle and closed again. libjpeg repeats the last grey in all
    that is missing, so only a picture with one flat edge is suspect. Then: more data before
    the end marker are read by a decoder that lacks some, and ignored by one that does not.

    Args:
        data: the file.
        layout: as :func:`inspect_jpeg` gave it.
        pixels: the decoded picture, H×W or H×W×3, at any reduction and orientation.
    """
    if not layout.is_sequential or not _has_flat_edge(pixels, layout):
        return False
    longer = data[: layout.end] + _PROBE + data[layout.end :]
    return not np.array_equal(_decode_eighth(data), _decode_eighth(longer))


def _has_flat_edge(pixels: NDArray[np.generic], layout: JpegLayout) -> bool:
    reduction = -(-max(layout.width, layout.height) // max(pixels.shape[:2]))
    last_rows = (layout.height - 1) % layout.unit_height + 1
    depth = max(last_rows // reduction, 1)
    edges = [pixels[-depth:]]
    if layout.has_exif:  # the picture may have been turned: any edge may be the last row
        edges += [pixels[:depth], pixels[:, :depth], pixels[:, -depth:]]
    return any(bool((edge == edge[0, 0]).all()) for edge in edges)


def _decode_eighth(data: bytes) -> NDArray[np.uint8]:
    # Pillow, because its libjpeg keeps silent about the bytes added. Few files come here, and
    # importing it takes a fiftieth of a second.
    from PIL.JpegImagePlugin import JpegImageFile

    with JpegImageFile(io.BytesIO(data)) as image:
        image.draft(None, (max(image.width // 8, 1), max(image.height // 8, 1)))
        return np.asarray(image)


def _damaged(got: str, path: AnyPath) -> ImageError:
    return damaged(ImageFormat.JPEG, got, path=path)
