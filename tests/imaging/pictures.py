"""Pictures and files drawn for these tests."""

from __future__ import annotations

import io
import struct
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian

Bytes = NDArray[np.uint8]


def draw_grey(height: int = 60, width: int = 90, seed: int = 0) -> Bytes:
    """A smooth picture that uses all greys and looks different from every side."""
    noise = np.random.default_rng(seed).random((height, width))
    smooth = cv2.GaussianBlur(noise, (0, 0), 3)
    low, high = float(smooth.min()), float(smooth.max())
    return np.rint((smooth - low) / max(high - low, 1e-9) * 255).astype(np.uint8)


def encode(picture: Image.Image | NDArray[Any], file_format: str, **options: Any) -> bytes:
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def encode_jpeg(picture: NDArray[Any], *settings: int) -> bytes:
    """By OpenCV, which can set restart markers."""
    return cv2.imencode(".jpg", picture, list(settings))[1].tobytes()


def encode_tiff(pixels: NDArray[Any], photometric: int = 1, **more: int) -> bytes:
    """An uncompressed little-endian TIFF written by hand; ``more`` are tags as t<number>."""
    height, width = pixels.shape
    raw = pixels.tobytes()
    tags = {
        256: width,
        257: height,
        258: 8 * pixels.dtype.itemsize,
        259: 1,
        262: photometric,
        273: 8,
        277: 1,
        278: height,
        279: len(raw),
    } | {int(name[1:]): value for name, value in more.items()}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, tags[tag]) for tag in sorted(tags))
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    return b"II*\0" + struct.pack("<I", 8 + len(raw)) + raw + directory


def encode_dicom(
    pixels: NDArray[Any],
    *,
    photometric: str = "MONOCHROME2",
    compressed: bytes | None = None,
    syntax: str = ExplicitVRLittleEndian,
    bits: int | None = None,
    **tags: Any,
) -> bytes:
    """A DICOM radiograph of ``pixels``; ``tags`` overrule, None leaves one out."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.SOPClassUID = DigitalXRayImageStorageForPresentation
    dataset.SOPInstanceUID = "1.2.3.4"
    dataset.Modality = "DX"
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.SamplesPerPixel = 1 if pixels.ndim == 2 else pixels.shape[2]
    if pixels.ndim == 3:
        dataset.PlanarConfiguration = 0
    dataset.PhotometricInterpretation = photometric
    dataset.BitsAllocated = 8 * pixels.dtype.itemsize
    dataset.BitsStored = bits or dataset.BitsAllocated
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    if compressed is None:
        raw = pixels.tobytes()
        dataset.PixelData = raw + bytes(len(raw) % 2)
    else:
        dataset.PixelData = encapsulate([compressed])
        dataset["PixelData"].is_undefined_length = True
    for keyword, value in tags.items():
        if value is None:
            del dataset[keyword]
        else:
            setattr(dataset, keyword, value)
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
