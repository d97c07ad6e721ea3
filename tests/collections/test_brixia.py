from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hilum.collections.registry import read_folder
from hilum.dataset.schema import SEVERITY_COLUMNS
from hilum.radiograph import Finding, SeverityScore, Split
from tests.collections.readings import by_name, problems_of, read_fake
from tests.fakes import brixia, brixia_cohen
from tests.fakes.fake import DrawFake


@pytest.mark.parametrize("draw", [brixia.draw, brixia.draw_version_2])
def test_scores_patients_and_the_official_test(tmp_path: Path, draw: DrawFake) -> None:
    images = by_name(read_folder(draw(tmp_path, np.random.default_rng(0)).folder))
    first, second = images["1001.dcm"], images["1002.dcm"]
    assert first.severity == (SeverityScore("brixia", 9.0, 18.0),), "its leading zero was lost"
    assert second.severity[0].value == 18
    assert first.patient_id == second.patient_id == "brixia:S1"
    assert (first.official_split, second.official_split) == (Split.TRAIN, Split.TEST)
    assert (first.sex, first.age) == ("M", None)
    assert first.severity[0].scale in SEVERITY_COLUMNS


def test_a_score_of_nothing_leaves_the_finding_unknown(tmp_path: Path) -> None:
    images = by_name(read_fake("brixia", tmp_path))
    assert (images["1003.dcm"].finding, images["1003.dcm"].severity[0].value) == (None, 0.0)
    assert images["1001.dcm"].finding is Finding.COVID


def test_a_sum_that_is_none_is_no_score(tmp_path: Path) -> None:
    reading = read_fake("brixia", tmp_path)
    assert by_name(reading)["1004.dcm"].severity == ()
    assert list(problems_of(reading, "damaged score")) == ["dicom_clean/1004.dcm"]


def test_cohens_images_get_a_score_and_keep_what_is_known(tmp_path: Path) -> None:
    images = by_name(read_fake("brixia-cohen", tmp_path))
    scored = images["a.jpeg"]
    assert {s.scale: s.value for s in scored.severity} == {
        "geographic_extent": 3.7,
        "opacity": 3.0,
        "brixia": 17.0,
    }
    assert (scored.patient_id, scored.source_path) == (
        "ieee8023:2",
        "public-cohen-subset/a.jpeg",
    )
    assert scored.licence.name == "CC-BY-NC-SA-4.0"
    own = images["immagine 2.png"]
    assert (own.finding, own.patient_id, own.severity[0].value) == (None, None, 4.0)
    assert images["g.jpg"].source_path == "g.jpg", "it lies in the other folder"


def test_without_cohens_folder_only_the_scores_are_known(tmp_path: Path) -> None:
    fake = brixia_cohen.draw(tmp_path / "download", np.random.default_rng(0))
    reading = read_folder(fake.folder)
    assert {r.finding for r in reading.radiographs} == {None}
    assert sorted(problems_of(reading, "missing image")) == [
        "absent everywhere.jpg",
        "c.jpg",
        "g.jpg",
    ]
