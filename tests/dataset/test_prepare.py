"""One record → one row: bytes kept or turned into PNG, masks checked, reasons told."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image

from hilum.collections.check_pixels import find_pixel_problems
from hilum.dataset.prepare import Prepared, pixels_of, prepare, stored_image
from hilum.dataset.variant import Variant
from hilum.errors import ImageError
from hilum.imaging.masks import decode_mask
from hilum.imaging.read import decode_picture
from hilum.radiograph import EmptyMask, Mask, MaskFile, MaskPolygons, Radiograph, Structure

SHAPE = (24, 30)
Masks = Mapping[Structure, tuple[Mask, ...]]


def write(path: Path, pixels: NDArray[np.uint8] | NDArray[np.uint16], *options: int) -> Path:
    ok, data = cv2.imencode(path.suffix, pixels, options)
    assert ok
    path.write_bytes(data.tobytes())
    return path


def noise(dtype: type[np.uint8] | type[np.uint16]) -> NDArray[np.uint8] | NDArray[np.uint16]:
    top = np.iinfo(dtype).max
    return np.random.default_rng(0).integers(0, top, SHAPE).astype(dtype)


def record(path: Path, masks: Masks | None = None) -> Radiograph:
    return Radiograph(path, path.name, "one", masks=masks or {})


def prepare_well(radiograph: Radiograph) -> Prepared:
    outcome = prepare(radiograph, Variant())
    assert outcome.prepared is not None
    return outcome.prepared


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.parametrize("named", [True, False], ids=["named right", "named wrong"])
def test_8_bit_png_and_jpeg_are_kept_bit_for_bit(tmp_path: Path, suffix: str, named: bool) -> None:
    path = write(tmp_path / f"a{suffix}", noise(np.uint8))
    if not named:
        path = path.rename(tmp_path / "a.webp")
    prepared = prepare_well(record(path))
    assert prepared.image_id == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (prepared.width, prepared.height) == (30, 24)
    assert stored_image(prepared) == (path.read_bytes(), f"{prepared.image_id}{suffix}")


@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_what_exif_turns_is_stored_upright(
    tmp_path: Path, file_format: str, orientation: int
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    path = tmp_path / "a"
    Image.fromarray(noise(np.uint8)).save(path, file_format, exif=exif)
    prepared = prepare_well(record(path))
    data, name = stored_image(prepared)
    assert (data == path.read_bytes()) == (orientation == 1)
    with Image.open(io.BytesIO(data)) as stored:
        assert stored.size == (prepared.width, prepared.height)
        assert stored.getexif().get(ExifTags.Base.Orientation, 1) == 1
    assert np.array_equal(decode_picture(data, path=name).pixels, pixels_of(prepared))


@pytest.mark.parametrize(
    ("name", "dtype"),
    [("a.png", np.uint16), ("a.tif", np.uint16), ("a.tif", np.uint8), ("a.webp", np.uint8)],
)
def test_everything_else_becomes_a_png_of_the_same_pixels(
    tmp_path: Path, name: str, dtype: type[np.uint8] | type[np.uint16]
) -> None:
    pixels = noise(dtype)
    lossless = [cv2.IMWRITE_WEBP_QUALITY, 101] if name == "a.webp" else []
    prepared = prepare_well(record(write(tmp_path / name, pixels, *lossless)))
    data, stored_name = stored_image(prepared)

    assert stored_name == f"{prepared.image_id}.png"
    assert data.startswith(b"\x89PNG")
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert decoded.dtype == dtype
    np.testing.assert_array_equal(decoded, pixels)


@pytest.mark.parametrize(
    "data", [b"", b"no image", None, "truncated"], ids=["empty", "text", "absent", "truncated"]
)
def test_an_unreadable_image_is_an_issue_and_no_row(
    tmp_path: Path, data: bytes | str | None
) -> None:
    path = tmp_path / "a.png"
    if data == "truncated":
        path.write_bytes(write(path, noise(np.uint8)).read_bytes()[:60])
    elif isinstance(data, bytes):
        path.write_bytes(data)
    outcome = prepare(record(path), Variant())
    assert outcome.prepared is None
    (issue,) = outcome.issues
    assert (issue.collection, issue.source_path, issue.kind) == ("one", "a.png", "unreadable image")
    assert issue.detail
    assert str(tmp_path) not in issue.detail


def test_unknown_and_absent_masks_are_not_the_same(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", noise(np.uint8))
    masks = prepare_well(record(path, {Structure.INFECTION: (EmptyMask(),)})).masks
    assert set(masks) == {Structure.INFECTION}
    mask = decode_mask(masks[Structure.INFECTION].png, path="infection")
    assert mask.shape == SHAPE
    assert not mask.any()


def test_masks_are_1_bit_png_of_the_image_size(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", noise(np.uint8))
    half = np.zeros((12, 15), np.uint8)
    half[3:9, 4:10] = 255
    mask_path = write(tmp_path / "mask.png", half)
    masks = prepare_well(record(path, {Structure.INFECTION: (MaskFile(mask_path),)})).masks
    png = masks[Structure.INFECTION].png
    assert png[24] == 1  # the bit depth in the PNG header
    expected = np.kron(half > 0, np.ones((2, 2), np.bool_))
    np.testing.assert_array_equal(decode_mask(png, path="infection"), expected)


def test_lungs_are_told_apart_image_left_being_the_right_one(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", noise(np.uint8))
    lungs = np.zeros(SHAPE, np.uint8)
    lungs[4:20, 3:12] = 255
    lungs[6:20, 17:26] = 255
    mask = MaskFile(write(tmp_path / "lungs.png", lungs))
    masks = prepare_well(record(path, {Structure.LUNGS: (mask,)})).masks
    assert set(masks) == {Structure.RIGHT_LUNG, Structure.LEFT_LUNG}
    right = decode_mask(masks[Structure.RIGHT_LUNG].png, path="right")
    assert right[:, :14].any()
    assert not right[:, 14:].any()


def test_lungs_that_touch_are_unknown_and_told(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", noise(np.uint8))
    mask = MaskFile(write(tmp_path / "lungs.png", np.full(SHAPE, 255, np.uint8)))
    outcome = prepare(record(path, {Structure.LUNGS: (mask,)}), Variant())
    assert outcome.prepared is not None
    assert outcome.prepared.masks == {}
    assert [issue.kind for issue in outcome.issues] == ["lungs not told apart"]


def test_a_damaged_mask_is_unknown_and_told_without_paths_of_this_machine(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", noise(np.uint8))
    damaged = tmp_path / "damaged.png"
    damaged.write_bytes(b"\x89PNG\r\n\x1a\n")
    masks: Masks = {
        Structure.INFECTION: (MaskFile(damaged),),
        Structure.CHEST_TUBE: (EmptyMask(),),
    }
    outcome = prepare(record(path, masks), Variant())
    assert outcome.prepared is not None
    assert set(outcome.prepared.masks) == {Structure.CHEST_TUBE}
    (issue,) = outcome.issues
    assert issue.kind == "unreadable mask"
    assert issue.detail.startswith("infection, damaged.png: ")
    assert str(tmp_path) not in issue.detail


@pytest.mark.parametrize("is_file", [True, False])
def test_a_mask_of_another_shape_is_unknown_and_told(tmp_path: Path, is_file: bool) -> None:
    path = write(tmp_path / "a.png", noise(np.uint8))
    square: Mask = MaskPolygons(((1.0, 1.0, 8.0, 1.0, 8.0, 8.0),), canvas=(10, 10))
    if is_file:
        square = MaskFile(write(tmp_path / "square.png", np.full((10, 10), 255, np.uint8)))
    radiograph = record(path, {Structure.INFECTION: (square,)})
    outcome = prepare(radiograph, Variant())
    assert outcome.prepared is not None and outcome.prepared.masks == {}
    (issue,) = outcome.issues
    assert issue.kind == "mask of another shape"
    assert "got 10×10; expected the width to height of 30×24" in issue.detail
    assert str(tmp_path) not in issue.detail
    assert [(p.kind, p.detail) for p in find_pixel_problems(radiograph)] == [
        (issue.kind, issue.detail)
    ]


@pytest.mark.parametrize("lung", [Structure.RIGHT_LUNG, Structure.LEFT_LUNG, Structure.LUNGS])
def test_an_empty_lung_mask_is_unknown_and_told(tmp_path: Path, lung: Structure) -> None:
    path = write(tmp_path / "a.png", noise(np.uint8))
    mask = MaskFile(write(tmp_path / "lung.png", np.zeros(SHAPE, np.uint8)))
    outcome = prepare(record(path, {lung: (mask,)}), Variant())
    assert outcome.prepared is not None and outcome.prepared.masks == {}
    assert [issue.kind for issue in outcome.issues] == ["empty lung mask"]


def test_a_file_that_changes_meanwhile_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", noise(np.uint8))
    prepared = prepare_well(record(path))
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ImageError, match="changed while"):
        stored_image(prepared)
    path.unlink()
    with pytest.raises(ImageError, match="cannot be opened"):
        stored_image(prepared)


def test_equal_pixels_have_equal_hashes_whatever_their_layout(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", noise(np.uint8))
    wide = MaskPolygons(((2.0, 2.0, 20.0, 2.0, 20.0, 12.0),), canvas=(30, 24))
    hashes = [
        prepare_well(record(path, {Structure.INFECTION: masks})).masks[Structure.INFECTION]
        for masks in ((wide,), (wide, wide), (EmptyMask(),))
    ]
    assert hashes[0] == hashes[1]
    assert hashes[0].pixels_sha256 != hashes[2].pixels_sha256
