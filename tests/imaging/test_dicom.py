"""DICOM polarity, window, padding and compression."""

from __future__ import annotations

import io
import threading
import warnings
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.pixels.encoders import RLELosslessEncoder
from pydicom.uid import (
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from hilum.errors import ImageError, NotARadiographError
from hilum.imaging.read import decode_picture, read_picture
from tests.imaging.pictures import draw_grey, encode, encode_dicom

GREY = draw_grey()
DEEP = (GREY.astype(np.uint16) * 13 + 300).astype(np.uint16)
"""12 bits: 300 to 3615."""


def show(data: bytes) -> np.ndarray:
    picture = decode_picture(data, path="x.dcm")
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.shape == (picture.height, picture.width)
    return picture.pixels


def stretch(values: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.floor(np.clip((values.astype(float) - low) / (high - low), 0, 1) * 255 + 0.5)


def lut(entries: list[int], first: int = 0, bits: int = 8) -> Dataset:
    item = Dataset()
    item.LUTDescriptor = [len(entries), first, bits]
    item.LUTData = np.array(entries, "<u2").tobytes()
    return item


@pytest.mark.real
def test_fake_monochrome1_is_the_complement(shared_data: Path) -> None:
    folder = shared_data / "dicom"
    twin = folder / "1.2.276.0.7230010.3.1.4.8323329.6904.1517875201.850819.dcm"
    inverted = read_picture(folder / "Fake_MONOHR1.dcm").pixels
    pixels = read_picture(twin).pixels
    assert (inverted.astype(int) + pixels == 255).all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert np.array_equal(pixels, dcmread(twin).pixel_array)


def test_eight_bits_come_out_as_stored() -> None:
    narrow = GREY // 2 + 40
    assert np.array_equal(show(encode_dicom(narrow)), narrow)
    assert np.array_equal(show(encode_dicom(narrow, photometric="MONOCHROME1")), 255 - narrow)


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"WindowCenter": 1500, "WindowWidth": 1000},
        {"WindowCenter": 1500, "WindowWidth": 511, "VOILUTFunction": "LINEAR_EXACT"},
        {"WindowCenter": 1500, "WindowWidth": 900, "VOILUTFunction": "SIGMOID"},
        {"PixelPaddingValue": 300},
        {"PixelPaddingValue": 300, "WindowCenter": 1500, "WindowWidth": 256},
    ],
)
def test_monochrome1_of_complemented_pixels_is_the_same(tags: dict[str, Any]) -> None:
    mirrored = dict(tags)
    if "WindowCenter" in tags:
        shift = 0 if tags.get("VOILUTFunction", "LINEAR") != "LINEAR" else 1
        mirrored["WindowCenter"] = 4095 - tags["WindowCenter"] + shift
    if "PixelPaddingValue" in tags:
        mirrored["PixelPaddingValue"] = 4095 - tags["PixelPaddingValue"]
    source = show(encode_dicom(DEEP, bits=12, **tags))
    for shape in ("INVERSE", "IDENTITY"):
        again = show(
            encode_dicom(
                (4095 - DEEP).astype(np.uint16),
                photometric="MONOCHROME1",
                bits=12,
                PresentationLUTShape=shape,
                **mirrored,
            )
        )
        assert np.array_equal(source, again)
    assert len(np.unique(source)) > 15


def test_window() -> None:
    data = encode_dicom(DEEP, bits=12, WindowCenter=[1500, 7], WindowWidth=[1001, 7])
    assert np.array_equal(show(data), stretch(DEEP, 999.5, 1999.5))
    exact = encode_dicom(
        DEEP, bits=12, WindowCenter=1500, WindowWidth=1000, VOILUTFunction="LINEAR_EXACT"
    )
    assert np.array_equal(show(exact), stretch(DEEP, 1000, 2000))


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"WindowCenter": 1500},
        {"WindowCenter": 1500, "WindowWidth": 0},
        {"WindowCenter": "nan", "WindowWidth": "nan"},
        {"WindowCenter": 1500, "WindowWidth": -3},
        {"WindowCenter": 40000, "WindowWidth": 10},
        {"WindowCenter": "", "WindowWidth": ""},
    ],
)
def test_without_a_usable_window_the_range_is_shown(tags: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's, about the odd values written here
        data = encode_dicom(DEEP, bits=12, **tags)
    assert np.array_equal(show(data), stretch(DEEP, DEEP.min(), DEEP.max()))


def test_rescale_and_sign() -> None:
    signed = (DEEP.astype(np.int32) - 2000).astype(np.int16)
    plain = encode_dicom(signed, bits=16)
    assert np.array_equal(show(plain), stretch(DEEP, DEEP.min(), DEEP.max()))
    rescaled = encode_dicom(
        signed, RescaleSlope=2, RescaleIntercept=100, WindowCenter=100, WindowWidth=2001
    )
    assert np.array_equal(show(rescaled), stretch(signed.astype(int) * 2 + 100, -900.5, 1099.5))
    falling = encode_dicom(GREY, RescaleSlope=-1, RescaleIntercept=255)
    assert np.array_equal(show(falling), 255 - GREY)


def test_lookup_tables() -> None:
    # More entries than an 8-bit output could count.
    curve = [min(value // 8, 255) for value in range(4096)]
    voi = encode_dicom(DEEP, bits=12, VOILUTSequence=[lut(curve)], WindowCenter=1, WindowWidth=2)
    assert np.array_equal(show(voi), np.minimum(DEEP // 8, 255))
    table = lut(list(range(1000, 1256)), bits=16)
    modality = encode_dicom(GREY, ModalityLUTSequence=[table])
    assert np.array_equal(show(modality), GREY)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("last", [None, 4095])
def test_padding_is_darkest_and_outside_the_range(photometric: str, last: int | None) -> None:
    padded = DEEP.copy()
    padded[:10] = 4090
    if last is not None:
        padded[:5] = last
    tags = {} if last is None else {"PixelPaddingRangeLimit": last}
    data = encode_dicom(padded, photometric=photometric, bits=12, PixelPaddingValue=4090, **tags)
    pixels = show(data)
    inside = stretch(DEEP, DEEP[10:].min(), DEEP[10:].max())[10:]
    assert not pixels[:10].any()
    if photometric == "MONOCHROME2":
        assert np.array_equal(pixels[10:], inside)
    assert pixels[10:].max() == 255


def test_nothing_but_padding() -> None:
    data = encode_dicom(np.full((9, 9), 7, np.uint8), PixelPaddingValue=7)
    with pytest.raises(ImageError, match="nothing but padding"):
        show(data)


def test_colour_becomes_luminance() -> None:
    colours = np.dstack([GREY, np.roll(GREY, 5, 0), np.roll(GREY, 9, 1)])
    grey = cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY)
    assert np.array_equal(show(encode_dicom(colours, photometric="RGB")), grey)


def test_compressed() -> None:
    rle = RLELosslessEncoder.encode(
        DEEP,
        rows=60,
        columns=90,
        samples_per_pixel=1,
        number_of_frames=1,
        bits_allocated=16,
        bits_stored=12,
        pixel_representation=0,
        photometric_interpretation="MONOCHROME2",
    )
    wanted = show(encode_dicom(DEEP, bits=12))
    assert np.array_equal(
        show(encode_dicom(DEEP, bits=12, compressed=rle, syntax=RLELossless)), wanted
    )
    jpeg2000 = encode(Image.fromarray(DEEP), "JPEG2000", no_jp2=True)
    data = encode_dicom(DEEP, bits=16, compressed=jpeg2000, syntax=JPEG2000Lossless)
    assert np.array_equal(show(data), wanted)
    jpeg = encode(GREY, "JPEG", quality=100)
    data = encode_dicom(GREY, compressed=jpeg, syntax=JPEGBaseline8Bit)
    assert np.abs(show(data).astype(int) - GREY).max() <= 2


@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, JPEG2000Lossless])
def test_truncated_compression(syntax: str) -> None:
    is_jpeg = syntax == JPEGBaseline8Bit
    whole = encode(GREY, "JPEG") if is_jpeg else encode(GREY, "JPEG2000", no_jp2=True)
    for cut in (whole[: len(whole) // 2], whole[:-4]):
        with pytest.raises(ImageError):
            show(encode_dicom(GREY, compressed=cut, syntax=syntax))
    if is_jpeg:
        closed = whole[: len(whole) // 2] + b"\xff\xd9"
        with pytest.raises(ImageError, match="end"):
            show(encode_dicom(GREY, compressed=closed, syntax=syntax))


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"PatientOrientation": ["R", "F"]}, r"sides would be swapped; got .* R\\F; expected L\\F"),
        ({"PatientOrientation": ["L", "H"]}, r"got Patient Orientation L\\H"),
        ({"Modality": "CT"}, "not a radiograph: modality CT"),
        ({"Modality": "MR"}, "not a radiograph: modality MR"),
        ({"NumberOfFrames": 3}, "3 frames"),
        ({"PixelData": None}, "no image"),
        ({"Rows": 60000, "Columns": 60000}, "too large"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "PALETTE COLOR"),
        ({"Rows": 61}, "damaged"),
        ({"RescaleSlope": 0, "RescaleIntercept": 0}, "slope of 0"),
    ],
)
def test_refused(tags: dict[str, Any], reason: str) -> None:
    with pytest.raises(ImageError, match=reason) as caught:
        show(encode_dicom(GREY, **tags))
    assert caught.value.path == "x.dcm"


@pytest.mark.parametrize("modality", ["CT", "MR", "US", "PT"])
def test_other_modalities_are_told_from_damaged_files(modality: str) -> None:
    with pytest.raises(NotARadiographError):
        show(encode_dicom(GREY, Modality=modality))


@pytest.mark.parametrize("orientation", [["L", "F"], ["LF", "FR"], "", ["", ""], None])
def test_the_usual_orientation_and_none_are_read(orientation: list[str] | str | None) -> None:
    tags = {} if orientation is None else {"PatientOrientation": orientation}
    assert np.array_equal(show(encode_dicom(GREY, **tags)), GREY)


def test_anonymised_modality_is_read() -> None:
    assert np.array_equal(show(encode_dicom(GREY, Modality=None)), GREY)


def test_truncated_anywhere() -> None:
    data = encode_dicom(DEEP, bits=12, WindowCenter=1500, WindowWidth=900)
    for end in [*range(132, 700, 31), len(data) // 2, len(data) - 1]:
        with pytest.raises(ImageError):
            show(data[:end])


def odd_dicom() -> bytes:
    """A file about which pydicom warns more than once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return encode_dicom(
            GREY,
            SpecificCharacterSet="ISO_IR 999",
            PatientName="Ä",
            WindowCenter="nan",
            PixelData=GREY.tobytes() + bytes(64),
        )


def test_odd_tags_are_read_without_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    data = odd_dicom()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        assert np.array_equal(show(data), GREY)
    assert not heard
    with pytest.warns(UserWarning):  # it is such a file, and pydicom is not muted for good
        assert dcmread(io.BytesIO(data)).pixel_array.size
    assert capfd.readouterr().err == ""


def test_threads_read_odd_files_quietly() -> None:
    data = odd_dicom()
    before = list(warnings.filters)
    failures: list[BaseException] = []

    def read() -> None:
        try:
            for _ in range(5):
                assert np.array_equal(show(data), GREY)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert warnings.filters == before
