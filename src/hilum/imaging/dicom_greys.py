"""Stored values of a DICOM image → greys, by the tables and windows the file brings."""

from __future__ import annotations

import math
from collections.abc import MutableSequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from hilum.errors import ImageError
from hilum.imaging.dicom_pixels import unsupported_dicom
from hilum.imaging.faults import AnyPath
from hilum.imaging.lookup import Pixels, look_up, row_blocks

Values = NDArray[np.float64]

_LUMINANCE = {"Red": 0.299, "Green": 0.587, "Blue": 0.114}
"""ITU-R BT.601."""


def render(dataset: Dataset, pixels: NDArray[Any], path: AnyPath) -> NDArray[np.uint8]:
    """H×W uint8 of H×W stored values, bright = dense.

    In the standard's order (PS3.3, C.11): modality LUT or rescale, then VOI LUT or window,
    then the polarity, which MONOCHROME1 or a Presentation LUT Shape INVERSE turns, both
    together still once. Padding is darkest, whatever the polarity. Where there are several
    windows the first usable one counts; without one (absent, NaN, no width) the range of
    the unpadded pixels is shown, but up to 8 stored bits the whole range of those bits:
    such pixels have been through a window already and come out as they are stored.

    All this is worked out once for each value a pixel can have, and then looked up.

    Raises:
        ImageError: nothing but padding, or no plain palette.
        ValueError: a table or a rescale that is none.
    """
    stored = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("="))
    codes: Pixels = stored.view(np.uint8) if stored.dtype.itemsize == 1 else stored.view(np.uint16)
    every = np.arange(1 << 8 * stored.dtype.itemsize).astype(codes.dtype).view(stored.dtype)
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        return look_up(_palette_greys(dataset, every.astype(np.float64), path), codes)
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


def has_window(dataset: Dataset) -> bool:
    """Whether the file says how its values are to be shown."""
    return bool(dataset.get("VOILUTSequence")) or _find_window(dataset) is not None


def _palette_greys(dataset: Dataset, every: Values, path: AnyPath) -> NDArray[np.uint8]:
    """For each of ``every`` stored value the luminance of its colour (PS3.3, C.7.6.3.1.5)."""
    grey = np.zeros(every.shape)
    for colour, weight in _LUMINANCE.items():
        descriptor = dataset.get(f"{colour}PaletteColorLookupTableDescriptor")
        data = dataset.get(f"{colour}PaletteColorLookupTableData")
        if not descriptor or not data:
            got = "PALETTE COLOR pixels with a segmented palette, or none"
            raise unsupported_dicom(got, "a palette that lists its colours", path)
        entries = _look_up_values(dataset, descriptor, data, every)
        # Some files state 16 bits for tables of 8.
        deepest = 65535.0 if entries.max() > 255 else 255.0
        grey += weight * entries / deepest
    return np.floor(np.clip(grey, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)


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
        item = dataset.ModalityLUTSequence[0]
        return _look_up_values(dataset, item.LUTDescriptor, item.LUTData, stored)
    slope = (_numbers(dataset, "RescaleSlope") or [1.0])[0]
    intercept = (_numbers(dataset, "RescaleIntercept") or [0.0])[0]
    if slope == 0 or not math.isfinite(slope) or not math.isfinite(intercept):
        raise ValueError(f"a rescale slope of {slope} and intercept of {intercept}")
    return stored * slope + intercept


def _apply_voi_table(dataset: Dataset, values: Values) -> Values | None:
    if not dataset.get("VOILUTSequence"):
        return None
    item = dataset.VOILUTSequence[0]
    shown = _look_up_values(dataset, item.LUTDescriptor, item.LUTData, values)
    # From its own ends: the stated depth is often larger than the entries.
    return np.asarray((shown - shown.min()) / max(np.ptp(shown), 1.0))


def _look_up_values(dataset: Dataset, descriptor: Any, entries: Any, values: Values) -> Values:
    """``values`` through a table (PS3.3, C.11.1.1); those beside it take its end entries."""
    count = int(descriptor[0]) % 65536 or 65536
    first = int(descriptor[1])
    if first > 32767 and values.max() < first:
        first -= 65536  # signed, but written as unsigned
    if isinstance(entries, bytes):
        words = ">u2" if dataset.original_encoding[1] is False else "<u2"
        entries = np.frombuffer(entries, "u1" if len(entries) < 2 * count else words)
    table = np.asarray(entries, np.float64)[:count]
    if table.size < count:
        raise ValueError(f"a table of {table.size} instead of {count} entries")
    places = np.rint(values).astype(np.int64) - first
    return np.asarray(table[np.clip(places, 0, count - 1)])


def _find_window(dataset: Dataset) -> tuple[float, float] | None:
    """(centre, width) of the first window that has both, and a width."""
    centres, widths = _numbers(dataset, "WindowCenter"), _numbers(dataset, "WindowWidth")
    for centre, width in zip(centres, widths, strict=False):
        if math.isfinite(centre) and 0 < width < math.inf:
            return centre, width
    return None


def _apply_voi_window(dataset: Dataset, values: Values) -> Values | None:
    """The first usable window (PS3.3, C.11.2.1.2); None where there is none."""
    window = _find_window(dataset)
    if window is None:
        return None
    centre, width = window
    function = dataset.get("VOILUTFunction") or "LINEAR"
    if function == "SIGMOID":
        return np.asarray(1.0 / (1.0 + np.exp(np.clip(-4.0 * (values - centre) / width, -60, 60))))
    if function == "LINEAR" and width > 1:
        return np.clip((values - (centre - 0.5)) / (width - 1.0) + 0.5, 0.0, 1.0)
    return np.clip((values - centre) / width + 0.5, 0.0, 1.0)


def _numbers(dataset: Dataset, keyword: str) -> list[float]:
    """The values of a decimal tag; none where it is absent, empty or no number."""
    try:
        value = dataset.get(keyword)
        if value is None:
            return []
        values = list(value) if isinstance(value, MutableSequence) else [value]
        return [float(one) for one in values]
    except (TypeError, ValueError, IndexError, OverflowError):
        return []
