from __future__ import annotations

from pathlib import Path

import numpy as np

from hilum.collections.collection import NOT_A_RADIOGRAPH
from hilum.collections.registry import read_folder
from hilum.radiograph import Finding, Licence, SeverityScore, View
from tests.collections.readings import by_name, problems_of, read_fake
from tests.fakes import ieee8023


def test_a_row_describes_its_image(tmp_path: Path) -> None:
    radiograph = by_name(read_fake("ieee8023", tmp_path))["a.jpeg"]
    assert radiograph.source_path == "images/a.jpeg"
    assert radiograph.finding is Finding.COVID
    assert radiograph.patient_id == "ieee8023:2"
    assert (radiograph.day, radiograph.sex, radiograph.age) == (3, "M", 65.0)
    assert radiograph.view is View.PA
    assert radiograph.origin == "Cho Ray Hospital"
    assert radiograph.citation == "doi 10.1056/nejmc2001272; Cohen et al. 2020, arXiv 2003.11597"
    assert radiograph.licence == Licence(
        "CC-BY-NC-SA-4.0", "https://creativecommons.org/licenses/by-nc-sa/4.0/"
    )
    assert radiograph.severity == (
        SeverityScore("geographic_extent", 3.7, 8.0),
        SeverityScore("opacity", 3.0, 6.0),
    )


def test_what_is_not_said_is_unknown(tmp_path: Path) -> None:
    images = by_name(read_fake("ieee8023", tmp_path))
    assert images["d.jpg"].finding is None and images["d.jpg"].view is None
    assert images["d.jpg"].origin == "Hannover Medical School"
    assert images["b.png"].day is None and images["b.png"].age is None
    assert images["b.png"].severity == (SeverityScore("opacity", 2.0, 6.0),)
    assert images["h.jpg"].finding is None
    assert images["e.jpg"].citation == (
        "https://radiopaedia.org/x; Cohen et al. 2020, arXiv 2003.11597"
    )


def test_laterals_are_radiographs_and_slices_are_not(tmp_path: Path) -> None:
    reading = read_fake("ieee8023", tmp_path)
    assert by_name(reading)["c.jpg"].view is View.LATERAL
    assert problems_of(reading, "not a radiograph") == {
        "images/ct.png": "CT Axial",
        "volumes/volume.nii.gz": "CT, absent here",
    }
    slices = [problem for problem in reading.problems if problem.kind == NOT_A_RADIOGRAPH]
    assert {problem.patient_id for problem in slices} == {"ieee8023:9"}


def test_rows_that_disagree_are_told(tmp_path: Path) -> None:
    reading = read_fake("ieee8023", tmp_path)
    assert "patientid '2' and '339'" in problems_of(reading, "rows disagree")["images/a.jpeg"]


def test_damaged_scores_do_not_keep_images_away(tmp_path: Path) -> None:
    fake = ieee8023.draw(tmp_path / "download", np.random.default_rng(0))
    scores = next(fake.folder.rglob("covid-severity-scores.csv"))
    scores.write_text("## comment\nwrong,columns\n")
    reading = read_folder(fake.folder)
    assert len(reading.radiographs) == fake.radiographs
    assert list(problems_of(reading, "damaged table")) == ["annotations/covid-severity-scores.csv"]
