"""DICOM in every transfer syntax, bit depth and kind of file that is met."""

from __future__ import annotations

import io
import struct
import tracemalloc
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import FileDataset
from pydicom.uid import (
    ExplicitVRBigEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from hilum.errors import ImageError
from hilum.imaging.formats import ImageFormat, sniff_format
from hilum.imaging.read import decode_picture
from tests.imaging.pictures import draw_grey, encode_dicom
from tests.imaging.recompress import recompress

GREY = draw_grey()
TWELVE = (GREY.astype(np.uint16) * 13 + 300).astype(np.uint16)
SIGNED = (TWELVE.astype(np.int32) - 2000).astype(np.int16)
WINDOW = {"WindowCenter": 1500, "WindowWidth": 2000}

LOSSLESS = [
    *("JPEGLosslessProcess14", "JPEGLosslessProcess14_1", "JPEGLSLossless", "JPEG2000Lossless"),
    *("RLELossless", "DeflatedExplicitVRLittleEndian", "ExplicitVRBigEndian"),
    *("ImplicitVRLittleEndian", "ExplicitVRLittleEndian"),
]


def show(data: bytes) -> np.ndarray:
    return decode_picture(data, path="x.dcm").pixels


def parse(data: bytes) -> FileDataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dcmread(io.BytesIO(data), force=True)


def save(dataset: FileDataset) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


@pytest.mark.parametrize("syntax", LOSSLESS)
@pytest.mark.parametrize(
    ("pixels", "bits"), [(GREY, 8), (TWELVE, 12), (TWELVE, 14), (TWELVE, 16), (SIGNED, 16)]
)
def test_a_lossless_transfer_syntax_changes_nothing(
    syntax: str, pixels: np.ndarray, bits: int
) -> None:
    tags: dict[str, Any] = {} if bits == 8 else WINDOW
    data = encode_dicom(pixels, bits=bits, **tags)
    assert np.array_equal(show(recompress(data, syntax)), show(data))


@pytest.mark.parametrize(
    ("syntax", "pixels", "bits"),
    [
        ("JPEGBaselineProcess1", GREY, 8),
        ("JPEGExtendedProcess2_4", GREY, 8),
        ("JPEG2000", TWELVE, 12),
        ("JPEGLSNearLossless", TWELVE, 12),
    ],
)
def test_a_lossy_transfer_syntax_changes_little(syntax: str, pixels: np.ndarray, bits: int) -> None:
    data = encode_dicom(pixels, bits=bits)
    difference = show(recompress(data, syntax)).astype(int) - show(data)
    assert np.abs(difference).max() <= 2


def encode_twelve_bit_jpeg(blocks: np.ndarray) -> bytes:
    """A JPEG of 12 bits, 8 × 8 pixels of each value of ``blocks``: there is no encoder here."""

    def segment(code: int, content: bytes) -> bytes:
        return bytes([0xFF, code]) + struct.pack(">H", len(content) + 2) + content

    height, width = (8 * side for side in blocks.shape)
    bits = ""
    before = 2048
    for value in blocks.ravel().tolist():
        step, before = value - before, value
        size = abs(step).bit_length()
        bits += f"{size:05b}"  # as the Huffman table below has it: 16 codes of 5 bits
        bits += f"{step if step >= 0 else step + (1 << size) - 1:0{size}b}" if size else ""
        bits += "0"  # no other coefficients
    bits += "1" * (-len(bits) % 8)
    coded = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    return b"".join(
        [
            b"\xff\xd8",
            segment(0xDB, b"\0" + bytes([8] * 64)),
            segment(0xC1, struct.pack(">BHHB", 12, height, width, 1) + b"\x01\x11\0"),
            segment(0xC4, b"\0" + bytes([0, 0, 0, 0, 16, *[0] * 11]) + bytes(range(16))),
            segment(0xC4, b"\x10" + bytes([1, *[0] * 15]) + b"\0"),
            segment(0xDA, b"\x01\x01\0\0\x3f\0"),
            coded,
            b"\xff\xd9",
        ]
    )


def test_extended_jpeg_of_twelve_bits() -> None:
    blocks = TWELVE[::7, ::9].copy()
    pixels = np.kron(blocks, np.ones((8, 8), np.uint16))
    jpeg = encode_twelve_bit_jpeg(blocks)
    data = encode_dicom(pixels, bits=12, compressed=jpeg, syntax=JPEGExtended12Bit, **WINDOW)
    assert np.array_equal(show(data), show(encode_dicom(pixels, bits=12, **WINDOW)))


@pytest.mark.parametrize("syntax", ["JPEGBaselineProcess1", "JPEG2000Lossless", "RLELossless"])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_polarity_survives_compression(syntax: str, photometric: str) -> None:
    data = encode_dicom(GREY, photometric=photometric)
    difference = show(recompress(data, syntax)).astype(int) - show(data)
    assert np.abs(difference).max() <= 2


@pytest.mark.parametrize(
    "name",
    [
        *("SC_rgb_dcmtk_+eb+cy+n1.dcm", "SC_rgb_dcmtk_+eb+cy+s4.dcm", "SC_rgb_dcmtk_+eb+cr.dcm"),
        *("SC_rgb_rle.dcm", "SC_ybr_full_422_uncompressed.dcm", "SC_rgb_gdcm_KY.dcm"),
        *("SC_rgb_jls_lossy_line.dcm", "SC_rgb_jls_lossy_sample.dcm", "SC_rgb_jpeg_gdcm.dcm"),
        *("SC_rgb_small_odd_big_endian.dcm", "image_dfl.dcm", "JPEG2000.dcm"),
        *("MR_small_RLE.dcm", "MR_small_jpeg_ls_lossless.dcm", "MR_small_jp2klossless.dcm"),
        *("MR_small_bigendian.dcm", "MR_small_implicit.dcm", "JPEGLSNearLossless_16.dcm"),
        *("examples_palette.dcm", "GDCMJ2K_TextGBR.dcm"),
    ],
)
def test_files_of_other_programs_are_read(name: str) -> None:
    """Those that come with pydicom; all but the label of the modality is as it was written."""
    path = get_testdata_file(name, download=False)
    assert isinstance(path, str)
    dataset = parse(Path(path).read_bytes())
    dataset.Modality = "CR"
    picture = decode_picture(save(dataset), path=name)
    assert (picture.height, picture.width) == (dataset.Rows, dataset.Columns)
    assert len(np.unique(picture.pixels)) > 2


def test_the_colours_of_one_picture_are_the_same_grey_however_they_are_written() -> None:
    greys = []
    for name in ("SC_rgb_rle.dcm", "SC_rgb_jpeg_gdcm.dcm", "SC_ybr_full_422_uncompressed.dcm"):
        path = get_testdata_file(name, download=False)
        assert isinstance(path, str)
        greys.append(show(Path(path).read_bytes()).astype(int))
    assert np.array_equal(greys[0], greys[1])
    assert np.median(np.abs(greys[0] - greys[2])) <= 2


def test_bits_beside_those_stored_are_no_pixels() -> None:
    overlay = np.zeros_like(TWELVE)
    overlay[10:20, 10:20] = 0xF000
    clean = show(encode_dicom(TWELVE, bits=12, **WINDOW))
    assert np.array_equal(show(encode_dicom(TWELVE | overlay, bits=12, **WINDOW)), clean)
    assert np.array_equal(show(encode_dicom(TWELVE | overlay, bits=12)), show_range(TWELVE))

    shifted = (TWELVE << 4 | 0b1010).astype(np.uint16)
    data = encode_dicom(shifted, bits=12, HighBit=15, **WINDOW)
    assert np.array_equal(show(data), clean)
    rle = parse(data)
    rle.compress(RLELossless)
    assert np.array_equal(show(save(rle)), clean)


def show_range(values: np.ndarray) -> np.ndarray:
    return show(encode_dicom(values, bits=16))


def test_signed_values_of_twelve_bits_keep_their_sign() -> None:
    low = (SIGNED.view(np.uint16) & 0xFFF | 0x5000).view(np.int16)
    shown = show(encode_dicom(low, bits=12))
    assert np.array_equal(shown, show(encode_dicom(SIGNED, bits=16)))


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_signed_padding_is_dark_and_outside_the_range(bits: int) -> None:
    lowest = -(1 << bits - 1)
    signed = (GREY.astype(np.int16) - 128) * (1 if bits == 10 else 12)
    signed[:9] = lowest
    shown = show(encode_dicom(signed, bits=bits, PixelPaddingValue=lowest))
    inside = show(encode_dicom(signed[9:].copy(), bits=bits))
    assert not shown[:9].any() and np.array_equal(shown[9:], inside)


def test_the_first_usable_window_counts() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = encode_dicom(
            TWELVE, bits=12, WindowCenter=["nan", 3, 1500], WindowWidth=[900, 0, 2000]
        )
    assert np.array_equal(show(data), show(encode_dicom(TWELVE, bits=12, **WINDOW)))


@pytest.mark.parametrize("frames", [None, 0, 1])
def test_one_frame_is_read(frames: int | None) -> None:
    tags = {} if frames is None else {"NumberOfFrames": frames}
    assert np.array_equal(show(encode_dicom(GREY, **tags)), GREY)


def test_several_frames_are_a_sentence() -> None:
    path = get_testdata_file("SC_rgb_rle_2frame.dcm", download=False)
    assert isinstance(path, str)
    with pytest.raises(ImageError, match="got 2 frames; expected a single one"):
        show(Path(path).read_bytes())


def test_raw_detector_values() -> None:
    raw = {"PresentationIntentType": "FOR PROCESSING"}
    linear = raw | {"PixelIntensityRelationship": "LIN"}
    with pytest.raises(ImageError, match="raw detector values"):
        show(encode_dicom(TWELVE, bits=12, **linear))
    plain = show(encode_dicom(TWELVE, bits=12))
    logarithmic = raw | {"PixelIntensityRelationship": "LOG"}
    for tags in (raw, logarithmic):
        assert np.array_equal(show(encode_dicom(TWELVE, bits=12, **tags)), plain)
    windowed = show(encode_dicom(TWELVE, bits=12, **linear, **WINDOW))
    assert np.array_equal(windowed, show(encode_dicom(TWELVE, bits=12, **WINDOW)))


@pytest.mark.parametrize(
    "syntax", [None, ImplicitVRLittleEndian, ExplicitVRBigEndian], ids=["explicit", "implicit", "B"]
)
@pytest.mark.parametrize("keep_meta", [True, False])
def test_a_file_without_preamble(syntax: str | None, keep_meta: bool) -> None:
    data = encode_dicom(TWELVE, bits=12, **WINDOW)
    wanted = show(data)
    if syntax is not None:
        names = {ImplicitVRLittleEndian: "ImplicitVRLittleEndian"}
        data = recompress(data, names.get(syntax, "ExplicitVRBigEndian"))
    bare = data[132:]
    if not keep_meta:
        (length,) = struct.unpack_from("<I", bare, 8)
        bare = bare[12 + length :]
    assert sniff_format(bare[:132]) is ImageFormat.DICOM
    assert np.array_equal(show(bare), wanted)


def test_a_deflated_file_is_whole_and_no_bomb() -> None:
    data = recompress(encode_dicom(GREY), "DeflatedExplicitVRLittleEndian")
    (length,) = struct.unpack_from("<I", data, 140)
    head, deflated = data[: 144 + length], data[144 + length :]
    for cut in (20, len(deflated) // 2, len(deflated) - 16):
        with pytest.raises(ImageError):
            show(head + deflated[:cut])
    packer = zlib.compressobj(1, wbits=-15)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(450))
    with pytest.raises(ImageError, match="or more"):
        show(head + bomb + packer.flush())


@pytest.mark.parametrize(
    "syntax", ["JPEGLosslessProcess14_1", "JPEG2000Lossless", "JPEGLSLossless"]
)
def test_compressed_pixels_of_another_size_are_told(syntax: str) -> None:
    dataset = parse(recompress(encode_dicom(TWELVE, bits=12), syntax))
    dataset.Rows, dataset.Columns = 90, 60
    with pytest.raises(ImageError, match="of 90×60 in an image of 60×90"):
        show(save(dataset))


@pytest.mark.parametrize("syntax", [JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless])
def test_a_codestream_that_asks_for_gigabytes_gets_none(syntax: str) -> None:
    names = {
        JPEGLosslessSV1: ("JPEGLosslessProcess14_1", b"\xff\xc3", 5, ">HH", (65000, 65000)),
        JPEGLSLossless: ("JPEGLSLossless", b"\xff\xf7", 5, ">HH", (65000, 65000)),
        JPEG2000Lossless: ("JPEG2000Lossless", b"\xff\x51", 6, ">II", (90000, 90000)),
    }
    name, marker, offset, layout, size = names[syntax]
    data = bytearray(recompress(encode_dicom(TWELVE, bits=12), name))
    struct.pack_into(
        layout, data, data.index(marker, data.index(b"\xfe\xff\0\xe0")) + offset, *size
    )
    tracemalloc.start()
    with pytest.raises(ImageError):
        show(bytes(data))
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_a_kind_of_compression_that_is_not_read_is_named() -> None:
    dataset = parse(recompress(encode_dicom(TWELVE, bits=12), "JPEG2000Lossless"))
    dataset.file_meta.TransferSyntaxUID = HTJ2KLossless
    with pytest.raises(ImageError, match=r"High-Throughput JPEG 2000 .* pixels"):
        show(save(dataset))


@pytest.mark.parametrize(
    "tags",
    [
        *({"Rows": 0}, {"Columns": 0}, {"Rows": None}, {"BitsStored": 17}, {"BitsStored": 0}),
        *({"HighBit": 19}, {"HighBit": 3}, {"BitsAllocated": 32}, {"BitsAllocated": 12}),
        *({"SamplesPerPixel": None}, {"SamplesPerPixel": 2}, {"NumberOfFrames": 70_000}),
        *({"Rows": 65535, "Columns": 65535}, {"Rows": 65535, "Columns": 3000}),
        *({"PixelRepresentation": 7}, {"PixelData": b""}, {"PixelData": bytes(11)}),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(tags: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = encode_dicom(TWELVE, bits=12, **tags)
    with pytest.raises(ImageError):
        show(data)


def test_a_film_of_12_000_by_12_000_pixels() -> None:
    film = np.tile(np.arange(12_000, dtype=np.uint16) % 4096, (12_000, 1))
    data = encode_dicom(film, bits=12, WindowCenter=2048, WindowWidth=4096)
    del film
    tracemalloc.start()
    pixels = show(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert pixels.shape == (12_000, 12_000)
    assert pixels[0, 0] == 0 and pixels[-1, 4095] == 255
    assert peak < 1 << 30


@pytest.mark.parametrize(
    "head", [struct.pack("<4I", 8, 4, 1, 2), struct.pack("<4I", 8, 1, 2, 3), b"\x08\0\x60\0CS"]
)
def test_numbers_at_the_beginning_of_another_file_are_no_dicom(head: bytes) -> None:
    assert sniff_format(head.ljust(132, b"\0")) is None
