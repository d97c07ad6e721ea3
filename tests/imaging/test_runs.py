"""Run lengths of three tools, sound and damaged."""

from __future__ import annotations

import time
import tracemalloc

import numpy as np
import pytest

from hilum.errors import MaskError
from hilum.imaging.masks import read_mask
from hilum.imaging.runs import unpack_runs
from hilum.radiograph import MaskRuns, RunPacking
from tests.fakes.outlines import brush_bytes, column_runs, packed_text, row_runs

SIZE = (50, 40)
RNG = np.random.default_rng(5)
MASKS = {
    "blob": np.add.outer((np.arange(40) - 12.0) ** 2, (np.arange(50) - 30.0) ** 2) < 90,
    "noise": RNG.random((40, 50)) < 0.4,
    "none": np.zeros((40, 50), bool),
    "all": np.ones((40, 50), bool),
    "corner": np.arange(2000).reshape(40, 50) == 0,
}
COLUMNS, TEXT, ROWS, BRUSH = (
    RunPacking.COLUMNS,
    RunPacking.COLUMNS_AS_TEXT,
    RunPacking.ROWS,
    RunPacking.LABEL_STUDIO,
)


def _brush(mask: np.ndarray) -> str:
    return bytes(brush_bytes(mask)).decode("latin-1")


def _packed(mask: np.ndarray, packing: RunPacking) -> tuple[int, ...] | str:
    if packing is COLUMNS:
        return tuple(column_runs(mask))
    if packing is TEXT:
        return packed_text(column_runs(mask))
    return tuple(row_runs(mask)) if packing is ROWS else _brush(mask)


@pytest.mark.parametrize("packing", list(RunPacking))
@pytest.mark.parametrize("name", MASKS)
def test_what_was_packed_comes_back(name: str, packing: RunPacking) -> None:
    mask = MASKS[name]
    found = unpack_runs(MaskRuns(_packed(mask, packing), packing, SIZE, canvas=SIZE))
    assert found.dtype == bool
    np.testing.assert_array_equal(found, mask)


def test_texts_as_they_are_written() -> None:
    # pycocotools writes "06" for 2×3 pixels that are all inside
    assert unpack_runs(MaskRuns("06", TEXT, (3, 2), canvas=(3, 2))).all()
    # By hand: 11, 4, 5, then differences to the last but one: 0, 0, 0, 43 (two characters)
    expected = np.zeros((9, 9), bool)
    expected[2:6, 1:4] = True
    found = unpack_runs(MaskRuns(";45000[1", TEXT, (9, 9), canvas=(9, 9)))
    np.testing.assert_array_equal(found, expected)


def test_only_alpha_counts_in_a_brush() -> None:
    mask = MASKS["blob"]
    dark = brush_bytes(mask, colour=(0, 0, 0, 1))
    np.testing.assert_array_equal(
        unpack_runs(MaskRuns(bytes(dark).decode("latin-1"), BRUSH, SIZE, canvas=SIZE)), mask
    )
    clear = brush_bytes(mask, colour=(255, 255, 255, 0))
    assert not unpack_runs(MaskRuns(bytes(clear).decode("latin-1"), BRUSH, SIZE, canvas=SIZE)).any()


def test_a_part_is_put_in_its_place() -> None:
    part = MaskRuns((1, 2, 1), ROWS, (2, 2), canvas=SIZE, left=10, top=20)
    expected = np.zeros((40, 50), bool)
    expected[20, 11] = expected[21, 10] = True
    np.testing.assert_array_equal(read_mask([part], width=50, height=40), expected)
    for left in (-1, 49):
        beyond = MaskRuns((1, 2, 1), ROWS, (2, 2), canvas=SIZE, left=left)
        with pytest.raises(MaskError, match="does not fit its canvas"):
            read_mask([beyond], width=50, height=40)


BLOB = _brush(MASKS["blob"])


@pytest.mark.parametrize(
    ("runs", "packing"),
    [
        ((), COLUMNS),
        ((2001,), COLUMNS),
        ((1999,), ROWS),
        ((-1, 2001), ROWS),
        ((10**400,), ROWS),
        ((1000, 1000, 1000), COLUMNS),
        ("", TEXT),
        ("\xff\xff", TEXT),
        ("oooooooooooooooooooooooooooooo", TEXT),
        ("o", TEXT),
        ("0" * 5_000_001, TEXT),
        ("", BRUSH),
        (BLOB[:-20], BRUSH),
        (BLOB[:6], BRUSH),
        ("\xff" * 500, BRUSH),
        (BLOB[:4] + "\xff" * 500, BRUSH),
        (BLOB[:7] + "\xff" * 500, BRUSH),
        (RNG.bytes(400).decode("latin-1"), BRUSH),
        ("\u0416" * 20, BRUSH),
        ("\u0416" * 20, TEXT),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_damaged_runs_are_told(runs: tuple[int, ...] | str, packing: RunPacking) -> None:
    with pytest.raises(MaskError, match="the run lengths of this mask are damaged"):
        unpack_runs(MaskRuns(runs, packing, SIZE, canvas=SIZE))


@pytest.mark.parametrize("packing", list(RunPacking))
@pytest.mark.parametrize("size", [(0, 5), (-3, 5), (10**9, 10**9), (14_000, 14_000)])
def test_a_huge_size_costs_nothing(size: tuple[int, int], packing: RunPacking) -> None:
    runs: tuple[int, ...] | str = "5" * 100 if packing in (TEXT, BRUSH) else (5, 5)
    tracemalloc.start()
    before = time.monotonic()
    with pytest.raises(MaskError):
        unpack_runs(MaskRuns(runs, packing, size, canvas=size))
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
    assert time.monotonic() - before < 5
