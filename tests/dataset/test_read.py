"""A dataset on disk: read by this room, by pyarrow and by Hugging Face; damage is named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import PIL.Image
import pyarrow.parquet as pq
import pytest

from hilum.dataset.read import Dataset, open_dataset
from hilum.dataset.schema import LABEL_COLUMNS, PICTURE_COLUMNS
from hilum.errors import DatasetError
from hilum.radiograph import Finding, Split, Structure
from tests.fakes.compiled import compile_chests

COLUMNS = [
    "image_id",
    "image",
    *("right_lung", "left_lung", "infection", "cardiomediastinum", "airways", "ground_glass"),
    *("consolidation", "pleural_effusion", "pneumothorax", "endotracheal_tube"),
    *("central_venous_line", "monitoring_probes", "nasogastric_tube", "chest_tube", "tubings"),
    *("lung_convention", "finding", "patient_id", "group_id", "collection", "origin"),
    *("source_path", "official_split", "fold", "licence", "citation", "view", "age", "sex"),
    *("day", "geographic_extent_0_to_8", "opacity_0_to_6", "brixia_0_to_18", "label_source"),
    *("width", "height", "crop_left", "crop_top", "source_width", "source_height"),
]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return compile_chests(tmp_path_factory.mktemp("compiled"), {"Train": 5, "Val": 2})


@pytest.fixture
def folder(compiled: Dataset, tmp_path: Path) -> Path:
    """A copy to damage."""
    return shutil.copytree(compiled.folder, tmp_path / "dataset")


def test_rows_come_with_pictures_and_labels(compiled: Dataset) -> None:
    rows = list(compiled.rows(Split.TRAIN, structures=[Structure.RIGHT_LUNG, Structure.AIRWAYS]))
    assert len(rows) == compiled.count(Split.TRAIN) == 5
    first = rows[0]
    assert first.finding is Finding.COVID
    assert first.labels["lung_convention"] == "aerated"
    assert (first.pixels().shape, first.pixels().dtype) == ((48, 40), np.uint8)
    right = first.mask(Structure.RIGHT_LUNG)
    assert right is not None
    assert right.any()
    assert not right[:, 20:].any()
    assert first.mask(Structure.AIRWAYS) is None


def test_source_bytes_are_kept(compiled: Dataset) -> None:
    collection = compiled.folder.parent / "collection"
    for row in compiled.rows(Split.TRAIN):
        assert row.image == (collection / row.labels["source_path"]).read_bytes()


def test_rows_are_streamed(compiled: Dataset) -> None:
    rows = compiled.rows(Split.TRAIN)
    assert next(rows).image_id
    rows.close()  # type: ignore[attr-defined]


def test_an_empty_split_has_no_rows(compiled: Dataset) -> None:
    assert compiled.count(Split.TEST) == 0
    assert list(compiled.rows(Split.TEST)) == compiled.labels(Split.TEST) == []


def test_plain_pyarrow_reads_the_columns_in_order(compiled: Dataset) -> None:
    (path,) = compiled.shards(Split.VALIDATION)
    table = pq.read_table(path)
    assert table.column_names == COLUMNS
    assert {*PICTURE_COLUMNS, *LABEL_COLUMNS} == set(COLUMNS)
    row = table.to_pylist()[0]
    assert row["image"]["path"] == f"{row['image_id']}.png"
    assert row["infection"]["bytes"].startswith(b"\x89PNG")
    assert row["airways"] is None
    assert (row["width"], row["height"], row["fold"]) == (40, 48, None)


def test_hugging_face_shows_pictures(compiled: Dataset, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    files = {
        str(split): [str(path) for path in compiled.shards(split)]
        for split in (Split.TRAIN, Split.VALIDATION)
    }
    loaded = datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path))
    row = loaded["train"][0]
    assert isinstance(row["image"], PIL.Image.Image)
    assert row["image"].size == (40, 48)
    assert isinstance(row["infection"], PIL.Image.Image)
    assert row["infection"].mode == "1"
    assert row["airways"] is None
    assert row["finding"] == "covid"
    assert loaded["validation"].num_rows == 2


def test_hugging_face_loads_the_folder_by_its_card(compiled: Dataset, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    loaded = datasets.load_dataset(str(compiled.folder), cache_dir=str(tmp_path))
    assert {name: part.num_rows for name, part in loaded.items()} == {"train": 5, "validation": 2}
    assert isinstance(loaded["train"][0]["image"], PIL.Image.Image)


def test_a_folder_without_lock_is_no_dataset(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"this is no dataset; expected .* hilum\.lock"):
        open_dataset(tmp_path)
    with pytest.raises(DatasetError, match="nowhere: there is no such folder; expected"):
        open_dataset(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 99}', '{"format": 1}', "\x00"])
def test_a_damaged_or_foreign_lock_is_named(folder: Path, text: str) -> None:
    (folder / "hilum.lock.json").write_text(text)
    with pytest.raises(DatasetError, match=r"hilum\.lock\.json.*damaged or of another version"):
        open_dataset(folder)


def test_a_missing_and_a_foreign_file_are_named(folder: Path) -> None:
    (train,) = open_dataset(folder).shards(Split.TRAIN)
    train.rename(train.with_name("train-00007-of-00009.parquet"))
    with pytest.raises(
        DatasetError, match=r"missing train-00000-of-00001\S+; foreign train-00007-of-00009"
    ):
        open_dataset(folder)


def test_a_truncated_file_is_named(folder: Path) -> None:
    (train,) = open_dataset(folder).shards(Split.TRAIN)
    train.write_bytes(train.read_bytes()[:-100])
    with pytest.raises(
        DatasetError, match=r"train-00000-of-00001\.parquet: the file cannot be read"
    ):
        open_dataset(folder)


def test_a_file_of_other_rows_under_the_same_name_is_refused(folder: Path) -> None:
    (train,) = open_dataset(folder).shards(Split.TRAIN)
    pq.write_table(pq.read_table(train).slice(1), train)
    with pytest.raises(DatasetError, match=r"train-\S+: the file is not the one .* got SHA-256"):
        open_dataset(folder)


def test_a_file_damaged_inside_is_named_when_read(folder: Path) -> None:
    dataset = open_dataset(folder)
    (train,) = dataset.shards(Split.TRAIN)
    place = pq.read_metadata(train).row_group(0).column(1).data_page_offset
    data = bytearray(train.read_bytes())
    data[place + 200] ^= 0xFF
    train.write_bytes(data)
    with pytest.raises(
        DatasetError, match=r"train-00000-of-00001\.parquet: the file cannot be read"
    ):
        list(dataset.rows(Split.TRAIN))


def test_missing_columns_are_named(folder: Path) -> None:
    (train,) = open_dataset(folder).shards(Split.TRAIN)
    pq.write_table(pq.read_table(train).drop_columns(["finding", "age"]), train)
    with pytest.raises(DatasetError, match="no age, finding"):
        open_dataset(folder)


def test_a_file_that_vanishes_is_named(folder: Path) -> None:
    dataset = open_dataset(folder)
    (train,) = dataset.shards(Split.TRAIN)
    train.write_bytes(b"")
    for read in (dataset.count, dataset.labels):
        with pytest.raises(DatasetError, match="cannot be read as part of a dataset"):
            read(Split.TRAIN)


def test_the_lock_is_plain_json(folder: Path) -> None:
    lock = json.loads((folder / "hilum.lock.json").read_text(encoding="utf-8"))
    assert open_dataset(folder).content_sha256 == lock["content_sha256"]
