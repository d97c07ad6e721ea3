"""What ``benchmarks/fuzz.py`` found, made again by code."""

from __future__ import annotations

import contextlib
import io
import json
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from hilum.collections.coco import read_coco
from hilum.collections.json_files import read_json
from hilum.collections.workbooks import read_workbook
from hilum.errors import CollectionError, ImageError
from hilum.imaging.read import decode_picture
from hilum.twins.fingerprint import fingerprint
from tests.fakes.workbook import write_workbook
from tests.imaging.pictures import draw_grey, encode_dicom, encode_tiff
from tests.imaging.recompress import recompress

GREY = draw_grey()


def said(data: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        decode_picture(data, path="x")
    return caught.value.reason


def test_a_tiff_tag_without_a_value() -> None:
    data = bytearray(encode_tiff(GREY))
    (directory,) = struct.unpack_from("<I", data, 4)
    struct.pack_into("<I", data, directory + 2 + 4, 0)
    assert said(bytes(data)).startswith("this TIFF file is damaged; got a tag without a value")


def test_compressed_dicom_pixels_that_a_decoder_gives_up() -> None:
    data = recompress(encode_dicom(GREY.astype(np.uint16) * 16, bits=12), "JPEGLSLossless")
    start = data.index(b"\xff\xda", data.index(b"\xff\xf7"))
    broken = data[: start + 10] + bytes(200) + data[start + 210 :]
    assert said(broken).startswith("this DICOM file is damaged; got pixels that cannot be decoded")


@pytest.mark.parametrize("keyword", ["BitsAllocated", "BitsStored", "PixelRepresentation", "Rows"])
def test_dicom_tags_with_no_value_are_told_in_a_persons_words(keyword: str) -> None:
    dataset = dcmread(io.BytesIO(encode_dicom(GREY)))
    setattr(dataset, keyword, None)
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    reason = said(buffer.getvalue())
    assert "NoneType" not in reason and "object" not in reason, reason


def coco(coordinate: object) -> dict[str, object]:
    polygon = [1, 1, 9, 1, 9, coordinate]
    return {
        "images": [{"id": 1, "file_name": "a.png", "width": 10, "height": 10}],
        "categories": [{"id": 1, "name": "Lung"}],
        "tags": [],
        "annotations": [{"image_id": 1, "category_id": 1, "segmentation": [polygon]}],
    }


@pytest.mark.parametrize("coordinate", [10**400, -(10**400), float("nan"), float("inf"), True])
def test_coco_coordinates_that_no_float_holds(coordinate: object, tmp_path: Path) -> None:
    path = tmp_path / "output.json"
    path.write_text(json.dumps(coco(coordinate)))
    (image,) = read_coco(read_json(path), path=path).images
    assert "far outside" in image.damage["Lung"]


def test_a_small_annotation_file_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "output.json"
    path.write_text("[1]")
    tracemalloc.start()
    assert read_json(path) == [1]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize("syntax", ["JPEGBaselineProcess1", "JPEGLosslessProcess14_1"])
def test_stray_bytes_between_jpeg_markers_end_no_process(syntax: str) -> None:
    data = recompress(encode_dicom(GREY), syntax)
    item = data.index(b"\xff\xd8\xff")
    marker = data.index(b"\xff\xc4", item)
    size = int.from_bytes(data[item - 4 : item], "little") + 64
    head = data[: item - 4] + size.to_bytes(4, "little")
    stray = head + data[item:marker] + b"\x12" * 64 + data[marker:]
    with contextlib.suppress(ImageError):
        assert decode_picture(stray, path="x").pixels.shape == GREY.shape


def test_a_workbook_whose_xml_is_broken_is_told_in_a_persons_words(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", ["URL"], [["x"]])
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/worksheets/sheet1.xml"] = b"<worksheet><\x01/></worksheet>"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(CollectionError) as caught:
        read_workbook(path, required=["URL"])
    assert "XML that is not well-formed" in str(caught.value)
    assert "Error" not in str(caught.value)


@pytest.mark.parametrize("shape", [(7, 4000), (4000, 7), (1, 14_000), (14_000, 1), (300, 1)])
def test_a_strip_has_a_fingerprint(shape: tuple[int, int]) -> None:
    grey = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    found = fingerprint(grey)
    assert (found.height, found.width) == shape and found.is_blank
