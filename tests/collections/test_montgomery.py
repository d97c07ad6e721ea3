from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hilum.collections.check_pixels import read_masks
from hilum.collections.registry import read_folder
from hilum.imaging.read import read_picture, to_uint8
from hilum.radiograph import Finding, LungConvention, Structure, View
from tests.collections.readings import by_name, problems_of, read_fake
from tests.fakes import montgomery
from tests.fakes.fake import SIZE, write_chest


def test_reads_sex_and_age_where_they_are(tmp_path: Path) -> None:
    reading = read_fake("montgomery", tmp_path)
    assert [(r.sex, r.age) for r in reading.radiographs] == [("F", 27.0), ("M", 0.5), (None, None)]
    sick = by_name(reading)["MCUCXR_0104_1.png"]
    assert (sick.finding, sick.view) == (Finding.TUBERCULOSIS, View.PA)


def test_one_lung_alone_is_not_both(tmp_path: Path) -> None:
    reading = read_fake("montgomery", tmp_path)
    sick = by_name(reading)["MCUCXR_0104_1.png"]
    assert (sick.masks, sick.lung_convention) == ({}, None)
    assert "in ManualMask/rightMask" in problems_of(reading, "missing mask")[sick.source_path]
    assert list(problems_of(reading, "unused mask")) == ["ManualMask/leftMask/MCUCXR_0104_1.png"]


@pytest.mark.parametrize("left_is_the_patients", [True, False])
def test_pixels_tell_which_lung_is_the_right_one(
    tmp_path: Path, left_is_the_patients: bool
) -> None:
    rng = np.random.default_rng(0)
    fake = montgomery.draw(tmp_path, rng, left_is_the_patients=left_is_the_patients)
    image = by_name(read_folder(fake.folder))["MCUCXR_0001_0.png"]
    assert image.lung_convention is LungConvention.AERATED
    pixels = to_uint8(read_picture(image.path).pixels)
    lungs, problems = read_masks(image, pixels, width=SIZE[1], height=SIZE[0])
    right, left = lungs[Structure.RIGHT_LUNG], lungs[Structure.LEFT_LUNG]
    assert problems == ()
    assert np.nonzero(right)[1].mean() < SIZE[1] / 2 < np.nonzero(left)[1].mean()


def test_a_copy_without_masks_has_no_problem(tmp_path: Path) -> None:
    write_chest(tmp_path / "CXR_png/MCUCXR_0001_0.png", np.random.default_rng(0))
    reading = read_folder(tmp_path)
    assert (reading.collection, reading.problems) == ("montgomery", ())
