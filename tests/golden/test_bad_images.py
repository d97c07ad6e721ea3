"""Files that are no sound image end in one clear error, never in half a picture."""

from __future__ import annotations

import os
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from hilum.errors import ImageError
from hilum.imaging.read import decode_picture, read_picture
from tests.imaging.pictures import draw_grey, encode, encode_jpeg, encode_tiff

GREY = draw_grey(120, 160)
COLOURS = np.dstack([GREY, np.roll(GREY, 9, 0), GREY])
BORDERED = np.pad(GREY, 24)
WHOLE = {
    "png": encode(GREY, "PNG"),
    "png16": encode(GREY.astype(np.uint16) * 257, "PNG"),
    "jpeg": encode(GREY, "JPEG"),
    "jpeg colour": encode(COLOURS, "JPEG", subsampling=2),
    "jpeg progressive": encode(COLOURS, "JPEG", progressive=True),
    "jpeg restart": encode_jpeg(COLOURS, cv2.IMWRITE_JPEG_RST_INTERVAL, 3),
    "jpeg bordered": encode(BORDERED, "JPEG"),
    "webp": encode(COLOURS, "WEBP"),
    "webp lossless": encode(COLOURS, "WEBP", lossless=True),
    "tiff": encode(GREY, "TIFF"),
    "tiff16": encode(GREY.astype(np.uint16) * 257, "TIFF"),
    "tiff lzw": encode(GREY, "TIFF", compression="tiff_lzw"),
    "tiff deflate": encode(COLOURS, "TIFF", compression="tiff_adobe_deflate"),
    "tiff jpeg": encode(GREY, "TIFF", compression="jpeg"),
}


def fails(data: bytes) -> ImageError:
    with pytest.raises(ImageError) as caught:
        decode_picture(data, path="some file")
    assert str(caught.value).startswith("some file: ")
    return caught.value


@pytest.mark.parametrize("kind", WHOLE)
def test_truncated_anywhere(kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    data = WHOLE[kind]
    decode_picture(data, path="x")
    for end in [*range(1, 40), *np.linspace(40, len(data) - 1, 40).astype(int)]:
        fails(data[:end])
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("kind", ["png", "png16"])
def test_flipped_bits_in_png(kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    data = WHOLE[kind]
    for place in np.linspace(0, len(data) - 6, 60).astype(int):
        fails(data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :])
    assert capfd.readouterr().err == ""


def test_flipped_bit_in_deflated_tiff() -> None:
    data = WHOLE["tiff deflate"]
    middle = len(data) // 2
    fails(data[:middle] + bytes([data[middle] ^ 4]) + data[middle + 1 :])


@pytest.mark.parametrize("kind", [kind for kind in WHOLE if kind.startswith("jpeg")])
@pytest.mark.parametrize("part", [0.4, 0.6, 0.8])
def test_jpeg_cut_and_closed_again(kind: str, part: float) -> None:
    data = WHOLE[kind]
    start = data.index(b"\xff\xda")
    if kind == "jpeg progressive" and part > 0.5:
        pytest.skip("what is missing there is a little sharpness")
    fails(data[: start + int((len(data) - start) * part)] + b"\xff\xd9")


def test_jpeg_with_a_hole() -> None:
    for kind in ("jpeg", "jpeg colour", "jpeg restart"):
        data = WHOLE[kind]
        middle = len(data) // 2
        fails(data[:middle] + data[middle + len(data) // 4 :])


@pytest.mark.parametrize("marker", [0xC0, 0xC4, 0xD8, 0xD3, 0xDA, 0xE1, 0xFE])
def test_jpeg_with_a_marker_among_its_data(marker: int) -> None:
    data = WHOLE["jpeg"]
    middle = len(data) // 2
    fails(data[:middle] + bytes([0xFF, marker]) + data[middle + 2 :])


def test_bordered_jpeg_is_whole() -> None:
    pixels = decode_picture(WHOLE["jpeg bordered"], path="x").pixels
    assert np.abs(pixels.astype(int) - BORDERED).mean() < 3


def chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png(width: int, height: int, *chunks: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


def jpeg(width: int, height: int) -> bytes:
    data = bytearray(WHOLE["jpeg"])
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def tiff(width: int, height: int) -> bytes:
    return encode_tiff(GREY, t256=width, t257=height)


PIXELS = chunk(b"IDAT", zlib.compress(bytes(1000)))


@pytest.mark.parametrize("bomb", [lambda w, h: png(w, h, PIXELS), jpeg, tiff])
def test_decompression_bomb(bomb: Callable[[int, int], bytes]) -> None:
    data = bomb(60000, 60000)
    tracemalloc.start()
    start = time.perf_counter()
    assert "60000×60000" in str(fails(data))
    seconds = time.perf_counter() - start
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seconds < 0.5
    assert peak < 1_000_000


def test_zero_sizes() -> None:
    for data in (png(0, 5, PIXELS), png(5, 0, PIXELS), jpeg(0, 9), jpeg(9, 0), tiff(0, 9)):
        fails(data)


def test_headers_that_say_more_than_there_is() -> None:
    for data in (png(900, 900, PIXELS), jpeg(160, 1000), tiff(160, 121)):
        fails(data)


def test_png_without_pixels_or_with_two_headers() -> None:
    fails(png(5, 5))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 5, 5, 8, 0, 0, 0, 0))
    fails(png(5, 5, header, PIXELS))


def test_png_with_a_damaged_comment_is_read() -> None:
    comment = bytearray(chunk(b"tEXt", b"Comment\0hello"))
    comment[-1] ^= 1
    data = WHOLE["png"]
    at = data.index(b"IDAT") - 4
    picture = decode_picture(data[:at] + bytes(comment) + data[at:], path="x")
    assert np.array_equal(picture.pixels, GREY)


def test_several_pictures_in_one_file() -> None:
    other = [Image.fromarray(GREY[::-1])]
    assert "2 pages" in str(fails(encode(GREY, "TIFF", save_all=True, append_images=other)))
    assert "animation" in str(fails(encode(GREY, "WEBP", save_all=True, append_images=other)))
    assert "animation of 2" in str(fails(encode(GREY, "PNG", save_all=True, append_images=other)))


def test_other_tiff_samples() -> None:
    assert "floating-point" in str(fails(encode(GREY.astype(np.float32), "TIFF")))
    assert "signed" in str(fails(encode(GREY.astype(np.int32), "TIFF")))
    assert "12 bits" in str(fails(encode_tiff(GREY, t258=12)))


def test_twelve_bit_jpeg() -> None:
    data = bytearray(WHOLE["jpeg"])
    data[data.index(b"\xff\xc0") + 4] = 12
    assert "12 bits" in str(fails(bytes(data)))


def test_tiff_directory_that_leads_to_itself() -> None:
    data = encode_tiff(GREY)
    start = time.perf_counter()
    fails(data[:-4] + data[4:8])
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("data", [b"", b"\0", b"GIF89a" + bytes(200), b"<html>" * 40, bytes(999)])
def test_no_image(data: bytes) -> None:
    fails(data)


def test_wrong_suffix_is_not_minded_but_text_is(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_text("not found")
    with pytest.raises(ImageError, match="no image") as caught:
        read_picture(path)
    assert caught.value.path == str(path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_permission_denied(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(WHOLE["png"])
    path.chmod(0)
    with pytest.raises(ImageError, match="Permission denied"):
        read_picture(path)


def test_a_file_of_many_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    path.touch()
    os.truncate(path, 5 << 30)  # sparse: takes no room
    with pytest.raises(ImageError, match="too large"):
        read_picture(path)
