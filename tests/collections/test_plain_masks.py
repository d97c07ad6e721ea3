"""Masks beside images, in the layouts people keep them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from hilum.collections.collection import Reading
from hilum.collections.registry import read_folder
from hilum.errors import CollectionError
from hilum.imaging.masks import read_mask
from hilum.radiograph import Finding, LungConvention, MaskFile, Split, Structure
from tests.collections.readings import problems_of
from tests.fakes.fake import write_chest, write_mask

INSIDE = np.zeros((48, 40), bool)
INSIDE[10:30, 5:15] = True
IMAGE = cv2.imencode(".png", np.zeros((48, 40), np.uint8))[1].tobytes()


def _read(folder: Path, *names: str) -> Reading:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(IMAGE)
    reading = read_folder(folder)
    assert reading.collection == "plain-folder"
    accounted = {r.path for r in reading.radiographs}
    accounted |= {reading.root / p.source_path for p in reading.problems}
    for radiograph in reading.radiographs:
        accounted |= {m.path for s in radiograph.masks.values() for m in s}  # type: ignore[union-attr]
    assert {folder / name for name in names} <= accounted
    return reading


def _masks(reading: Reading) -> dict[str, dict[Structure, list[str]]]:
    """By image, the mask files of each structure, relative to the root."""
    return {
        radiograph.source_path: {
            structure: [
                mask.path.relative_to(reading.root).as_posix()
                for mask in masks
                if isinstance(mask, MaskFile)
            ]
            for structure, masks in radiograph.masks.items()
        }
        for radiograph in reading.radiographs
    }


LUNGS, INFECTION = Structure.LUNGS, Structure.INFECTION


@pytest.mark.parametrize(
    ("image", "mask", "structure"),
    [
        ("images/x.png", "lung masks/x.png", LUNGS),
        ("images/x.png", "Lung_Mask/x.png", LUNGS),
        ("images/x.png", "lungs/x.png", LUNGS),
        ("images/x.jpg", "infection/x.png", INFECTION),
        ("images/x.png", "infection masks/x_mask.png", INFECTION),
        ("images/x.png", "left_lung/mask_x.png", Structure.LEFT_LUNG),
        ("images/x.png", "masks/lung/x.png", LUNGS),
        ("images/x.png", "masks/x_infection.png", INFECTION),
        ("images/ward/x.png", "heart/ward/x.png", Structure.CARDIOMEDIASTINUM),
        ("train/images/x.png", "train/lung masks/x.png", LUNGS),
        ("images/train/x.png", "lung masks/train/x.png", LUNGS),
        ("covid/images/x.png", "covid/lung masks/x.png", LUNGS),
        ("covid/x.png", "covid/lungs/x.png", LUNGS),
        ("covid/x.png", "lung masks/covid/x.png", LUNGS),
        ("covid/x.png", "lung masks/x.png", LUNGS),
        ("images/covid/x.png", "lungs/covid/x.png", LUNGS),
        ("x.png", "x_lung.png", LUNGS),
        ("x.png", "x-infection-mask.png", INFECTION),
        ("x.png", "x_right_lung.png", Structure.RIGHT_LUNG),
        ("x.png", "infection_x.png", INFECTION),
        ("my.film (1).png", "my.film (1)_ggo.png", Structure.GROUND_GLASS),
    ],
)
def test_a_mask_is_found_and_named(
    tmp_path: Path, image: str, mask: str, structure: Structure
) -> None:
    reading = _read(tmp_path, image, mask)
    assert [r.path for r in reading.radiographs] == [tmp_path / image]
    masks = reading.radiographs[0].masks
    assert masks == {structure: (MaskFile(tmp_path / mask),)}
    finding = reading.radiographs[0].finding
    assert finding is (Finding.COVID if "covid" in image else None)
    assert reading.radiographs[0].official_split is (Split.TRAIN if "train" in image else None)


@pytest.mark.parametrize("mask", ["covid/x_mask.png", "covid/masks/x.png", "masks/x.png"])
def test_a_mere_mask_says_nothing_and_is_no_image(tmp_path: Path, mask: str) -> None:
    reading = _read(tmp_path, "covid/x.png", "covid/y.png", mask)
    assert _masks(reading).keys() <= {"covid/x.png", "covid/y.png", "x.png", "y.png"}
    assert all(not masks for masks in _masks(reading).values())
    kinds = {problem.kind for problem in reading.problems}
    assert kinds == ({"unused mask"} if mask.startswith("covid") else kinds)


def test_images_and_masks_of_unknown_things_are_no_collection(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    for folder in ("images", "masks"):
        (tmp_path / folder / "x.png").write_bytes(IMAGE)
    with pytest.raises(CollectionError, match="no collection hilum knows"):
        read_folder(tmp_path)


def test_classes_named_like_structures_are_no_masks(tmp_path: Path) -> None:
    reading = _read(tmp_path, "normal/1.png", "pneumothorax/1.png", "effusion/2.png")
    assert _masks(reading) == {"normal/1.png": {}}
    assert problems_of(reading, "unknown class").keys() == {"pneumothorax/1.png", "effusion/2.png"}


def test_masks_without_image_and_images_without_mask_are_told(tmp_path: Path) -> None:
    reading = _read(tmp_path, "images/a.png", "images/b.png", "infection/a.png", "infection/c.png")
    assert _masks(reading) == {"images/a.png": {INFECTION: ["infection/a.png"]}}
    assert list(problems_of(reading, "mask without image")) == ["infection/c.png"]
    assert list(problems_of(reading, "unknown class")) == ["images/b.png"]


def test_two_images_of_one_name_have_no_mask(tmp_path: Path) -> None:
    reading = _read(tmp_path, "covid/x.png", "covid/x.jpg", "normal/y.png", "covid/x_lung.png")
    assert all(not masks for masks in _masks(reading).values())
    assert problems_of(reading, "unused mask") == {"covid/x_lung.png": "2 images have its name"}
    apart = _read(tmp_path / "b", "covid/x.png", "normal/x.png", "lung masks/x.png")
    assert list(problems_of(apart, "unused mask")) == ["lung masks/x.png"]


def test_folder_and_name_that_contradict_are_not_believed(tmp_path: Path) -> None:
    reading = _read(tmp_path, "covid/x.png", "covid/lung masks/x_infection.png")
    assert _masks(reading) == {"covid/x.png": {}}
    assert (
        "infection, lungs"
        in problems_of(reading, "unused mask")["covid/lung masks/x_infection.png"]
    )


def test_the_convention_of_lungs_is_known_only_where_it_is_said(tmp_path: Path) -> None:
    said = _read(tmp_path / "a", "images/x.png", "aerated lung masks/x.png")
    assert said.radiographs[0].lung_convention is LungConvention.AERATED
    assert said.problems == ()
    mute = _read(tmp_path / "b", "images/x.png", "lung masks/x.png")
    assert mute.radiographs[0].lung_convention is None
    (problem,) = mute.problems
    assert problem.kind == "unknown lung convention" and "aerated lungs" in problem.detail


def test_the_pixels_are_those_of_the_file(tmp_path: Path) -> None:
    chest = write_chest(tmp_path / "covid/x.png", np.random.default_rng(0))
    write_mask(tmp_path / "covid/x_lungs.png", chest.lungs)
    (radiograph,) = read_folder(tmp_path).radiographs
    mask = read_mask(radiograph.masks[LUNGS], width=40, height=48)
    np.testing.assert_array_equal(mask, chest.lungs)
