"""What training sees of a dataset: which rows, which masks, which findings; decoded once."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from hilum.dataset.compile import compile_dataset
from hilum.dataset.read import Dataset, Row, open_dataset
from hilum.errors import DatasetError
from hilum.imaging.masks import encode_mask
from hilum.learning.arrays import TrainingArrays, class_index, load_arrays
from hilum.learning.targets import UNKNOWN_FINDING
from hilum.radiograph import Finding, Split, Structure
from tests.fakes.compiled import compile_chests
from tests.learning.recipes import tiny_recipe

SIDES = [Structure.RIGHT_LUNG, Structure.LEFT_LUNG]
FINDINGS: dict[str, Any] = {
    "findings": ["normal", "covid"],
    "loss": {"finding": 1.0},
    "network": {"architecture": "unet", "encoder": "resnet18"},
}


@dataclasses.dataclass(frozen=True)
class Rows(Dataset):
    """A dataset whose rows are given."""

    given: tuple[Row, ...] = ()

    def count(self, split: Split) -> int:
        return len(self.given)

    def rows(self, split: Split, *, structures: Sequence[Structure] = ()) -> Iterator[Row]:
        for row in self.given:
            masks = {s: m for s, m in row.masks.items() if s in structures}
            yield dataclasses.replace(row, masks=masks)


def make_row(name: str, *structures: Structure, **labels: Any) -> Row:
    """A 64×64 image; each structure's mask fills a quarter of its own."""
    masks = {}
    for structure in structures:
        mask = np.zeros((64, 64), np.bool_)
        left = 32 if structure is Structure.LEFT_LUNG else 0
        top = 32 if structure is Structure.INFECTION else 0
        mask[top : top + 32, left : left + 32] = True
        masks[structure] = encode_mask(mask)
    ok, image = cv2.imencode(".png", np.arange(64 * 64, dtype=np.uint32).reshape(64, 64) % 251)
    assert ok
    known = {
        "image_id": name,
        "group_id": name,
        "finding": None,
        "view": None,
        "collection": "drawn",
    }
    return Row(image.tobytes(), masks, {**known, "lung_convention": "aerated", **labels})


def load(tmp_path: Path, *rows: Row, **recipe: Any) -> TrainingArrays:
    dataset = Rows(tmp_path, "hash", given=rows)
    return load_arrays(dataset, Split.TRAIN, tiny_recipe(**recipe), tmp_path / "arrays")


def test_each_target_has_its_bit(tmp_path: Path) -> None:
    row = make_row("a", *SIDES, Structure.INFECTION)
    arrays = load(tmp_path, row, targets=["left_lung", "infection", "right_lung"])
    bits = arrays.labels[0]
    assert (bits[0, 0], bits[0, 63], bits[63, 0], bits[63, 63]) == (0b100, 0b001, 0b010, 0)
    assert arrays.known.tolist() == [[True, True, True]]
    np.testing.assert_array_equal(arrays.images[0], row.pixels())


def test_lungs_need_both_sides(tmp_path: Path) -> None:
    rows = [make_row("a", *SIDES), make_row("b", Structure.RIGHT_LUNG, Structure.INFECTION)]
    arrays = load(tmp_path, *rows, targets=["lungs", "infection"])
    assert arrays.known.tolist() == [[True, False], [False, True]]
    assert (arrays.labels[0, :32] == 1).all()
    assert not (arrays.labels[1] & 1).any()


def test_lungs_of_another_convention_are_unknown(tmp_path: Path) -> None:
    rows = [
        make_row("a", *SIDES, Structure.INFECTION, lung_convention="behind_heart"),
        make_row("b", *SIDES, Structure.INFECTION, lung_convention=None),
        make_row("c", *SIDES, Structure.INFECTION),
    ]
    arrays = load(tmp_path, *rows, targets=["lungs", "infection"])
    assert arrays.known.tolist() == [[False, True], [False, True], [True, True]]
    other = load(tmp_path, *rows, targets=["lungs"], lung_convention="behind_heart")
    assert other.groups == ("a",)


def test_a_lung_drawn_behind_the_heart_is_aerated_once_the_heart_is_taken_away(
    tmp_path: Path,
) -> None:
    row = make_row(
        "a",
        *SIDES,
        Structure.INFECTION,
        Structure.CARDIOMEDIASTINUM,
        lung_convention="partly_behind_heart",
    )  # the heart's mask fills the same quarter as the right lung's
    half = np.zeros((64, 64), np.bool_)
    half[:32, 16:48] = True
    row.masks[Structure.CARDIOMEDIASTINUM] = encode_mask(half)
    arrays = load(tmp_path, row, targets=["right_lung", "left_lung", "whole_lungs"])
    assert arrays.known.all()
    assert (arrays.labels[0, 8:24, 2:14] == 0b101).all()
    assert (arrays.labels[0, 8:24, 50:62] == 0b110).all()
    assert (arrays.labels[0, 8:24, 20:44] == 0b100).all()


def test_what_other_opacity_is_does_not_hang_on_what_is_learned_of_the_finding(
    tmp_path: Path,
) -> None:
    rows = [
        make_row("a", *SIDES, finding="pneumonia/viral", collection="general-blockchain"),
        make_row("b", *SIDES, finding="tuberculosis"),
        make_row("c", *SIDES, finding="covid"),
        make_row("d", *SIDES, finding="normal"),
        make_row("e", *SIDES),
    ]
    uses = {"general-blockchain": {"finding": False}}
    arrays = load(tmp_path, *rows, collections=uses, **FINDINGS)
    assert arrays.other_opacity.tolist() == [True, True, False, False, False]


def test_a_row_whose_finding_is_not_learned_and_that_has_no_mask_is_left_out(
    tmp_path: Path,
) -> None:
    rows = [make_row("a", finding="covid", collection="kermany"), make_row("b", finding="covid")]
    arrays = load(tmp_path, *rows, collections={"kermany": {"finding": False}}, **FINDINGS)
    assert arrays.groups == ("b",)


def test_a_collection_can_come_more_often_and_keep_its_finding_to_itself(tmp_path: Path) -> None:
    rows = [
        make_row("few", *SIDES, finding="covid", collection="general-blockchain"),
        make_row("many", *SIDES, finding="covid"),
    ]
    uses = {"general-blockchain": {"repeats": 3, "finding": False}}
    arrays = load(tmp_path, *rows, collections=uses, **FINDINGS)
    assert arrays.repeats.tolist() == [3, 1]
    assert arrays.findings.tolist() == [UNKNOWN_FINDING, 1]


def test_laterals_and_rows_that_teach_nothing_are_left_out(tmp_path: Path) -> None:
    rows = [
        make_row("lateral", *SIDES, finding="covid", view="lateral"),
        make_row("nothing"),
        make_row("other finding", finding="tuberculosis"),
        make_row("mask only", *SIDES, view="AP"),
        make_row("finding only", finding="covid"),
    ]
    arrays = load(tmp_path, *rows, **FINDINGS)
    assert arrays.groups == ("mask only", "finding only")
    assert arrays.findings.tolist() == [UNKNOWN_FINDING, 1]
    assert arrays.known.tolist() == [[True], [False]]
    assert len(arrays) == 2


def test_a_finding_belongs_to_the_class_it_is_a_kind_of() -> None:
    classes = [Finding.NORMAL, Finding.PNEUMONIA]
    assert class_index(Finding.BACTERIAL_PNEUMONIA, classes) == 1
    assert class_index(Finding.COVID, classes) == UNKNOWN_FINDING
    assert class_index(None, classes) == UNKNOWN_FINDING
    assert class_index(Finding.PNEUMONIA, [Finding.VIRAL_PNEUMONIA]) == UNKNOWN_FINDING


def test_arrays_are_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = compile_chests(tmp_path, {"Train": 4}, size=(80, 72))
    recipe = tiny_recipe()
    first = load_arrays(dataset, Split.TRAIN, recipe, tmp_path / "arrays")
    with monkeypatch.context() as without_rows:
        without_rows.delattr(Dataset, "rows")
        loads = [first, load_arrays(dataset, Split.TRAIN, recipe, tmp_path / "arrays")]
    np.testing.assert_array_equal(loads[0].images, loads[1].images)
    np.testing.assert_array_equal(loads[0].labels, loads[1].labels)
    assert loads[0].images.shape == (4, 64, 64)
    assert isinstance(loads[1].images, np.memmap)

    other = recipe.model_copy(update={"image_size": 32})
    again = load_arrays(dataset, Split.TRAIN, other, tmp_path / "arrays")
    assert again.images.shape == (4, 32, 32)


def test_decoding_that_was_cut_off_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = compile_chests(tmp_path, {"Train": 4}, size=(64, 64))
    cache = tmp_path / "arrays"

    rows = Dataset.rows

    def pull_the_plug(*args: Any, **options: Any) -> Iterator[Row]:
        yield next(rows(*args, **options))
        raise RuntimeError

    with monkeypatch.context() as cut_off, pytest.raises(RuntimeError):
        cut_off.setattr(Dataset, "rows", pull_the_plug)
        load_arrays(dataset, Split.TRAIN, tiny_recipe(), cache)
    arrays = load_arrays(dataset, Split.TRAIN, tiny_recipe(), cache)
    assert all(image.any() for image in arrays.images)


def test_a_split_with_nothing_to_use_is_said(tmp_path: Path) -> None:
    dataset = compile_chests(tmp_path, {"Train": 2}, size=(64, 64))
    with pytest.raises(DatasetError, match="test split has nothing this recipe can use"):
        load_arrays(dataset, Split.TEST, tiny_recipe(), tmp_path / "arrays")
    with pytest.raises(DatasetError, match="frontal radiographs with lungs"):
        load_arrays(
            dataset, Split.TRAIN, tiny_recipe(lung_convention="behind_heart"), tmp_path / "arrays"
        )


def test_every_row_of_a_compiled_dataset_is_there_or_in_the_issues(tmp_path: Path) -> None:
    dataset = compile_chests(tmp_path, {"Train": 6}, size=(64, 64))
    (tmp_path / "collection/Train/Normal/images/002.png").write_bytes(b"no image")
    compile_dataset([tmp_path / "collection"], tmp_path / "again")
    again = open_dataset(tmp_path / "again")
    arrays = load_arrays(again, Split.TRAIN, tiny_recipe(), tmp_path / "arrays")
    with (again.folder / "issues.csv").open(newline="", encoding="utf-8") as file:
        unreadable = [one for one in csv.DictReader(file) if one["kind"] == "unreadable image"]
    assert len(arrays) + len(unreadable) == dataset.count(Split.TRAIN)
