from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from hilum.collections.collection import Reading
from hilum.collections.registry import read_folder
from hilum.radiograph import Finding, Radiograph, Split, Structure, View
from tests.collections.readings import problems_of, read_fake
from tests.fakes import qata_cov19


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return read_fake("qata-cov19", tmp_path)


def _one(reading: Reading, end: str) -> Radiograph:
    (found,) = [r for r in reading.radiographs if r.source_path.endswith(end)]
    return found


def test_version_2_has_splits_and_infection_masks(reading: Reading) -> None:
    test = _one(reading, "Test Set/Images/covid_4.png")
    assert (test.official_split, test.finding) == (Split.TEST, Finding.COVID)
    assert set(test.masks) == {Structure.INFECTION}
    assert list(problems_of(reading, "missing mask")) == [
        "QaTa-COV19-v2/Train Set/Images/covid_3.png"
    ]


def test_version_1_comes_later_and_may_lack_masks(reading: Reading) -> None:
    places = [r.source_path.split("/")[0] for r in reading.radiographs]
    assert places.index("QaTa-COV19-v2") < places.index("QaTa-COV19-v1")
    bare = _one(reading, "v1/Images/covid_2.png")
    assert (bare.masks, bare.official_split, bare.finding) == ({}, None, Finding.COVID)


def test_names_of_bimcv_tell_patient_and_view(reading: Reading) -> None:
    image = _one(reading, qata_cov19.BIMCV_NAME)
    assert (image.patient_id, image.origin) == ("covid-qu-ex:S09466", "BIMCV-COVID19+")
    assert image.view is View.PA


def test_control_groups_keep_what_is_known_of_their_images(reading: Reading) -> None:
    adult = _one(reading, "Test/00000003_000.png")
    assert (adult.finding, adult.label_source) == (None, None)
    assert (adult.patient_id, adult.official_split) == ("chestx-ray14:00000003", Split.TEST)
    child = _one(reading, "person1_bacteria_1.png")
    assert (child.patient_id, child.view) == ("kermany:person1", View.AP)
    assert child.finding is Finding.BACTERIAL_PNEUMONIA
    assert _one(reading, "viral_1.png").patient_id is None
    assert _one(reading, "normal_1.png").finding is Finding.NORMAL


def test_an_early_stage_that_shows_nothing_has_no_finding(reading: Reading) -> None:
    assert _one(reading, "Limited_COVID-19_Pneumonia_Cases/covid_6.png").finding is Finding.COVID
    assert _one(reading, "No_COVID-19_Pneumonia_Cases/covid_5.png").finding is None


@pytest.mark.parametrize(
    ("place", "count"),
    [
        ("QaTa-COV19-v1", 2),
        ("QaTa-COV19-v2", 4),
        ("Early-QaTa-COV19", 2),
        ("Control_Group", 5),
    ],
)
def test_each_part_is_read_by_itself(tmp_path: Path, place: str, count: int) -> None:
    fake = qata_cov19.draw(tmp_path / "download", np.random.default_rng(0))
    alone = tmp_path / "alone"
    shutil.move(fake.folder / "QaTa-COV19" / place, alone)
    reading = read_folder(alone)
    assert (reading.collection, len(reading.radiographs)) == ("qata-cov19", count)


def test_blanks_in_folder_names_count_as_underscores(tmp_path: Path) -> None:
    fake = qata_cov19.draw(tmp_path, np.random.default_rng(0))
    group = fake.folder / "QaTa-COV19/Control_Group"
    shutil.move(group / "Control_Group_I", group.parent / "Control Group I")
    assert len(read_folder(fake.folder).radiographs) == fake.radiographs
