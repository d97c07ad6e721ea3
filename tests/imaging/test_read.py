"""Every format that comes in through the one door gives the right greys and size."""

from __future__ import annotations

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from hilum.errors import ImageError
from hilum.imaging.formats import ImageFormat
from hilum.imaging.read import decode_picture, read_picture, to_uint8
from tests.imaging.pictures import draw_grey, encode, encode_jpeg, encode_tiff

GREY = draw_grey()
COLOURS = np.stack([GREY, np.roll(GREY, 5, 0), np.roll(GREY, 9, 1)], axis=2)
LUMINANCE = cv2.cvtColor(COLOURS, cv2.COLOR_RGB2GRAY)
ALPHA = Image.fromarray(np.where(GREY > 128, 255, 0).astype(np.uint8))
DEEP = GREY.astype(np.uint16) * 257


def with_alpha(pixels: np.ndarray) -> Image.Image:
    image = Image.fromarray(pixels)
    image.putalpha(ALPHA)
    return image


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_palette_png(bits: int) -> None:
    levels = GREY >> (8 - bits)
    step = 255 // (2**bits - 1)
    image = Image.fromarray(levels).convert("P")
    image = Image.frombytes("P", image.size, levels.tobytes())
    image.putpalette([value for level in range(2**bits) for value in [level * step] * 3])
    pixels = decode_picture(encode(image, "PNG", bits=bits), path="x").pixels
    assert np.array_equal(pixels, levels * step)


def test_one_bit() -> None:
    image = Image.fromarray(GREY).convert("1")
    for data in (encode(image, "PNG"), encode(image, "TIFF", compression="group4")):
        assert np.array_equal(decode_picture(data, path="x").pixels, np.asarray(image) * 255)


@pytest.mark.parametrize(
    ("data", "expected", "tolerance"),
    [
        (encode(GREY, "PNG"), GREY, 0),
        (encode(with_alpha(GREY), "PNG"), GREY, 0),
        (encode(GREY, "PNG", transparency=100), GREY, 0),
        (encode(COLOURS, "PNG"), LUMINANCE, 1),
        (encode(with_alpha(COLOURS), "PNG"), LUMINANCE, 1),
        (encode(DEEP, "PNG"), DEEP, 0),
        (encode(GREY, "JPEG", quality=100), GREY, 2),
        (encode(GREY, "JPEG", quality=100, progressive=True), GREY, 2),
        (encode(COLOURS, "JPEG", quality=100, subsampling=0), LUMINANCE, 3),
        (encode(Image.fromarray(COLOURS).convert("CMYK"), "JPEG", quality=100), LUMINANCE, 3),
        (encode(GREY, "WEBP", lossless=True), GREY, 0),
        (encode(with_alpha(COLOURS), "WEBP", lossless=True, exact=True), LUMINANCE, 1),
        (encode(GREY, "WEBP", quality=100), GREY, 8),
        (encode(GREY, "TIFF"), GREY, 0),
        (encode(GREY, "TIFF", compression="tiff_lzw"), GREY, 0),
        (encode(GREY, "TIFF", compression="tiff_adobe_deflate"), GREY, 0),
        (encode(GREY, "TIFF", compression="packbits"), GREY, 0),
        (encode(with_alpha(COLOURS), "TIFF"), LUMINANCE, 1),
        (encode(DEEP, "TIFF", compression="tiff_lzw"), DEEP, 0),
        (encode(DEEP, "TIFF", big_tiff=True), DEEP, 0),
        (encode_tiff(GREY, photometric=0), 255 - GREY, 0),
        (encode_tiff(DEEP, photometric=0), 65535 - DEEP, 0),
        (cv2.imencode(".tiff", np.dstack([DEEP] * 3))[1].tobytes(), DEEP, 2),
    ],
)
def test_greys(data: bytes, expected: np.ndarray, tolerance: int) -> None:
    picture = decode_picture(data, path="x")
    assert picture.pixels.dtype == expected.dtype
    assert (picture.width, picture.height) == (90, 60)
    assert np.abs(picture.pixels.astype(int) - expected.astype(int)).max() <= tolerance


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(file_format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x112] = orientation
    options = {"JPEG": {"quality": 100}, "WEBP": {"lossless": True}}.get(file_format, {})
    data = encode(GREY, file_format, exif=exif, **options)
    turned = Image.fromarray(GREY)
    turned.getexif()[0x112] = orientation
    upright = np.asarray(ImageOps.exif_transpose(turned))
    picture = decode_picture(data, path="x")
    assert (picture.width, picture.height) == upright.shape[::-1]
    assert np.abs(picture.pixels.astype(int) - upright).max() <= 2
    reduced = decode_picture(data, path="x", at_least=30)
    assert (reduced.width, reduced.height) == upright.shape[::-1]
    assert (reduced.pixels.shape == (picture.height // 2, picture.width // 2)) == (
        file_format == "JPEG"
    )


@pytest.mark.parametrize(("width", "height"), [(101, 100), (100, 101), (1000, 999), (640, 480)])
def test_reduced_decode_keeps_the_size(width: int, height: int) -> None:
    for orientation, size in ((1, (width, height)), (6, (height, width))):
        exif = Image.Exif()
        exif[0x112] = orientation
        data = encode(draw_grey(height, width), "JPEG", exif=exif)
        for at_least in (1, 12, 50, 200, 5000):
            picture = decode_picture(data, path="x", at_least=at_least)
            assert (picture.width, picture.height) == size
            assert min(picture.pixels.shape) >= min(at_least, *size)


def test_reduced_decode_shrinks() -> None:
    data = encode(draw_grey(800, 1200), "JPEG")
    assert decode_picture(data, path="x", at_least=100).pixels.shape == (100, 150)
    assert decode_picture(data, path="x", at_least=101).pixels.shape == (200, 300)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (2, 5000), (5000, 2)])
def test_tiny_and_thin(width: int, height: int) -> None:
    pixels = draw_grey(height, width)
    for file_format in ("PNG", "JPEG", "WEBP", "TIFF"):
        picture = decode_picture(encode(pixels, file_format), path="x")
        assert picture.pixels.shape == (height, width)


def test_names_do_not_matter(tmp_path: Path) -> None:
    for name in ("a b (1) [x].png", "Thörax 胸部.dat", "no_suffix"):
        (tmp_path / name).write_bytes(encode(GREY, "WEBP", lossless=True))
        picture = read_picture(tmp_path / name)
        assert picture.format is ImageFormat.WEBP
        assert np.array_equal(picture.pixels, GREY)


def test_bytes_after_the_end_do_not_matter() -> None:
    for file_format in ("PNG", "JPEG", "WEBP"):
        data = encode(GREY, file_format)
        after = decode_picture(data + bytes(100) + b"\xff\xd8\xff", path="x")
        assert np.array_equal(after.pixels, decode_picture(data, path="x").pixels)


def test_smaller_copy_inside_tiff_is_no_page() -> None:
    whole = encode_tiff(GREY)
    at = len(whole)  # a second directory, a copy of the first, marked as reduced image
    start = int.from_bytes(whole[4:8], "little")
    entries = whole[start + 2 : -4]
    reduced = (254).to_bytes(2, "little") + b"\4\0" + b"\1\0\0\0" * 2
    second = (10).to_bytes(2, "little") + reduced + entries + bytes(4)
    picture = decode_picture(whole[:-4] + at.to_bytes(4, "little") + second, path="x")
    assert np.array_equal(picture.pixels, GREY)


def test_threads_agree() -> None:
    files = [
        encode_jpeg(draw_grey(200, 300, seed), cv2.IMWRITE_JPEG_RST_INTERVAL, 5)
        for seed in range(8)
    ]
    alone = [decode_picture(data, path="x").pixels for data in files]
    together: dict[int, np.ndarray] = {}

    def decode(number: int) -> None:
        together[number] = decode_picture(files[number], path="x").pixels

    threads = [threading.Thread(target=decode, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(alone[number], together[number]) for number in range(8))


def test_to_uint8() -> None:
    assert to_uint8(GREY) is GREY or np.array_equal(to_uint8(GREY), GREY)
    assert np.array_equal(to_uint8(DEEP), GREY)
    assert np.array_equal(to_uint8(DEEP // 16 + 1000), GREY)
    assert not to_uint8(np.full((3, 4), 777, np.uint16)).any()


@pytest.mark.real
def test_every_shared_jpeg_is_whole(shared_data: Path) -> None:
    paths = sorted(shared_data.glob("*/**/*.jp*g"))
    assert len(paths) > 100
    for path in paths:
        bare = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        assert np.array_equal(read_picture(path).pixels, bare)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.png", tmp_path, "nul\0character"):
        with pytest.raises(ImageError, match="cannot be opened"):
            read_picture(path)
