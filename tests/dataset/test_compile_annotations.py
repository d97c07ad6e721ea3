"""Outlines of annotation tools, all the way into a dataset."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hilum.dataset.compile import compile_dataset
from hilum.dataset.lungs import lungs_by_convention
from hilum.dataset.read import open_dataset
from hilum.radiograph import LungConvention, Split, Structure
from tests.fakes.every import FAKES
from tests.fakes.fake import draw_small_chest

STRUCTURES = (Structure.RIGHT_LUNG, Structure.LEFT_LUNG, Structure.INFECTION)
FIRST = {
    "coco": "images/one.png",
    "cvat": "images/ward/one.png",
    "label-studio": "COVID (1).png",
    "plain-folder": "train/COVID_19/ward 3/two.jpg",
}


@pytest.mark.parametrize("name", ["coco", "cvat", "label-studio"])
def test_masks_arrive_as_drawn(tmp_path: Path, name: str) -> None:
    fake = FAKES[name](tmp_path / "download", np.random.default_rng(3))
    truth = draw_small_chest(np.random.default_rng(3), infected=True)
    dataset = open_dataset(compile_dataset([fake.folder], tmp_path / "out").folder)
    rows = [row for split in Split for row in dataset.rows(split, structures=STRUCTURES)]
    row = next(row for row in rows if row.labels["source_path"] == FIRST[name])
    for structure, mask in zip(
        STRUCTURES, (truth.right_lung, truth.left_lung, truth.infection), strict=True
    ):
        np.testing.assert_array_equal(row.mask(structure), mask)


def test_lungs_of_an_unknown_convention_are_kept_but_not_learned_from(tmp_path: Path) -> None:
    for name, known in (("coco", None), ("cvat", LungConvention.AERATED)):
        fake = FAKES[name](tmp_path / name, np.random.default_rng(3))
        dataset = open_dataset(compile_dataset([fake.folder], tmp_path / f"{name}-out").folder)
        rows = [row for split in Split for row in dataset.rows(split, structures=STRUCTURES)]
        row = next(row for row in rows if row.labels["source_path"] == FIRST[name])
        assert row.labels["lung_convention"] == known
        assert row.mask(Structure.RIGHT_LUNG) is not None
        assert bool(lungs_by_convention(row, LungConvention.AERATED)) == (known is not None)


def test_a_plain_folders_masks_arrive(tmp_path: Path) -> None:
    fake = FAKES["plain-folder"](tmp_path / "download", np.random.default_rng(3))
    dataset = open_dataset(compile_dataset([fake.folder], tmp_path / "out").folder)
    rows = [row for split in Split for row in dataset.rows(split, structures=STRUCTURES)]
    masks = {row.labels["source_path"]: set(row.masks) for row in rows}
    assert masks[FIRST["plain-folder"]] == {Structure.INFECTION}
    lungs = {Structure.RIGHT_LUNG, Structure.LEFT_LUNG}
    assert masks["Valid/healthy/images/three.png"] == lungs
    assert masks["test/Viral Pneumonia/four.PNG"] == lungs
    assert masks["bacteria/five.tif"] == set()
