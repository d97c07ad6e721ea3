"""The reference images are small, attributed, and what their README says."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pydicom

from hilum.imaging.read import read_picture
from hilum.inference.expected import REFERENCE, read_expected

ROOT = Path(__file__).resolve().parent.parent.parent
DEMO = ROOT / "demo/collections"
DICOM = REFERENCE / "hannover.dcm"


def test_they_are_small_enough_for_a_wheel() -> None:
    assert sum(path.stat().st_size for path in REFERENCE.rglob("*.*")) <= 600_000


def test_each_is_attributed_and_nothing_else_lies_there() -> None:
    images = {image.path.name for image in read_expected().images}
    notice, readme = (ROOT / "NOTICE").read_text(), (REFERENCE / "README.md").read_text()
    assert "src/hilum/inference/reference/" in notice
    for name in images:
        assert f"({name})" in notice and f"| `{name}` |" in readme
    found = {path.name for path in REFERENCE.iterdir()}
    assert found == {*images, "README.md", "outputs.json", "masks"}


def test_two_are_those_of_the_demo() -> None:
    for name, source in (
        ("hannover.png", "hannover/png/ec083e35.png"),
        ("nih.png", "nih-normal/00002644_000.png"),
    ):
        assert (REFERENCE / name).read_bytes() == (DEMO / source).read_bytes()


def test_the_dicom_file_shows_the_png_it_was_made_from() -> None:
    grey = cv2.imread(str(DEMO / "hannover/png/0a7faa2a.png"), cv2.IMREAD_UNCHANGED)
    assert grey is not None and grey.ndim == 2
    height, width = grey.shape[0] // 2, grey.shape[1] // 2
    blocks = grey[: 2 * height, : 2 * width].reshape(height, 2, width, 2)
    halved = blocks.mean(axis=(1, 3))
    shown = read_picture(DICOM).pixels
    assert np.abs(shown - halved).max() <= 0.5 + 1e-9
    stored = pydicom.dcmread(DICOM)
    assert (stored.PhotometricInterpretation, stored.BitsStored) == ("MONOCHROME1", 12)
    np.testing.assert_allclose(stored.pixel_array, 3895 - 14 * halved, atol=0.5)


def test_the_dicom_file_names_nobody() -> None:
    stored = pydicom.dcmread(DICOM)
    assert not stored.PatientName and not stored.PatientID and not stored.StudyDate
    assert "CC BY 3.0" in stored.DerivationDescription
    for uid in (stored.StudyInstanceUID, stored.SeriesInstanceUID, stored.SOPInstanceUID):
        assert uid.startswith("2.25.")


def test_the_jpeg_is_large_enough_to_be_decoded_reduced() -> None:
    jpeg = REFERENCE / "kermany.jpeg"
    whole, reduced = read_picture(jpeg), read_picture(jpeg, at_least=512)
    assert min(whole.pixels.shape) >= 2 * 512 > min(reduced.pixels.shape) >= 512
