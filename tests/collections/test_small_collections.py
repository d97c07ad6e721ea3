"""What the collections without masks of many kinds say about their images."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from hilum.collections.registry import read_folder, recognise
from hilum.errors import CollectionError
from hilum.radiograph import Finding, LungConvention, Split, Structure, View
from tests.collections.readings import by_name, problems_of, read_fake
from tests.fakes import chestx_ray14, covid_qu_ex, radiography
from tests.fakes.fake import write_chest


def test_covid_qu_ex_knows_bimcv_patients(tmp_path: Path) -> None:
    images = by_name(read_fake("covid-qu-ex", tmp_path))
    assert images["sub-S09340_ses-E1_run-1.png"].patient_id == "covid-qu-ex:S09340"
    assert images["covid_1.png"].patient_id is None


def test_covid_qu_ex_lung_half_says_nothing_of_the_infection(tmp_path: Path) -> None:
    fake = covid_qu_ex.draw_lung_half(tmp_path, np.random.default_rng(0))
    reading = read_folder(fake.folder)
    assert {frozenset(r.masks) for r in reading.radiographs} == {frozenset({Structure.LUNGS})}
    assert reading.radiographs[0].source_path == "Train/COVID-19/images/covid_1.png"


def test_covid_qu_ex_gives_both_halves_the_infection_half_first(tmp_path: Path) -> None:
    fake = covid_qu_ex.draw_both(tmp_path, np.random.default_rng(0))
    reading = read_folder(fake.folder)
    splits = [r.official_split for r in reading.radiographs]
    assert splits == [Split.TRAIN] * 8 + [Split.TEST] * 4
    assert sum(Structure.INFECTION in r.masks for r in reading.radiographs[:4]) == 4
    doubled = "Infection Segmentation Data/Infection Segmentation Data/Train"
    assert reading.radiographs[0].source_path.startswith(f"{doubled}/COVID-19/images/")
    for half in (fake.folder / "COVID-QU-Ex").iterdir():
        assert recognise(half)[0].facts.name == "covid-qu-ex"


def test_radiography_masks_are_lungs_and_origins_those_that_are_sure(tmp_path: Path) -> None:
    images = by_name(read_fake("radiography", tmp_path))
    assert set(images["COVID-1.png"].masks) == {Structure.LUNGS}
    assert images["COVID-1.png"].lung_convention is LungConvention.AERATED
    assert images["COVID-1.png"].origin == "BIMCV-COVID19+"
    assert images["COVID-2.png"].origin is None
    assert images["Normal-1.png"].origin == "RSNA Pneumonia Detection Challenge"
    assert images["Lung_Opacity-1.png"].origin == "RSNA Pneumonia Detection Challenge"
    kermany = by_name(read_fake("kermany", tmp_path / "2"))["person1_bacteria_1.jpeg"]
    assert images["Viral Pneumonia-1.png"].origin == kermany.origin
    assert images["Normal-2.png"].origin == kermany.origin
    assert (images["Normal-2.png"].view, images["Normal-1.png"].view) == (View.AP, None)


def test_radiography_workbooks_that_do_not_fit_are_told(tmp_path: Path) -> None:
    reading = read_fake("radiography", tmp_path)
    assert list(problems_of(reading, "not in metadata")) == ["COVID/images/COVID-2.png"]
    assert problems_of(reading, "missing images") == {
        "COVID.metadata.xlsx": "images of COVID.metadata.xlsx that are not here: 2, first covid-3"
    }
    assert (
        "no sound Excel workbook"
        in problems_of(reading, "damaged table")["Lung_Opacity.metadata.xlsx"]
    )


def test_radiography_first_release_spells_its_names_its_own_way(tmp_path: Path) -> None:
    fake = radiography.draw_first(tmp_path, np.random.default_rng(0))
    reading = read_folder(fake.folder)
    images = by_name(reading)
    sirm = "Italian Society of Medical and Interventional Radiology"
    assert [images[f"COVID-19{n}.png"].origin for n in (" (1)", " (2)", "(3)")] == [
        *(sirm, None, None),
    ]
    children = images["NORMAL (1).png"]
    assert children.origin == images["Viral Pneumonia (1).png"].origin
    assert (children.view, children.masks, children.lung_convention) == (View.AP, {}, None)
    assert list(problems_of(reading, "unexpected image")) == ["NORMAL/holiday.png"]


def test_radiography_without_masks_has_no_problem(tmp_path: Path) -> None:
    for name in ("COVID", "Normal"):
        write_chest(tmp_path / name / "images/x-1.png", np.random.default_rng(0))
    collection, root = recognise(tmp_path)
    assert collection.facts.name == "radiography"
    reading = collection.read(root)
    assert len(reading.radiographs) == 2 and reading.problems == ()


def test_radiography_that_somebody_divided_is_a_plain_folder_with_splits(tmp_path: Path) -> None:
    fake = radiography.draw_middle(tmp_path / "download", np.random.default_rng(0))
    (root,) = fake.folder.iterdir()
    for split in ("train", "test"):
        shutil.copytree(root, tmp_path / "divided" / split)
    reading = read_folder(tmp_path / "divided")
    assert (reading.collection, len(reading.radiographs)) == ("plain-folder", 8)
    assert reading.problems == ()


def test_kermany_reads_patient_and_cause_from_the_name(tmp_path: Path) -> None:
    reading = read_fake("kermany", tmp_path)
    images = {radiograph.source_path: radiograph for radiograph in reading.radiographs}
    virus = images["train/PNEUMONIA/person115_virus_3.jpeg"]
    assert virus.finding is Finding.VIRAL_PNEUMONIA
    assert virus.patient_id == "kermany:person115"
    assert (virus.official_split, virus.view) == (Split.TRAIN, View.AP)
    normals = {r.patient_id for r in reading.radiographs if r.finding is Finding.NORMAL}
    assert normals == {"kermany:IM-0115", "kermany:NORMAL2-IM-0115"}
    old = images["test/PNEUMONIA/VIRUS-1008087-0001.jpeg"]
    assert (old.finding, old.patient_id) == (Finding.VIRAL_PNEUMONIA, "kermany:VIRUS-1008087")
    assert list(problems_of(reading, "unexpected image")) == ["train/NORMAL/my holiday.jpg"]


def test_kermany_does_not_take_other_peoples_folders(tmp_path: Path) -> None:
    for name in ("NORMAL", "PNEUMONIA"):
        write_chest(tmp_path / "train" / name / "1.png", np.random.default_rng(0))
    assert recognise(tmp_path)[0].facts.name == "plain-folder"


def test_hannover_counts_days_from_the_admission(tmp_path: Path) -> None:
    images = by_name(read_fake("hannover", tmp_path))
    after = images["c9280a30.png"]
    assert (after.day, after.finding, after.view) == (2, Finding.COVID, View.AP)
    assert (after.patient_id, after.sex, after.age) == ("hannover:042f06a9", "M", None)
    before = images["53c9be49.png"]
    assert (before.day, before.finding) == (-14, None)


def test_shenzhen_reads_sex_and_age_where_they_are(tmp_path: Path) -> None:
    reading = read_fake("shenzhen", tmp_path)
    images = by_name(reading)
    assert [(r.sex, r.age) for r in reading.radiographs] == [("M", 45.0), ("F", 0.5), (None, None)]
    assert images["CHNCXR_0330_1.png"].finding is Finding.TUBERCULOSIS
    assert images["CHNCXR_0002_0.png"].masks == {}
    assert images["CHNCXR_0002_0.png"].lung_convention is None


def test_chestx_ray14_reads_its_table(tmp_path: Path) -> None:
    images = by_name(read_fake("chestx-ray14", tmp_path))
    first = images["00000001_000.png"]
    assert (first.finding, first.view, first.age, first.sex) == (
        *(Finding.NORMAL, View.PA, 58.0, "M"),
    )
    assert (first.patient_id, first.official_split) == ("chestx-ray14:00000001", Split.TRAIN)
    assert images["00000002_000.png"].age is None
    assert images["00000002_000.png"].view is View.FRONTAL
    assert images["00000009_000.png"].finding is None


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("nih-normal", Finding.NORMAL),
        ("No findings", Finding.NORMAL),
        ("ChestX-ray14 normal images", Finding.NORMAL),
        ("No finding adults", None),
        ("normal_vs_pneumonia", None),
        ("normal-and-tb", None),
        ("nih normal abnormal", None),
        ("not-only-normal", None),
        ("images", None),
        ("abnormal", None),
        ("not_normal", None),
    ],
)
def test_chestx_ray14_without_table_goes_by_its_folder(
    tmp_path: Path, name: str, finding: Finding | None
) -> None:
    write_chest(tmp_path / name / "00000001_000.png", np.random.default_rng(0))
    assert [r.finding for r in read_folder(tmp_path / name).radiographs] == [finding]


def test_chestx_ray14_with_two_tables_is_refused(tmp_path: Path) -> None:
    fake = chestx_ray14.draw(tmp_path, np.random.default_rng(0))
    assert fake.table is not None
    fake.table.with_name("Data_Entry_2017.csv").write_bytes(fake.table.read_bytes())
    with pytest.raises(CollectionError, match="two tables"):
        read_folder(fake.folder)


def test_a_plain_folder_has_classes_and_splits(tmp_path: Path) -> None:
    reading = read_fake("plain-folder", tmp_path)
    found = {r.source_path: (r.finding, r.official_split) for r in reading.radiographs}
    assert found == {
        "train/COVID_19/one.png": (Finding.COVID, Split.TRAIN),
        "train/COVID_19/ward 3/two.jpg": (Finding.COVID, Split.TRAIN),
        "Valid/healthy/images/three.png": (Finding.NORMAL, Split.VALIDATION),
        "test/Viral Pneumonia/four.PNG": (Finding.VIRAL_PNEUMONIA, Split.TEST),
        "bacteria/five.tif": (Finding.BACTERIAL_PNEUMONIA, None),
    }


@pytest.mark.parametrize("place", ["holiday/1.png", "normal/notes.txt", "normal/masks/1.png"])
def test_a_folder_without_class_and_image_is_not_recognised(tmp_path: Path, place: str) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.touch()
    with pytest.raises(CollectionError, match="no collection hilum knows"):
        recognise(tmp_path)


def test_a_plain_folder_takes_images_by_content_and_tells_what_it_cannot_read(
    tmp_path: Path,
) -> None:
    image = write_chest(tmp_path / "normal/a.png", np.random.default_rng(0)).pixels
    (tmp_path / "normal/IM0001").write_bytes(bytes(128) + b"DICM")
    (tmp_path / "normal/b.bmp").write_bytes(b"BM" + image.tobytes())
    (tmp_path / "normal/d.gif").write_bytes(b"GIF89a")
    (tmp_path / "normal/notes").write_text("none")
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday/IM0002").write_bytes(bytes(128) + b"DICM")
    reading = read_folder(tmp_path)
    assert sorted(by_name(reading)) == ["IM0001", "a.png"]
    assert {(p.source_path, p.kind) for p in reading.problems} == {
        ("normal/b.bmp", "unexpected image"),
        ("normal/d.gif", "unexpected image"),
        ("holiday/IM0002", "unknown class"),
    }


def test_covid_qu_ex_tells_masks_of_unknown_classes(tmp_path: Path) -> None:
    fake = covid_qu_ex.draw(tmp_path / "download", np.random.default_rng(3))
    mask = next(fake.folder.rglob("Train/COVID-19/lung masks/*.png"))
    stray = mask.parents[2] / "Influenza/lung masks" / mask.name
    stray.parent.mkdir(parents=True)
    stray.write_bytes(mask.read_bytes())
    reading = read_folder(fake.folder)
    assert list(problems_of(reading, "unexpected image")) == [
        f"Train/Influenza/lung masks/{mask.name}"
    ]
