from __future__ import annotations

from pathlib import Path

import numpy as np

from hilum.collections.registry import read_folder
from hilum.radiograph import Finding, Split, View
from tests.collections.readings import by_name, problems_of, read_fake
from tests.fakes import rsna_pneumonia
from tests.fakes.rsna_pneumonia import identifier


def test_an_image_with_several_boxes_is_one_radiograph_without_masks(tmp_path: Path) -> None:
    images = by_name(read_fake("rsna-pneumonia", tmp_path))
    boxed = images[f"{identifier(1)}.dcm"]
    assert (boxed.finding, boxed.masks) == (Finding.LUNG_OPACITY, {})
    assert (boxed.official_split, boxed.view) == (Split.TRAIN, View.FRONTAL)
    assert images[f"{identifier(2)}.dcm"].finding is Finding.OTHER


def test_people_are_those_of_chestx_ray14(tmp_path: Path) -> None:
    images = by_name(read_fake("rsna-pneumonia", tmp_path))
    patients = [images[f"{identifier(n)}.dcm"].patient_id for n in (1, 2, 3, 6)]
    assert patients == [
        *("chestx-ray14:00000001", "chestx-ray14:00000001", None, "chestx-ray14:00000007")
    ]


def test_the_challenges_test_has_no_finding(tmp_path: Path) -> None:
    image = by_name(read_fake("rsna-pneumonia", tmp_path))[f"{identifier(6)}.dcm"]
    assert (image.finding, image.official_split, image.label_source) == (None, Split.TEST, None)


def test_tables_that_contradict_each_other_leave_the_finding_unknown(tmp_path: Path) -> None:
    reading = read_fake("rsna-pneumonia", tmp_path)
    assert by_name(reading)[f"{identifier(4)}.dcm"].finding is None
    assert identifier(4) in problems_of(reading, "rows disagree")["stage_2_train_images"]


def test_without_classes_and_mapping_only_opacity_is_known(tmp_path: Path) -> None:
    fake = rsna_pneumonia.draw(tmp_path, np.random.default_rng(0))
    (root,) = fake.folder.iterdir()
    (root / "stage_2_detailed_class_info.csv").unlink()
    (root / "pneumonia-challenge-dataset-mappings_2018.json").write_text("{")
    reading = read_folder(fake.folder)
    findings = {r.path.stem: r.finding for r in reading.radiographs}
    assert findings[identifier(1)] is Finding.LUNG_OPACITY
    assert findings[identifier(3)] is None
    assert {r.patient_id for r in reading.radiographs} == {None}
    assert problems_of(reading, "missing table") and problems_of(reading, "damaged table")
