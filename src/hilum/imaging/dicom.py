"""DICOM radiographs → 8-bit grey, as a viewer shows them: right polarity, right window."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from hilum.errors import ImageError, NotARadiographError
from hilum.imaging.dicom_greys import has_window, render
from hilum.imaging.dicom_pixels import decode_stored, positive_number, unsupported_dicom
from hilum.imaging.faults import MAX_PIXELS, AnyPath, check_size, damaged
from hilum.imaging.formats import ImageFormat
from hilum.imaging.quiet import quiet_warnings

RADIOGRAPHY = frozenset({"CR", "DX", "DR", "RG", "RF", "XA", "HC", "SC", "OT", ""})
"""Modalities read here: X-ray projections, and what scanned or anonymised ones carry."""

_GREY = frozenset({"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"})
"""Photometric interpretations of one sample per pixel."""
_COLOUR = frozenset({"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"})

_PREAMBLE = 132
_MAX_INFLATED = 2 * MAX_PIXELS + (1 << 24)
"""Bytes of a deflated data set: the largest image's pixels, and room for the rest."""

_GROUP_LENGTH = b"\x02\0\0\0UL\x04\0"
"""(0002,0000), which says where the data set begins."""


def decode_dicom(data: bytes, *, path: AnyPath) -> NDArray[np.uint8]:
    """The pixels of a DICOM radiograph, H×W uint8, bright = dense.

    Grey ones go through the transformations of :mod:`hilum.imaging.dicom_greys`; colours, also
    those of a palette, become luminance. Read is what has one frame. Raw detector values, linear
    with exposure and without a window, are refused: they have not been made to be looked at.

    Always 8 bit, the depth of a display: 16 bits would be stretched again by
    :func:`~hilum.imaging.read.to_uint8`, and the window lost.

    Raises:
        NotARadiographError: of another modality, such as CT.
        ImageError: damaged, no single frame of pixels, mirrored or turned, or compressed in a
            way that cannot be read.
    """
    try:
        with quiet_warnings():
            dataset = parse_dicom(data, path)
            _check_kind(dataset, path)
            stored = decode_stored(dataset, path)
            if stored.ndim == 3:
                grey = cv2.cvtColor(stored, cv2.COLOR_RGB2GRAY)
                return grey.astype(np.uint8, copy=False)
            return render(dataset, stored, path)
    except ImageError:
        raise
    except Exception as error:  # pydicom raises whatever a damaged byte leads it to
        raise damaged(ImageFormat.DICOM, _in_words(error), path=path) from None


def _in_words(error: Exception) -> str:
    """What a person can make of ``error``."""
    text = " ".join(str(error).split())
    is_a_programs_own = isinstance(error, TypeError | LookupError | AssertionError | struct.error)
    if not text or is_a_programs_own or "object has no attribute" in text:
        return "tags that are missing or contradict each other"
    return text


def parse_dicom(data: bytes, path: AnyPath) -> FileDataset:
    """The data set of a DICOM file, with or without preamble and file meta information.

    Raises:
        ImageError: deflated and damaged or too large.
        Exception: whatever a damaged byte leads pydicom to.
    """
    # A deflated data set has no stated size: a few kilobytes could fill the memory, so that it
    # is not left to pydicom to inflate.
    if says_deflated(data):
        dataset = dcmread(io.BytesIO(_inflate(data, path)), force=True)
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        return dataset
    dataset = dcmread(io.BytesIO(data), force=True)
    if "TransferSyntaxUID" not in dataset.file_meta:
        is_implicit, is_little = dataset.original_encoding
        told = ExplicitVRLittleEndian if is_little else ExplicitVRBigEndian
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if is_implicit else told
    return dataset


def says_deflated(data: bytes) -> bool:
    """Whether the data set of a DICOM file beginning with ``data`` is deflated as a whole."""
    return DeflatedExplicitVRLittleEndian.encode() in data[:2048]


def _inflate(data: bytes, path: AnyPath) -> bytes:
    start = data.find(_GROUP_LENGTH, 0, _PREAMBLE + len(_GROUP_LENGTH))
    if start < 0:
        raise damaged(ImageFormat.DICOM, "a deflated data set of unknown beginning", path=path)
    (length,) = struct.unpack_from("<I", data, start + len(_GROUP_LENGTH))
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = inflater.decompress(data[start + len(_GROUP_LENGTH) + 4 + length :], _MAX_INFLATED)
    if len(inflated) >= _MAX_INFLATED:
        raise unsupported_dicom(
            f"a deflated data set of {_MAX_INFLATED:,} bytes or more", "a smaller one", path
        )
    if not inflater.eof or says_deflated(inflated):
        raise damaged(ImageFormat.DICOM, "a deflated data set without its end", path=path)
    return inflated


def _check_kind(dataset: FileDataset, path: AnyPath) -> None:
    modality = str(dataset.get("Modality") or "").strip().upper()
    if modality not in RADIOGRAPHY:
        raise NotARadiographError(
            f"not a radiograph: modality {modality}",
            path=path,
            expected="an X-ray projection such as CR or DX",
            remedy="leave the file out",
        )
    if "PixelData" not in dataset:
        raise ImageError(
            "this DICOM file holds no image, or was cut short before it",
            path=path,
            got="no pixel data",
            remedy="fetch the file again, or leave it out",
        )
    frames = int(dataset.get("NumberOfFrames") or 1)
    if frames > 1:
        raise unsupported_dicom(f"{frames} frames", "a single one", path)
    interpretation = dataset.PhotometricInterpretation
    samples = positive_number(dataset, "SamplesPerPixel")
    if interpretation not in _GREY | _COLOUR:
        expected = "MONOCHROME1, MONOCHROME2, PALETTE COLOR or RGB"
        raise unsupported_dicom(f"{interpretation} pixels", expected, path)
    if (samples == 1) != (interpretation in _GREY):
        raise ValueError(f"{interpretation} pixels of {samples} samples")
    allocated = positive_number(dataset, "BitsAllocated")
    if allocated not in (8, 16) or (samples == 3 and allocated != 8):
        raise unsupported_dicom(f"{allocated} bits per sample", "8 or 16, in colour 8", path)
    if positive_number(dataset, "BitsStored") > allocated:
        raise ValueError(f"{dataset.BitsStored} bits stored in {allocated}")
    width, height = positive_number(dataset, "Columns"), positive_number(dataset, "Rows")
    check_size(width, height, path=path)
    _check_intent(dataset, path)
    _check_orientation(dataset, path)


def _check_intent(dataset: Dataset, path: AnyPath) -> None:
    """Detector values for a program to work on (PS3.3, C.8.11.3) are no picture yet.

    Those in proportion to the logarithm of exposure are near enough to one, and are read.
    """
    is_raw = dataset.get("PresentationIntentType") == "FOR PROCESSING"
    if is_raw and dataset.get("PixelIntensityRelationship") == "LIN" and not has_window(dataset):
        raise unsupported_dicom(
            "raw detector values (Presentation Intent Type FOR PROCESSING), linear with exposure",
            "what the device made of them to be looked at, FOR PRESENTATION",
            path,
        )


def _check_orientation(dataset: Dataset, path: AnyPath) -> None:
    """Image-right is the patient's left, image-down the feet, where that is told.

    Patient Orientation (PS3.3, C.7.6.1.1.1): whither rows and columns lead.
    """
    value = dataset.get("PatientOrientation") or []
    told = [value] if isinstance(value, str) else [str(direction) for direction in value]
    if all(not here or here.startswith(due) for here, due in zip(told, "LF", strict=False)):
        return
    raise NotARadiographError(
        "the radiograph is not shown from the front and upright, so that sides would be swapped",
        path=path,
        got="Patient Orientation " + "\\".join(told),
        expected="L\\F: rows to the patient's left, columns to the feet",
        remedy="export it as a frontal view with the patient's left at image-right",
    )
