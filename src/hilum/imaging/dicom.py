"""DICOM radiographs → 8-bit grey, as a viewer shows them: right polarity, right window."""

from __future__ import annotations

import io
import math
from collections.abc import MutableSequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import get_frame
from pydicom.pixels.utils import pixel_array
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    JPEG2000TransferSyntaxes,
    JPEGLSTransferSyntaxes,
    JPEGTransferSyntaxes,
)

from hilum.errors import ImageError, NotARadiographError
from hilum.imaging.faults import AnyPath, check_size, damaged, unsupported
from hilum.imaging.formats import ImageFormat
from hilum.imaging.jpeg import inspect_jpeg, runs_out_early
from hilum.imaging.lookup import Pixels, look_up, row_blocks
from hilum.imaging.quiet import quiet_warnings

RADIOGRAPHY = frozenset({"CR", "DX", "DR", "RG", "RF", "XA", "HC", "SC", "OT", ""})
"""Modalities read here: X-ray projections, and what scanned or anonymised ones carry."""

_GREY = frozenset({"MONOCHROME1", "MONOCHROME2"})
_COLOUR = frozenset({"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"})

Values = NDArray[np.float64]


def decode_dicom(data: bytes, *, path: AnyPath) -> NDArray[np.uint8]:
    """The pixels of a DICOM radiograph, H×W uint8, bright = dense.

    In the standard's order (PS3.3, C.11): modality LUT or rescale, then VOI LUT or window,
    then the polarity, which MONOCHROME1 or a Presentation LUT Shape INVERSE turns, both
    together still once. Padding is darkest, whatever the polarity. Where there are several
    windows the first one counts; without a usable one (absent, NaN, no width) the range of
    the unpadded pixels is shown, but up to 8 stored bits the whole range of those bits:
    such pixels have been through a window already and come out as they are stored.

    Always 8 bit, the depth of a display: 16 bits would be stretched again by
    :func:`~hilum.imaging.read.to_uint8`, and the window lost.

    Raises:
        NotARadiographError: of another modality, such as CT.
        ImageError: damaged, no single frame of pixels, mirrored or turned, or compressed in a
            way that cannot be read.
    """
    try:
        with quiet_warnings():
            dataset = _parse(data, path)
            _check_kind(dataset, path)
            stored = _decode_pixels(dataset, path)
            if stored.ndim == 3:
                grey = cv2.cvtColor(stored, cv2.COLOR_RGB2GRAY)
                return grey.astype(np.uint8, copy=False)
            return _render(dataset, stored, path)
    except ImageError:
        raise
    except Exception as error:  # pydicom raises whatever a damaged byte leads it to
        got = (str(error) or type(error).__name__).splitlines()[0]
        raise damaged(ImageFormat.DICOM, got, path=path) from None


def _parse(data: bytes, path: AnyPath) -> FileDataset:
    # An inflated data set has no stated size: a few kilobytes could fill the memory.
    if DeflatedExplicitVRLittleEndian.encode() in data[:2048]:
        raise _unsupported("a deflated data set", "an image in another transfer syntax", path)
    return dcmread(io.BytesIO(data))


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
        raise _unsupported(f"{frames} frames", "a single one", path)
    interpretation = dataset.PhotometricInterpretation
    if interpretation not in _GREY | _COLOUR:
        raise _unsupported(f"{interpretation} pixels", "MONOCHROME1, MONOCHROME2 or RGB", path)
    if (dataset.SamplesPerPixel == 1) != (interpretation in _GREY):
        raise ValueError(f"{interpretation} pixels of {dataset.SamplesPerPixel} samples")
    allocated = dataset.BitsAllocated
    if allocated not in (8, 16) or (dataset.SamplesPerPixel == 3 and allocated != 8):
        raise _unsupported(f"{allocated} bits per sample", "8 or 16, in colour 8", path)
    check_size(dataset.Columns, dataset.Rows, path=path)
    _check_orientation(dataset, path)


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


def _decode_pixels(dataset: FileDataset, path: AnyPath) -> NDArray[Any]:
    """The stored values, H×W, or RGB, H×W×3."""
    syntax = UID(dataset.file_meta.TransferSyntaxUID)
    compressed = b""
    jpeg = None
    if syntax.is_encapsulated:
        compressed = get_frame(dataset.PixelData, 0, number_of_frames=1)
    if syntax in JPEGTransferSyntaxes:
        jpeg = inspect_jpeg(compressed, path=path)
    has_end = compressed.rstrip(b"\0").endswith(b"\xff\xd9")
    if syntax in (*JPEG2000TransferSyntaxes, *JPEGLSTransferSyntaxes) and not has_end:
        # Their decoders fill up what is missing.
        raise damaged(ImageFormat.DICOM, "compressed pixels without their end", path=path)
    try:
        pixels = pixel_array(dataset)
    except (NotImplementedError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise _unsupported(f"{syntax.name} pixels ({reason})", "pixels that decode", path) from None
    if jpeg is not None and runs_out_early(compressed, jpeg, pixels):
        raise damaged(ImageFormat.DICOM, "compressed pixels that end too early", path=path)
    return pixels


def _render(dataset: Dataset, pixels: NDArray[Any], path: AnyPath) -> NDArray[np.uint8]:
    """Carry out the grey scale transformations of ``dataset`` on its stored values.

    They are worked out once for each value a pixel can have, and then looked up.
    """
    stored = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("="))
    codes: Pixels = stored.view(np.uint8) if stored.dtype.itemsize == 1 else stored.view(np.uint16)
    every = np.arange(1 << 8 * stored.dtype.itemsize).astype(codes.dtype).view(stored.dtype)
    is_used = np.zeros(every.shape, bool)
    for rows in row_blocks(*codes.shape):
        is_used[codes[rows]] = True
    is_padding = _find_padding(dataset, every)
    is_shown = is_used & ~is_padding
    if not is_shown.any():
        raise ImageError(
            "this DICOM image is empty",
            path=path,
            got="nothing but padding",
            remedy="leave the file out",
        )
    brightness = _apply_window(dataset, every, is_shown)
    # Both together still invert once: the standard makes either imply the other.
    if dataset.PhotometricInterpretation == "MONOCHROME1" or (
        dataset.get("PresentationLUTShape") == "INVERSE"
    ):
        brightness = 1.0 - brightness
    # The small excess brings a value half-way between two greys to the same one in either
    # polarity, in spite of the rounding of floats.
    table = np.floor(brightness * 255.0 + (0.5 + 1e-9)).astype(np.uint8)
    table[is_padding] = 0
    return look_up(table, codes)


def _find_padding(dataset: Dataset, every: NDArray[Any]) -> NDArray[np.bool_]:
    """For each of ``every`` stored value whether it marks padding (PS3.3, C.7.5.1.1.2)."""
    first = dataset.get("PixelPaddingValue")
    if first is None:
        return np.zeros(every.shape, bool)
    last = dataset.get("PixelPaddingRangeLimit")
    # Modulo, because some files give a signed -2000 as 63536.
    ends = [int(every[int(end) % every.size]) for end in (first, first if last is None else last)]
    return np.asarray((every >= min(ends)) & (every <= max(ends)))


def _apply_window(dataset: Dataset, every: NDArray[Any], is_shown: NDArray[np.bool_]) -> Values:
    """For each of ``every`` stored value its brightness from 0 to 1, before any inversion."""
    values = _apply_modality_table(dataset, every.astype(np.float64))
    for brightness in (_apply_voi_table(dataset, values), _apply_voi_window(dataset, values)):
        # A window beside all the pixels was meant for other values; it would show nothing.
        if brightness is not None and (
            np.ptp(brightness[is_shown]) > 0 or np.ptp(values[is_shown]) == 0
        ):
            return brightness
    if dataset.BitsStored <= 8:
        lowest = -(1 << dataset.BitsStored - 1) if dataset.PixelRepresentation else 0
        is_shown = (every >= lowest) & (every < lowest + (1 << dataset.BitsStored))
    low, high = values[is_shown].min(), values[is_shown].max()
    return np.asarray(np.clip((values - low) / max(high - low, 1e-12), 0.0, 1.0))


def _apply_modality_table(dataset: Dataset, stored: Values) -> Values:
    if dataset.get("ModalityLUTSequence"):
        return _look_up_values(dataset.ModalityLUTSequence[0], stored)
    slope = _first_number(dataset, "RescaleSlope", missing=1.0)
    intercept = _first_number(dataset, "RescaleIntercept", missing=0.0)
    if slope == 0 or not math.isfinite(slope) or not math.isfinite(intercept):
        raise ValueError(f"a rescale slope of {slope} and intercept of {intercept}")
    return stored * slope + intercept


def _apply_voi_table(dataset: Dataset, values: Values) -> Values | None:
    if not dataset.get("VOILUTSequence"):
        return None
    shown = _look_up_values(dataset.VOILUTSequence[0], values)
    # From its own ends: the stated depth is often larger than the entries.
    return np.asarray((shown - shown.min()) / max(np.ptp(shown), 1.0))


def _look_up_values(item: Dataset, values: Values) -> Values:
    """``values`` through a LUT item (PS3.3, C.11.1.1); those beside it take its end entries."""
    count = int(item.LUTDescriptor[0]) % 65536 or 65536
    entries = item.LUTData
    if isinstance(entries, bytes):
        entries = np.frombuffer(entries, np.uint8 if len(entries) < 2 * count else "<u2")
    table = np.asarray(entries, np.float64)[:count]
    if table.size < count:
        raise ValueError(f"a table of {table.size} instead of {count} entries")
    places = np.rint(values).astype(np.int64) - int(item.LUTDescriptor[1])
    return np.asarray(table[np.clip(places, 0, count - 1)])


def _apply_voi_window(dataset: Dataset, values: Values) -> Values | None:
    """The first window (PS3.3, C.11.2.1.2); None where there is none to use."""
    centre = _first_number(dataset, "WindowCenter", missing=math.nan)
    width = _first_number(dataset, "WindowWidth", missing=math.nan)
    if not math.isfinite(centre) or not 0 < width < math.inf:
        return None
    function = dataset.get("VOILUTFunction") or "LINEAR"
    if function == "SIGMOID":
        return np.asarray(1.0 / (1.0 + np.exp(np.clip(-4.0 * (values - centre) / width, -60, 60))))
    if function == "LINEAR" and width > 1:
        return np.clip((values - (centre - 0.5)) / (width - 1.0) + 0.5, 0.0, 1.0)
    return np.clip((values - centre) / width + 0.5, 0.0, 1.0)


def _first_number(dataset: Dataset, keyword: str, *, missing: float) -> float:
    """The first value of a decimal tag; ``missing`` where it is absent, empty or no number."""
    try:
        value = dataset.get(keyword)
        if isinstance(value, MutableSequence):
            value = value[0]
        return missing if value is None else float(value)
    except (TypeError, ValueError, IndexError, OverflowError):
        return missing


def _unsupported(got: str, expected: str, path: AnyPath) -> ImageError:
    return unsupported(
        ImageFormat.DICOM,
        got,
        expected=expected,
        remedy="export the radiograph as uncompressed single-frame DICOM or PNG",
        path=path,
    )
