"""The stored values of a DICOM image, decompressed and freed of bits that are no pixel's."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import get_frame
from pydicom.pixels.utils import pixel_array
from pydicom.uid import (
    JPEG2000,
    UID,
    JPEG2000Lossless,
    JPEG2000TransferSyntaxes,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    JPEGLSTransferSyntaxes,
    JPEGTransferSyntaxes,
    RLELossless,
)

from hilum.errors import ImageError
from hilum.imaging.dicom_outside import DecoderError, decompress_outside
from hilum.imaging.faults import AnyPath, damaged, unsupported
from hilum.imaging.formats import ImageFormat
from hilum.imaging.jpeg import JpegLayout, inspect_jpeg, runs_out_early

_BY_PILLOW = (JPEGBaseline8Bit, JPEGExtended12Bit)
"""If of 8 bits."""
_BY_GDCM = (
    *(JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1),
    *(JPEGLSLossless, JPEGLSNearLossless, JPEG2000Lossless, JPEG2000),
)
"""In a process of its own."""

_PIXEL_TAGS = (
    *("Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
)
_UNDECODED = "pixels that cannot be decoded"

_JPEG_2000_START = b"\xff\x4f\xff\x51"
_JPEG_LS_FRAME = b"\xff\xf7"


def decode_stored(dataset: FileDataset, path: AnyPath) -> NDArray[Any]:
    """The stored values, H×W int or unsigned of 8 or 16 bits, or RGB, H×W×3 uint8.

    Only the bits that Bits Stored and High Bit name count: those beside them may hold an overlay.

    Raises:
        ImageError: the compressed pixels are damaged, of another size than the file says, or of
            a kind that cannot be decoded.
        Exception: whatever a damaged byte leads pydicom to.
    """
    syntax = UID(dataset.file_meta.TransferSyntaxUID)
    compressed = b""
    jpeg = None
    if syntax.is_encapsulated:
        compressed = get_frame(dataset.PixelData, 0, number_of_frames=1)
    if syntax in JPEGTransferSyntaxes:
        jpeg = inspect_jpeg(compressed, path=path)
    _check_end(syntax, compressed, path)
    _check_coded_size(dataset, compressed, jpeg, path)
    if _is_odd_extended_jpeg(dataset, syntax, jpeg):
        raise unsupported_dicom(f"{syntax.name} pixels", "pixels that decode", path)
    try:
        pixels = _decode(dataset, syntax, compressed, jpeg)
    except RuntimeError as error:
        told = str(error)
        if "exceptions were raised" in told and "support" not in told:  # a decoder gave up
            raise damaged(ImageFormat.DICOM, _UNDECODED, path=path) from None
        raise unsupported_dicom(f"{syntax.name} pixels", "pixels that decode", path) from None
    except DecoderError as error:
        if "support" in str(error):
            raise unsupported_dicom(f"{syntax.name} pixels", "pixels that decode", path) from None
        raise damaged(ImageFormat.DICOM, _UNDECODED, path=path) from None
    if jpeg is not None and runs_out_early(compressed, jpeg, pixels):
        raise damaged(ImageFormat.DICOM, "compressed pixels that end too early", path=path)
    return pixels


def positive_number(dataset: Dataset, keyword: str) -> int:
    """The value of a tag without which there is no picture.

    Raises:
        ValueError: it is absent, no number, or less than 1.
    """
    value = dataset.get(keyword)
    if not isinstance(value, int):
        raise ValueError(f"no number as {keyword}")
    if value < 1:
        raise ValueError(f"{value} as {keyword}")
    return value


def unsupported_dicom(got: str, expected: str, path: AnyPath) -> ImageError:
    """The error for a sound DICOM file that hilum does not read."""
    return unsupported(
        ImageFormat.DICOM,
        got,
        expected=expected,
        remedy="export the radiograph as uncompressed single-frame DICOM or PNG",
        path=path,
    )


def _check_end(syntax: UID, compressed: bytes, path: AnyPath) -> None:
    """JPEG 2000 and JPEG-LS decoders fill up what is missing."""
    has_end = compressed.rstrip(b"\0").endswith(b"\xff\xd9")
    if syntax in (*JPEG2000TransferSyntaxes, *JPEGLSTransferSyntaxes) and not has_end:
        raise damaged(ImageFormat.DICOM, "compressed pixels without their end", path=path)


def _check_coded_size(
    dataset: Dataset, compressed: bytes, jpeg: JpegLayout | None, path: AnyPath
) -> None:
    """Before a decoder allocates what the compressed data ask for."""
    due = (dataset.Columns, dataset.Rows)
    coded = due
    if jpeg is not None:
        coded = jpeg.width, jpeg.height
    elif compressed.startswith(_JPEG_2000_START):
        # SIZ (ISO/IEC 15444-1, A.5.1): the far corner of the image less its origin.
        right, bottom, left, top = struct.unpack_from(">4I", compressed, 8)
        coded = right - left, bottom - top
    elif compressed[:2] == b"\xff\xd8":
        frame = _find_jpeg_ls_frame(compressed)
        coded = struct.unpack_from(">2H", compressed, frame + 5)[::-1]
    if coded != due:
        got = f"compressed pixels of {coded[0]}×{coded[1]} in an image of {due[0]}×{due[1]}"
        raise damaged(ImageFormat.DICOM, got, path=path)


def _find_jpeg_ls_frame(compressed: bytes) -> int:
    """Where the frame header of a JPEG-LS image begins (ITU-T T.87, C.2.2)."""
    at = 2
    while compressed[at : at + 2] != _JPEG_LS_FRAME:
        (length,) = struct.unpack_from(">H", compressed, at + 2)
        at += 2 + max(length, 2)
    return at


def _is_odd_extended_jpeg(dataset: Dataset, syntax: UID, jpeg: JpegLayout | None) -> bool:
    """Whether it is extended JPEG of neither 8 nor 12 bits, which no decoder here takes."""
    if syntax != JPEGExtended12Bit or jpeg is None or jpeg.precision == 8:
        return False
    return (jpeg.precision, dataset.BitsStored) != (12, 12)


def _decode(
    dataset: FileDataset, syntax: UID, compressed: bytes, jpeg: JpegLayout | None
) -> NDArray[Any]:
    if jpeg is not None and syntax in _BY_PILLOW and jpeg.precision == 8:
        return pixel_array(dataset, decoding_plugin="pillow")
    if syntax in _BY_GDCM:
        tags = {keyword: dataset.get(keyword) for keyword in _PIXEL_TAGS}
        known = {keyword: value for keyword, value in tags.items() if value is not None}
        return decompress_outside(known, str(syntax), compressed)
    return _decode_plain(dataset, syntax)


def _decode_plain(dataset: FileDataset, syntax: UID) -> NDArray[Any]:
    """Uncompressed or RLE, where bits may lie anywhere in the words."""
    stored = dataset.BitsStored
    unused = int(dataset.get("HighBit", stored - 1)) + 1 - stored
    if unused == 0 or (syntax.is_encapsulated and syntax != RLELossless):
        return pixel_array(dataset)  # which clears the bits above those stored
    if not 0 < unused <= dataset.BitsAllocated - stored:
        raise ValueError(f"a high bit of {dataset.HighBit} for {stored} bits")
    pixels = pixel_array(dataset, correct_unused_bits=False)
    above = dataset.BitsAllocated - stored - unused
    return np.asarray(np.right_shift(np.left_shift(pixels, above), above + unused))
