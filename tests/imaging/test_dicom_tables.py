"""Look-up tables and palettes of DICOM files, however they are written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydicom import Dataset

from hilum.imaging.read import decode_picture
from tests.imaging.pictures import draw_grey, encode_dicom
from tests.imaging.recompress import recompress

GREY = draw_grey()
TWELVE = (GREY.astype(np.uint16) * 13 + 300).astype(np.uint16)
SIGNED = (TWELVE.astype(np.int32) - 2000).astype(np.int16)
RAMP = [value * 4 for value in range(4096)]


def show(data: bytes) -> np.ndarray:
    return decode_picture(data, path="x.dcm").pixels


def table(first: int, kind: str) -> Dataset:
    """A table of 4,096 entries whose descriptor is of type ``kind``."""
    item = Dataset()
    item.add_new(0x00283002, kind, [4096, first, 16])
    item.add_new(0x00283006, "OW", np.array(RAMP, "<u2").tobytes())
    return item


@pytest.mark.parametrize("keyword", ["ModalityLUTSequence", "VOILUTSequence"])
@pytest.mark.parametrize(("first", "kind"), [(-1700, "SS"), (65536 - 1700, "US")])
def test_a_first_value_below_zero_is_one_however_it_is_written(
    keyword: str, first: int, kind: str
) -> None:
    plain = show(encode_dicom(SIGNED, WindowCenter=348, WindowWidth=4096))
    tags: dict[str, Any] = {keyword: [table(first, kind)]}
    if keyword == "ModalityLUTSequence":
        tags |= {"WindowCenter": 8190, "WindowWidth": 16381}
    shown = show(encode_dicom(SIGNED, **tags))
    assert np.abs(shown.astype(int) - plain).max() <= 1


def test_values_beside_a_table_take_its_ends() -> None:
    voi = Dataset()
    voi.LUTDescriptor = [256, 1000, 16]
    voi.LUTData = np.arange(256, dtype="<u2").tobytes()
    shown = show(encode_dicom(TWELVE, bits=12, VOILUTSequence=[voi]))
    assert not shown[TWELVE <= 1000].any()
    assert (shown[TWELVE >= 1255] == 255).all()


def test_tables_of_big_endian_files() -> None:
    data = encode_dicom(TWELVE, bits=12, VOILUTSequence=[table(0, "US")])
    assert np.array_equal(show(recompress(data, "ExplicitVRBigEndian")), show(data))


def test_a_palette_becomes_luminance() -> None:
    ramp = np.arange(256, dtype=np.uint16)
    colours = {"Red": ramp[::-1], "Green": ramp, "Blue": np.full(256, 40, np.uint16)}
    luminance = 0.299 * colours["Red"] + 0.587 * colours["Green"] + 0.114 * colours["Blue"]
    for depth, kind in ((8, "u1"), (16, "<u2"), (16, "wrongly deep")):
        tags: dict[str, Any] = {}
        for name, entries in colours.items():
            scaled = entries * np.uint16(257) if kind == "<u2" else entries
            tags[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, depth]
            data = scaled.astype("u1" if kind == "u1" else "<u2").tobytes()
            tags[f"{name}PaletteColorLookupTableData"] = data
        shown = show(encode_dicom(GREY, photometric="PALETTE COLOR", **tags))
        assert np.abs(shown - luminance[GREY]).max() <= 0.51
