from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hilum.collections.registry import read_folder
from hilum.errors import CollectionError
from hilum.imaging.masks import read_mask
from hilum.radiograph import LungConvention, MaskFile, MaskPolygons, Structure
from tests.collections.readings import by_name, problems_of, read_fake
from tests.fakes import general_blockchain
from tests.fakes.fake import SIZE, draw_small_chest


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


SQUARE = [2.0, 2, 20, 2, 20, 20, 2, 20]


def _coco(*annotations: tuple[str, str, object]) -> dict[str, Any]:
    """(image, category, segmentation) as the set's COCO file has them."""
    images = list(dict.fromkeys(image for image, _, _ in annotations))
    categories = list(dict.fromkeys(category for _, category, _ in annotations))
    return {
        "images": [
            {"id": n, "file_name": name, "width": SIZE[1], "height": SIZE[0]}
            for n, name in enumerate(images)
        ],
        "categories": [{"id": n, "name": name} for n, name in enumerate(categories)],
        "annotations": [
            {"image_id": images.index(i), "category_id": categories.index(c), "segmentation": shape}
            for i, c, shape in annotations
        ],
    }


def _with_coco(tmp_path: Path, coco: object, place: str = "annotation") -> Path:
    """The fake with a COCO file; its root."""
    fake = general_blockchain.draw(tmp_path / "download", np.random.default_rng(3))
    assert fake.table is not None
    file = fake.table.parent / place / "results.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(coco if isinstance(coco, str) else json.dumps(coco))
    return fake.table.parent


@pytest.mark.parametrize("place", ["annotation", "annotations"])
def test_the_coco_file_gives_what_the_table_lacks(tmp_path: Path, place: str) -> None:
    coco = _coco(
        ("a.jpeg", "COVID-19 Right Lung", [SQUARE]),
        ("a.jpeg", "Cardiomediastinum", [SQUARE]),
        ("images/b.png", "COVID-19 Chest Tube", [SQUARE]),
        ("unannotated.jpg", "Nosogastric Tube", [SQUARE]),
    )
    reading = read_folder(_with_coco(tmp_path, coco, place))
    images = by_name(reading)
    assert isinstance(images["a.jpeg"].masks[Structure.RIGHT_LUNG][0], MaskFile)
    assert isinstance(images["a.jpeg"].masks[Structure.CARDIOMEDIASTINUM][0], MaskPolygons)
    assert set(images["unannotated.jpg"].masks) == {Structure.NASOGASTRIC_TUBE}
    assert images["unannotated.jpg"].lung_convention is None
    assert set(images["b.png"].masks) == {Structure.RIGHT_LUNG, Structure.CHEST_TUBE}
    sources = {name: radiograph.label_source for name, radiograph in images.items()}
    assert sources["a.jpeg"] == "metadata.csv; radiologists (COCO file: cardiomediastinum)"
    assert sources["unannotated.jpg"] == "metadata.csv; radiologists (COCO file)"
    told = [p.detail for p in reading.problems if p.kind == "missing mask"]
    assert "chest_tube: no masks/no.png; results.json gives it" in told


def test_the_coco_file_stands_in_for_the_table(tmp_path: Path) -> None:
    coco = _coco(
        ("a.jpeg", "Right Lung", [SQUARE]),
        ("a.jpeg", "Left Lung", [[1, 2, 3]]),
        ("a.jpeg", "Pacemaker", [SQUARE]),
        ("a.jpeg", "Cardiomediastinum", None),
        ("absent.jpg", "Left Lung", [SQUARE]),
        ("../b.png", "Left Lung", [SQUARE]),
    )
    root = _with_coco(tmp_path, coco)
    (root / "structure.csv").unlink()
    reading = read_folder(tmp_path)
    assert reading.collection == "general-blockchain"
    radiograph = by_name(reading)["a.jpeg"]
    assert set(radiograph.masks) == {Structure.RIGHT_LUNG}
    assert radiograph.lung_convention is LungConvention.PARTLY_BEHIND_HEART
    kinds = {problem.kind for problem in reading.problems}
    assert {"missing table", "damaged annotation", "unknown structure", "unsafe path"} <= kinds
    assert {"unused annotation", "missing image", "unused mask"} <= kinds


def test_images_may_have_the_tables_other_name_in_the_coco_file(tmp_path: Path) -> None:
    root = _with_coco(tmp_path, _coco(("misleading.jpg", "Airways", [SQUARE])))
    assert all(Structure.AIRWAYS not in r.masks for r in read_folder(root).radiographs)
    table = root / "structure.csv"
    rows = table.read_text().splitlines(keepends=True)
    table.write_text("".join(rows[:1] + [row for row in rows[1:] if "a.jpeg" in row]))
    assert Structure.AIRWAYS in by_name(read_folder(root))["a.jpeg"].masks


def test_a_damaged_coco_file_is_a_problem_beside_the_table_only(tmp_path: Path) -> None:
    root = _with_coco(tmp_path, '{"Cardiomediastinum": ')
    reading = read_folder(root)
    assert problems_of(reading, "damaged annotation").keys() == {"annotation/results.json"}
    assert Structure.RIGHT_LUNG in by_name(reading)["a.jpeg"].masks
    (root / "structure.csv").unlink()
    with pytest.raises(CollectionError, match="this is no JSON"):
        read_folder(root)


def test_another_coco_file_in_its_place_is_not_taken_for_it(tmp_path: Path) -> None:
    root = _with_coco(tmp_path, _coco(("a.jpeg", "lung", [SQUARE])))
    (root / "structure.csv").unlink()
    (root / "metadata.csv").unlink()
    assert read_folder(root).collection == "coco"
