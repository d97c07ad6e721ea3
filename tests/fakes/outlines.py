"""Masks as annotation tools write them; what hilum's readers are to undo."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray


def polygon_of(mask: NDArray[np.bool_]) -> list[float]:
    """x0, y0, x1, y1, … around the largest part of ``mask``; drawn again it is that part."""
    contours, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    largest = max(contours, key=len)
    return [float(number) for number in largest.reshape(-1)]


def column_runs(mask: NDArray[np.bool_]) -> list[int]:
    """Pixels outside, inside, … down the columns."""
    return _runs(mask.T.reshape(-1))


def row_runs(mask: NDArray[np.bool_]) -> list[int]:
    """Pixels outside, inside, … along the rows."""
    return _runs(mask.reshape(-1))


def _runs(flat: NDArray[np.bool_]) -> list[int]:
    changes = np.flatnonzero(np.diff(flat)) + 1
    edges = [0, *([0] if flat[0] else []), *changes.tolist(), flat.size]
    return np.diff(edges).tolist()


def packed_text(runs: Sequence[int]) -> str:
    """COCO's compressed text of run lengths."""
    text = ""
    for number, run in enumerate(runs):
        value = run - runs[number - 2] if number > 2 else run
        while True:
            bits = value & 0x1F
            value >>= 5
            more = value != (-1 if bits & 0x10 else 0)
            text += chr(48 + (bits | 0x20 if more else bits))
            if not more:
                break
    return text


def brush_bytes(
    mask: NDArray[np.bool_], *, colour: tuple[int, int, int, int] = (255, 30, 0, 255)
) -> list[int]:
    """Label Studio's stream: long runs of one value repeated, everything else value by value."""
    flat = (mask[..., None] * np.array(colour, np.uint8)).reshape(-1)
    sizes = (3, 4, 8, 16)
    bits = f"{flat.size:032b}" + f"{8 - 1:05b}" + "".join(f"{size - 1:04b}" for size in sizes)
    start = 0
    while start < flat.size:
        same = _same_from(flat, start, 1 << 16)
        if same >= 4:
            end = start + same
            length, values = same, [int(flat[start])]
        else:
            end = start + 1
            while end < flat.size and end - start < 250 and _same_from(flat, end, 4) < 4:
                end += 1
            length, values = end - start, flat[start:end].tolist()
        size = next(number for number, size in enumerate(sizes) if length <= 1 << size)
        bits += "1" if same >= 4 else "0"
        bits += f"{size:02b}" + f"{length - 1:0{sizes[size]}b}"
        bits += "".join(f"{value:08b}" for value in values)
        start = end
    bits += "0" * (-len(bits) % 8)
    return [int(bits[place : place + 8], 2) for place in range(0, len(bits), 8)]


def _same_from(flat: NDArray[np.uint8], start: int, most: int) -> int:
    """How many values from ``start`` are equal."""
    different = np.flatnonzero(flat[start : start + most] != flat[start])
    return int(different[0]) if different.size else min(most, flat.size - start)
