"""Masks in every shape they are published in."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from hilum.errors import ImageError, MaskError, MaskShapeError
from hilum.imaging.masks import (
    decode_mask,
    encode_mask,
    read_mask,
    resize_mask,
    split_lungs,
    take_away,
)
from hilum.imaging.read import read_picture
from hilum.radiograph import EmptyMask, MaskFile, MaskPolygons
from tests.imaging.pictures import encode, encode_dicom

INSIDE = np.zeros((40, 50), bool)
INSIDE[5:30, 10:45] = True
INSIDE[20:, :12] = True


def read(path: Path, data: bytes, **options: int) -> np.ndarray:
    path.write_bytes(data)
    return read_mask([MaskFile(path, **options)], width=50, height=40)


def paint(colour: tuple[int, ...]) -> np.ndarray:
    return (INSIDE[..., None] * np.array(colour)).astype(np.uint8)


@pytest.mark.parametrize("value", [1, 7, 255])
@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_grey(tmp_path: Path, value: int, file_format: str) -> None:
    data = encode((INSIDE * value).astype(np.uint8), file_format)
    assert np.array_equal(read(tmp_path / "m", data), INSIDE)


@pytest.mark.parametrize("colour", [(0, 0, 1), (1, 0, 0), (0, 1, 0), (255, 255, 255)])
@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "WEBP"])
def test_any_colour_is_inside(tmp_path: Path, colour: tuple[int, ...], file_format: str) -> None:
    options = {"lossless": True, "exact": True} if file_format == "WEBP" else {}
    data = encode(paint(colour), file_format, **options)
    assert np.array_equal(read(tmp_path / "m", data), INSIDE)


@pytest.mark.parametrize("alpha", [0, 255])
def test_alpha_does_not_count(tmp_path: Path, alpha: int) -> None:
    pixels = np.dstack([paint((0, 0, 200)), np.full((40, 50), alpha, np.uint8)])
    assert np.array_equal(read(tmp_path / "m", encode(pixels, "PNG")), INSIDE)


def test_palette_counts_by_colour(tmp_path: Path) -> None:
    levels = INSIDE.astype(np.uint8)
    image = Image.frombytes("P", (50, 40), levels.tobytes())
    image.putpalette([0, 0, 0, 0, 0, 128])
    assert np.array_equal(read(tmp_path / "m", encode(image, "PNG")), INSIDE)
    image.putpalette([0, 0, 128, 0, 0, 0])
    assert np.array_equal(read(tmp_path / "m", encode(image, "PNG")), ~INSIDE)


def test_one_bit_and_sixteen(tmp_path: Path) -> None:
    assert np.array_equal(read(tmp_path / "m", encode(Image.fromarray(INSIDE), "PNG")), INSIDE)
    assert np.array_equal(read(tmp_path / "m", encode(INSIDE.astype(np.uint16) * 3, "PNG")), INSIDE)


def test_greys_of_a_resized_mask_are_inside(tmp_path: Path) -> None:
    small = cv2.resize((INSIDE * 255).astype(np.uint8), (25, 20), interpolation=cv2.INTER_AREA)
    small[3, 3] = 1
    inside = read(tmp_path / "m", encode(small, "PNG"))
    assert np.array_equal(inside, resize_mask(small > 0, width=50, height=40))


def test_jpeg_noise_is_outside(tmp_path: Path) -> None:
    white = (INSIDE * 255).astype(np.uint8)
    data = encode(white, "JPEG", quality=75)
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), 0)
    assert ((decoded > 0) & ~INSIDE).any()  # there is noise
    assert np.array_equal(read(tmp_path / "m", data), INSIDE)
    empty = encode((np.random.default_rng(0).random((40, 50)) * 9).astype(np.uint8), "JPEG")
    assert not read(tmp_path / "m", empty).any()


def test_foreground_value(tmp_path: Path) -> None:
    pixels = np.where(INSIDE, 255, 127).astype(np.uint8)
    for shown in (pixels, np.dstack([pixels] * 3)):
        data = encode(shown, "PNG")
        assert np.array_equal(read(tmp_path / "m", data, foreground=255), INSIDE)
        assert np.array_equal(read(tmp_path / "m", data, foreground=127), ~INSIDE)
    only_blue = encode(paint((0, 0, 255)), "PNG")
    assert not read(tmp_path / "m", only_blue, foreground=255).any()


def test_crop_on_canvas(tmp_path: Path) -> None:
    path = tmp_path / "m.png"
    path.write_bytes(encode(np.full((4, 6), 9, np.uint8), "PNG"))
    mask = MaskFile(path, left=14, top=16, canvas=(20, 20))
    expected = np.zeros((20, 20), bool)
    expected[16:, 14:] = True
    assert np.array_equal(read_mask([mask], width=20, height=20), expected)
    doubled = read_mask([mask], width=40, height=40)
    assert np.array_equal(doubled, np.kron(expected, np.ones((2, 2), bool)))


@pytest.mark.parametrize(("left", "top"), [(-1, 0), (0, -1), (15, 0), (0, 17)])
def test_crop_beside_canvas(tmp_path: Path, left: int, top: int) -> None:
    path = tmp_path / "m.png"
    path.write_bytes(encode(np.full((4, 6), 9, np.uint8), "PNG"))
    with pytest.raises(MaskError, match="does not fit") as caught:
        read_mask([MaskFile(path, left=left, top=top, canvas=(20, 20))], width=20, height=20)
    assert caught.value.path == str(path)


def test_union_and_absence(tmp_path: Path) -> None:
    data = encode(INSIDE.astype(np.uint8), "PNG")
    (tmp_path / "m").write_bytes(data)
    corner = MaskPolygons(((0, 0, 4, 0, 4, 4, 0, 4),), (50, 40))
    united = read_mask([MaskFile(tmp_path / "m"), EmptyMask(), corner], width=50, height=40)
    expected = INSIDE.copy()
    expected[:5, :5] = True
    assert np.array_equal(united, expected)
    assert not read_mask([EmptyMask()], width=50, height=40).any()


def test_unreadable_masks(tmp_path: Path) -> None:
    data = encode(INSIDE.astype(np.uint8), "PNG")
    for bad in (b"", data[:-20], b"no image"):
        with pytest.raises(ImageError):
            read(tmp_path / "m", bad)
    with pytest.raises(MaskError, match="DICOM"):
        read(tmp_path / "m", encode_dicom(np.zeros((4, 4), np.uint8)))


def test_polygons_are_cut_at_the_canvas() -> None:
    beyond = MaskPolygons(((-500.0, -500.0, 9.0, -500.0, 9.0, 700.0, -500.0, 700.0),), (50, 40))
    drawn = read_mask([beyond], width=50, height=40)
    assert drawn[:, :10].all()
    assert not drawn[:, 10:].any()


@pytest.mark.parametrize(
    "polygons",
    [
        (),
        ((1.0, 1.0, 5.0, 5.0),),
        ((100.0, 100.0, 120.0, 100.0, 120.0, 120.0),),
        ((1.0, 1.0, 5.0, 5.0, 9.0),),
        ((1.0, 1.0, 5.0, float("nan"), 9.0, 9.0),),
        ((1.0, 1.0, 5.0, 1e12, 9.0, 9.0),),
    ],
)
def test_polygons_of_nothing(polygons: tuple[tuple[float, ...], ...]) -> None:
    with pytest.raises(MaskError, match="do not outline"):
        read_mask([MaskPolygons(polygons, (50, 40))], width=50, height=40)


def test_a_degenerate_polygon_beside_a_good_one_is_passed_over() -> None:
    square = (10.0, 10.0, 20.0, 10.0, 20.0, 20.0, 10.0, 20.0)
    mask = MaskPolygons((square, (1.0, 1.0, 30.0, 30.0)), (50, 40))
    assert read_mask([mask], width=50, height=40).sum() == 11 * 11


def test_resize_does_not_shift() -> None:
    mask = np.zeros((90, 90), bool)
    mask[30:60, 30:60] = True
    for size in (30, 45, 60, 77, 131, 200):
        resized = resize_mask(mask, width=size, height=size)
        assert np.array_equal(resized, resized[::-1, ::-1])
    assert resize_mask(mask.T[::2], width=90, height=90).shape == (90, 90)


def test_encode_and_decode() -> None:
    for mask in (INSIDE, np.zeros((1, 1), bool), INSIDE[::-1, ::3], np.ones((3, 1000), bool)):
        data = encode_mask(mask)
        assert data[24] == 1  # bits per sample
        assert np.array_equal(decode_mask(data, path="x"), mask)


def test_encode_and_decode_nonsense() -> None:
    with pytest.raises(MaskError, match="shape"):
        encode_mask(np.zeros((0, 5), bool))
    data = encode_mask(INSIDE)
    for bad in (b"", data[:-13], data[:60] + b"\0" + data[61:], b"GIF89a"):
        with pytest.raises(MaskError, match="cannot be decoded") as caught:
            decode_mask(bad, path="row 7")
        assert caught.value.path == "row 7"


def test_split_lungs() -> None:
    lungs = np.zeros((60, 80), bool)
    lungs[10:50, 10:30] = True
    lungs[10:45, 45:70] = True
    right, left = split_lungs(lungs) or pytest.fail("not split")
    assert right[:, :40].sum() == 40 * 20
    assert left[:, 40:].sum() == 35 * 25
    lungs[2, 12] = lungs[55, 68] = True  # specks
    right, left = split_lungs(lungs) or pytest.fail("not split")
    assert right[2, 12]
    assert left[55, 68]
    assert np.array_equal(right | left, lungs)
    assert not (right & left).any()
    assert right.dtype == left.dtype == bool


def test_split_lungs_unclear() -> None:
    assert split_lungs(np.zeros((20, 20), bool)) is None
    assert split_lungs(np.ones((20, 20), bool)) is None
    speck = np.zeros((20, 20), bool)
    speck[2:15, 2:9] = True
    speck[10, 15] = True
    assert split_lungs(speck) is None


@pytest.mark.parametrize(
    "boxes",
    [
        [(2, 20, 10, 30), (24, 45, 12, 34)],
        [(2, 20, 10, 25), (24, 45, 20, 40)],
        [(2, 30, 10, 40), (20, 50, 45, 50), (40, 50, 22, 50)],
    ],
    ids=["one above the other", "aslant", "one around the other"],
)
def test_pieces_of_one_lung_are_not_two(boxes: list[tuple[int, int, int, int]]) -> None:
    pieces = np.zeros((60, 80), bool)
    for top, bottom, left, right in boxes:
        pieces[top:bottom, left:right] = True
    assert split_lungs(pieces) is None


def test_a_mask_of_another_shape_is_never_stretched(tmp_path: Path) -> None:
    with pytest.raises(MaskShapeError, match="got 40×40; expected the width to height of 50×40"):
        read(tmp_path / "m", encode(INSIDE[:, :40].astype(np.uint8), "PNG"))


@pytest.mark.real
@pytest.mark.parametrize(
    ("pattern", "step"), [("covid-qu-ex/**/lung masks/*.png", 10), ("shenzhen/masks/*.png", 1)]
)
def test_real_lungs_split(shared_data: Path, pattern: str, step: int) -> None:
    paths = sorted(shared_data.glob(pattern))[::step]
    assert len(paths) >= 200
    seconds = 0.0
    for path in paths:
        lungs = read_mask([MaskFile(path)], width=256, height=256)
        start = time.perf_counter()
        halves = split_lungs(lungs)
        seconds += time.perf_counter() - start
        assert halves is not None, path
        right, left = halves
        assert np.array_equal(right | left, lungs)
        assert np.nonzero(right)[1].mean() < np.nonzero(left)[1].mean()
    assert seconds / len(paths) < 0.01


@pytest.mark.real
def test_real_masks_of_general_blockchain(shared_data: Path) -> None:
    for path in sorted((shared_data / "general-blockchain" / "masks").glob("*.png"))[:40]:
        picture = read_picture(path)
        inside = read_mask([MaskFile(path)], width=picture.width, height=picture.height)
        colours = np.asarray(Image.open(path))[..., :3]
        assert np.array_equal(inside, colours.any(axis=2))


def test_what_is_taken_away_leaves_the_largest_piece_and_no_slivers() -> None:
    lung, heart = np.zeros((100, 100), np.bool_), np.zeros((100, 100), np.bool_)
    lung[10:90, 10:60] = True
    heart[50:88, 30:100] = True  # leaves a sliver of two rows below
    rest = take_away(lung, heart)
    expected = lung & ~heart
    expected[88:, 30:] = False
    assert (rest != expected).sum() < 20
    assert not rest[88:, 32:].any()
    assert not take_away(heart, heart).any()


def test_what_lies_far_from_the_cut_keeps_its_corners() -> None:
    lung, heart = np.zeros((400, 400), np.bool_), np.zeros((400, 400), np.bool_)
    cv2.fillPoly(lung.view(np.uint8), [np.array([[60, 20], [20, 300], [200, 300]])], 1)
    heart[200:300, 150:] = True
    rest = take_away(lung, heart)
    np.testing.assert_array_equal(rest[:150], lung[:150])
    np.testing.assert_array_equal(rest[:, :60], lung[:, :60])
    np.testing.assert_array_equal(take_away(lung, np.zeros_like(lung)), lung)
