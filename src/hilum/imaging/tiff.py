"""TIFF files: whether one is whole, its size, and its pixels (TIFF 6.0 and BigTIFF)."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.imaging.faults import AnyPath, check_size, damaged, unsupported
from hilum.imaging.formats import ImageFormat
from hilum.imaging.lookup import Pixels
from hilum.imaging.quiet import quiet_warnings

_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_STRIP_OFFSETS, _SAMPLES, _STRIP_ROWS, _STRIP_BYTES = 273, 277, 278, 279
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_BYTES = 322, 323, 324, 325
_PLANAR, _SAMPLE_FORMAT, _JPEG_TABLES = 284, 339, 347

_UNCOMPRESSED, _DEFLATE = 1, (8, 32946)
_WHITE_IS_ZERO = 0
_REDUCED_OR_MASK = 0b101
_MAX_PAGES = 10_000
_WANTED = frozenset(
    {_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _STRIP_OFFSETS, _SAMPLES}
    | {_STRIP_ROWS, _STRIP_BYTES, _TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_BYTES}
    | {_PLANAR, _SAMPLE_FORMAT, _JPEG_TABLES}
)
_INTEGERS = {1: "u1", 3: "u2", 4: "u4", 7: "u1", 13: "u4", 16: "u8", 18: "u8"}
"""Field type → numpy type, for the unsigned integers and plain bytes."""

Tags = dict[int, list[int]]


@dataclass(frozen=True)
class TiffLayout:
    """What a TIFF file holds."""

    width: int
    height: int
    bits: int
    """Per sample."""
    samples: int
    """Per pixel."""
    is_white_zero: bool


def inspect_tiff(data: bytes, *, path: AnyPath) -> TiffLayout:
    """Check the directory of a TIFF file and that all its strips or tiles are there.

    Raises:
        ImageError: cut short, several pages, or samples that are not unsigned integers of
            1, 2, 4, 8 or 16 bits.
    """
    try:
        pages = _read_pages(data)
        tags = pages[0]
        width, height = tags[_WIDTH][0], tags[_HEIGHT][0]
        if not width or not height:
            raise ValueError(f"{width}×{height} pixels")
        check_size(width, height, path=path)
        _check_kind(pages, path)
        _check_data(data, tags)
    except (struct.error, ValueError, KeyError, IndexError, zlib.error) as error:
        got = f"no tag {error}" if isinstance(error, KeyError) else str(error)
        got = "a tag without a value" if isinstance(error, IndexError) else got
        raise damaged(ImageFormat.TIFF, got, path=path) from None
    return TiffLayout(
        width,
        height,
        bits=tags.get(_BITS, [1])[0],
        samples=tags.get(_SAMPLES, [1])[0],
        is_white_zero=tags.get(_PHOTOMETRIC, [1])[0] == _WHITE_IS_ZERO,
    )


def decode_tiff(data: bytes, layout: TiffLayout, *, path: AnyPath, colour: bool = False) -> Pixels:
    """The pixels, H×W grey or H×W×3 colour, uint8 up to 8 bits per sample, else uint16.

    Raises:
        ImageError: the compressed data are damaged.
    """
    if layout.bits == 16:
        return _decode_16_bit(data, layout, path, colour)
    # Pillow for the rest: OpenCV reads 8-bit TIFF through an interface that goes on after a
    # decoding error, and multiplies colours by an alpha channel. It is imported only here, as
    # most images need none of it.
    from PIL.TiffImagePlugin import TiffImageFile

    try:
        with quiet_warnings(), TiffImageFile(io.BytesIO(data)) as image:
            return np.asarray(image.convert("RGB" if colour else "L"))
    except Exception as error:  # Pillow's parsers raise whatever a damaged byte leads them to
        got = str(error) or type(error).__name__
        raise damaged(ImageFormat.TIFF, got, path=path) from None


def _decode_16_bit(
    data: bytes, layout: TiffLayout, path: AnyPath, colour: bool
) -> NDArray[np.uint16]:
    kind = cv2.IMREAD_COLOR if colour else cv2.IMREAD_GRAYSCALE
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), kind | cv2.IMREAD_ANYDEPTH)
    except cv2.error:
        pixels = None
    if pixels is None or pixels.dtype != np.uint16:
        raise damaged(ImageFormat.TIFF, "pixels that cannot be decoded", path=path)
    if layout.is_white_zero:  # which libtiff minds only in 8-bit files
        np.subtract(np.uint16(65535), pixels, out=pixels)
    return pixels.astype(np.uint16, copy=False)


def _read_pages(data: bytes) -> list[Tags]:
    order = "<" if data[:2] == b"II" else ">"
    is_big = data[2:4] in (b"+\0", b"\0+")
    (position,) = struct.unpack_from(order + ("Q" if is_big else "I"), data, 8 if is_big else 4)
    pages: list[Tags] = []
    while position:
        if len(pages) == _MAX_PAGES:
            raise ValueError("a page that leads back to itself")
        tags, position = _read_directory(data, position, order, is_big)
        pages.append(tags)
    if not pages:
        raise ValueError("no page")
    return pages


def _read_directory(data: bytes, position: int, order: str, is_big: bool) -> tuple[Tags, int]:
    """One directory's wanted tags, and the offset of the next directory (0: none)."""
    counter, entry, offset = ("Q", "HHQ8s", "Q") if is_big else ("H", "HHI4s", "I")
    (count,) = struct.unpack_from(order + counter, data, position)
    position += struct.calcsize(order + counter)
    tags: Tags = {}
    for _ in range(count):
        tag, kind, length, value = struct.unpack_from(order + entry, data, position)
        position += struct.calcsize(order + entry)
        if tag not in _WANTED or kind not in _INTEGERS:
            continue
        dtype = np.dtype(order + _INTEGERS[kind])
        if length * dtype.itemsize > len(value):
            (start,) = struct.unpack(order + offset, value)
            value = data[start : start + length * dtype.itemsize]
        if length * dtype.itemsize > len(value):
            raise ValueError(f"tag {tag} beyond the end of the file")
        tags[tag] = np.frombuffer(value, dtype, length).tolist()
    return tags, int(struct.unpack_from(order + offset, data, position)[0])


def _check_kind(pages: list[Tags], path: AnyPath) -> None:
    # Smaller copies and transparency masks accompany a picture; other pages are pictures.
    count = sum(not page.get(_SUBFILE, [0])[0] & _REDUCED_OR_MASK for page in pages[1:]) + 1
    bits = set(pages[0].get(_BITS, [1]))
    sample_format = {1: "", 4: "", 2: "signed ", 3: "floating-point "}.get(
        pages[0].get(_SAMPLE_FORMAT, [1])[0], "unknown "
    )
    if count > 1:
        got, expected = f"{count} pages", "one"
        remedy = "save each page as a file of its own"
    elif sample_format or len(bits) > 1 or not bits <= {1, 2, 4, 8, 16}:
        got = f"{sample_format}samples of {', '.join(map(str, sorted(bits)))} bits"
        expected, remedy = "unsigned integers of 8 or 16 bits", "convert it to a 16-bit PNG"
    else:
        return
    raise unsupported(ImageFormat.TIFF, got, expected=expected, remedy=remedy, path=path)


def _check_data(data: bytes, tags: Tags) -> None:
    """Every strip or tile lies within the file and, where that can be told, is whole."""
    compression = tags.get(_COMPRESSION, [_UNCOMPRESSED])[0]
    is_tiled = _TILE_OFFSETS in tags
    width, height = tags[_WIDTH][0], tags[_HEIGHT][0]
    columns = tags[_TILE_WIDTH][0] if is_tiled else width
    rows = tags[_TILE_HEIGHT][0] if is_tiled else min(tags.get(_STRIP_ROWS, [height])[0], height)
    if not columns or not rows:
        raise ValueError(f"strips or tiles of {columns}×{rows} pixels")
    row_bytes = _count_row_bytes(tags, columns)
    offsets = tags[_TILE_OFFSETS if is_tiled else _STRIP_OFFSETS]
    lengths = tags.get(_TILE_BYTES if is_tiled else _STRIP_BYTES)
    if lengths is None and compression == _UNCOMPRESSED and len(offsets) == 1:
        lengths = [row_bytes * height]
    down = -(-height // rows)
    if (
        lengths is None
        or len(lengths) != len(offsets)
        or len(offsets) < down * -(-width // columns)
    ):
        raise ValueError(f"an incomplete list of {len(offsets)} strips or tiles")
    for number, (offset, length) in enumerate(zip(offsets, lengths, strict=True)):
        if offset + length > len(data):
            raise ValueError(f"{len(data)} of at least {offset + length} bytes")
        rows_here = rows if is_tiled else min(rows, height - number % down * rows)
        found = length
        if compression in _DEFLATE:
            inflater = zlib.decompressobj()
            packed = memoryview(data)[offset : offset + length]
            found = len(inflater.decompress(packed, row_bytes * rows_here + 1))
        elif compression != _UNCOMPRESSED:
            continue
        if found < row_bytes * rows_here:
            raise ValueError(f"a strip of {found} bytes instead of {row_bytes * rows_here}")


def _count_row_bytes(tags: Tags, width: int) -> int:
    bits = tags.get(_BITS, [1])[0]
    is_planar = tags.get(_PLANAR, [1])[0] == 2
    samples = 1 if is_planar else tags.get(_SAMPLES, [1])[0]
    return int(-(-width * bits * samples // 8))
