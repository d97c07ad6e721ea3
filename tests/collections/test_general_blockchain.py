from __future__ import annotations

from pathlib import Path

import numpy as np

from hilum.collections.registry import read_folder
from hilum.imaging.masks import read_mask
from hilum.radiograph import LungConvention, Structure
from tests.collections.readings import by_name, problems_of, read_fake
from tests.fakes import general_blockchain
from tests.fakes.fake import draw_small_chest


def test_cropped_masks_come_back_in_their_place(tmp_path: Path) -> None:
    truth = draw_small_chest(np.random.default_rng(3), infected=True)  # the fake's first chest
    radiograph = by_name(read_fake("general-blockchain", tmp_path))["a.jpeg"]
    height, width = truth.pixels.shape
    for structure, expected in (
        (Structure.RIGHT_LUNG, truth.right_lung),
        (Structure.LEFT_LUNG, truth.left_lung),
        (Structure.GROUND_GLASS, truth.infection),
        (Structure.NASOGASTRIC_TUBE, truth.infection),
    ):
        mask = read_mask(radiograph.masks[structure], width=width, height=height)
        np.testing.assert_array_equal(mask, expected)
    assert radiograph.lung_convention is LungConvention.PARTLY_BEHIND_HEART


def test_structures_without_row_or_mask_are_unknown(tmp_path: Path) -> None:
    reading = read_fake("general-blockchain", tmp_path)
    images = by_name(reading)
    assert Structure.INFECTION not in images["a.jpeg"].masks
    assert set(images["b.png"].masks) == {Structure.RIGHT_LUNG}
    assert images["unannotated.jpg"].masks == {}
    assert images["unannotated.jpg"].lung_convention is None
    assert problems_of(reading, "missing image") == {
        "images/absent.jpg": "structure.csv names it, images/ has it not"
    }


def test_a_structure_of_which_one_mask_is_lost_is_unknown(tmp_path: Path) -> None:
    fake = general_blockchain.draw(tmp_path / "download", np.random.default_rng(3))
    assert fake.table is not None
    text = fake.table.read_text()
    row = next(line for line in text.splitlines() if "Ground Glass" in line and "a.jpeg" in line)
    lost = row.replace("Ground_Glass_Opacities.png", "lost.png")
    fake.table.write_text(f"{text}{lost}\n")
    masks = by_name(read_folder(fake.folder))["a.jpeg"].masks
    assert Structure.GROUND_GLASS not in masks and Structure.RIGHT_LUNG in masks


def test_patients_are_those_of_ieee8023(tmp_path: Path) -> None:
    images = by_name(read_fake("general-blockchain", tmp_path))
    assert images["a.jpeg"].patient_id == "ieee8023:2"
    assert images["b.png"].patient_id is None


def test_lives_without_metadata(tmp_path: Path) -> None:
    fake = general_blockchain.draw(tmp_path / "download", np.random.default_rng(3))
    next(fake.folder.rglob("metadata.csv")).unlink()
    reading = read_folder(fake.folder)
    assert len(reading.radiographs) == fake.radiographs
    assert all(radiograph.finding is None for radiograph in reading.radiographs)
    assert problems_of(reading, "missing table")


def test_annotators_and_publisher_are_both_named(tmp_path: Path) -> None:
    images = by_name(read_fake("general-blockchain", tmp_path))
    outlined, bare = images["a.jpeg"], images["unannotated.jpg"]
    assert outlined.licence.name == "CC-BY-3.0 AND CC-BY-4.0"
    assert outlined.label_source == "metadata.csv; radiologists"
    assert "General Blockchain 2020" in outlined.citation and "Cohen" in outlined.citation
    assert "CC-BY-4.0" not in bare.licence.name and bare.label_source == "metadata.csv"
    assert "General Blockchain 2020" in images["b.png"].citation
