"""Masks packed as run lengths: those of COCO, of CVAT and of Label Studio's brush."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hilum.errors import MaskError
from hilum.imaging.faults import MAX_PIXELS
from hilum.radiograph import MaskRuns, RunPacking

MAX_RUNS = 5_000_000
"""More runs than that are no outline. A chessboard of 2,000×2,000 single pixels has 4 million."""

_CHANNELS = 4
_ALPHA = 3
_WORD = 8
"""Bits of a value in Label Studio's stream: one channel of a pixel."""


def unpack_runs(mask: MaskRuns) -> NDArray[np.bool_]:
    """The H×W bool array of ``mask.size``, before it is placed on its canvas.

    Nothing of the size that the annotation claims is allocated before its runs were found to
    fill exactly that size.

    Raises:
        MaskError: the runs are damaged, too many, or do not fill the size.
    """
    width, height = mask.size
    if width < 1 or height < 1 or width * height > MAX_PIXELS:
        raise _damaged(f"a size of {width}×{height}", mask)
    if mask.canvas[0] * mask.canvas[1] > MAX_PIXELS:
        raise _damaged(f"a canvas of {mask.canvas[0]}×{mask.canvas[1]}", mask)
    if len(mask.runs) > MAX_RUNS * (1 if mask.packing is not RunPacking.LABEL_STUDIO else 20):
        raise _damaged(f"{len(mask.runs):,} entries", mask)
    if mask.packing is RunPacking.LABEL_STUDIO:
        return _unpack_label_studio(mask)
    runs = _runs_of_text(mask) if isinstance(mask.runs, str) else list(mask.runs)
    flat = _fill(runs, mask)
    if mask.packing is RunPacking.ROWS:
        return flat.reshape(height, width)
    return np.ascontiguousarray(flat.reshape(width, height).T)


def _fill(runs: list[int], mask: MaskRuns) -> NDArray[np.bool_]:
    """All pixels in the order of the runs, which begin outside."""
    pixels = mask.size[0] * mask.size[1]
    if any(not 0 <= run <= pixels for run in runs) or sum(runs) != pixels:
        raise _damaged(f"{len(runs):,} runs that fill another number of pixels", mask)
    inside = np.zeros(len(runs), bool)
    inside[1::2] = True
    return np.repeat(inside, np.asarray(runs, np.int64))


def _runs_of_text(mask: MaskRuns) -> list[int]:
    """COCO's compressed text: six bits a character, five of a number and one that it goes on.

    From the fourth number on, each is the difference to the last but one (the reference is
    ``rleFrString`` of cocoapi's maskApi.c).
    """
    runs: list[int] = []
    value = shift = 0
    for character in _bytes(mask):
        bits = character - 48
        if not 0 <= bits < 64 or shift > 60:
            raise _damaged("text that is none of COCO's", mask)
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = shift = 0
    if shift:
        raise _damaged("text that ends within a number", mask)
    return runs


def _unpack_label_studio(mask: MaskRuns) -> NDArray[np.bool_]:
    """Where alpha is above zero.

    The stream (``rle-pack`` of thi.ng/umbrella): the number of values in 32 bits, the bits of a
    value less one in 5, four lengths' bits less one in 4 each; then blocks: 1 bit says whether
    one value is repeated, 2 choose how many bits tell the block's length less one, and the
    value, or all the block's values, follow.
    """
    width, height = mask.size
    bits = _Bits(_bytes(mask), mask)
    total = bits.read(32)
    if total != width * height * _CHANNELS or bits.read(5) + 1 != _WORD:
        raise _damaged(f"{total:,} values", mask)
    length_bits = [bits.read(4) + 1 for _ in range(4)]
    inside = np.zeros(width * height, bool)
    start = 0
    while start < total:
        repeated = bits.read(1)
        end = start + 1 + bits.read(length_bits[bits.read(2)])
        if end > total:
            raise _damaged("a run beyond the last pixel", mask)
        alphas = slice(start // _CHANNELS, end // _CHANNELS)
        if repeated:
            inside[alphas] = bits.read(_WORD) > 0
        else:
            values = bits.read_words(end - start)
            inside[alphas] = values[(_ALPHA - start) % _CHANNELS :: _CHANNELS] > 0
        start = end
    return inside.reshape(height, width)


def _bytes(mask: MaskRuns) -> bytes:
    try:
        return mask.runs.encode("latin-1") if isinstance(mask.runs, str) else b""
    except UnicodeEncodeError:
        raise _damaged("characters that are no bytes", mask) from None


class _Bits:
    """Numbers out of bytes, the highest bit first."""

    def __init__(self, data: bytes, mask: MaskRuns) -> None:
        self._data, self._mask, self._position = data, mask, 0

    def read(self, count: int) -> int:
        end = self._advance(count)
        last = (end + 7) // 8
        value = int.from_bytes(self._data[(end - count) // 8 : last], "big")
        return (value >> (8 * last - end)) & ((1 << count) - 1)

    def read_words(self, count: int) -> NDArray[np.uint8]:
        end = self._advance(count * _WORD)
        start = end - count * _WORD
        data = np.frombuffer(self._data[start // 8 : (end + 7) // 8], np.uint8)
        shift = start % 8
        if not shift:
            return data
        pairs = data.astype(np.uint16)
        return ((pairs[:-1] << shift | pairs[1:] >> (8 - shift)) & 0xFF).astype(np.uint8)

    def _advance(self, count: int) -> int:
        self._position += count
        if self._position > 8 * len(self._data):
            raise _damaged("a stream that ends too early", self._mask)
        return self._position


def _damaged(got: str, mask: MaskRuns) -> MaskError:
    width, height = mask.size
    return MaskError(
        "the run lengths of this mask are damaged",
        got=got,
        expected=f"runs that fill {width}×{height} pixels",
        remedy="export the annotations again, or leave the mask out",
    )
