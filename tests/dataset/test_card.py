"""What stands beside the rows – card, lock, Croissant – says the truth about them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import hilum
from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.read import Dataset, open_dataset
from hilum.dataset.schema import PICTURE_COLUMNS, dataset_schema
from hilum.dataset.split import SplitOptions
from hilum.radiograph import Split
from tests.fakes.compiled import compile_chests, write_collection


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return compile_chests(tmp_path_factory.mktemp("compiled"), {"Train": 5, "Val": 2})


def load(dataset: Dataset, name: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((dataset.folder / name).read_text(encoding="utf-8"))
    return values


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_lock_holds_every_source_every_file_and_the_options(compiled: Dataset) -> None:
    lock = load(compiled, "hilum.lock.json")
    collection = compiled.folder.parent / "collection"
    expected = {
        sha256(path): [f"covid-qu-ex:{path.relative_to(collection).as_posix()}"]
        for path in collection.glob("*/*/images/*.png")
    }
    assert lock["files"] == expected
    assert lock["shards"] == {
        path.name: sha256(path) for split in Split for path in compiled.shards(split)
    }
    assert lock["hilum"] == hilum.__version__
    (read,) = lock["inputs"]
    assert (read["collection"], read["images"]) == ("covid-qu-ex", 7)
    assert lock["packages"].keys() >= {"pydicom", "python-gdcm"}
    draw = {"fractions": [0.8, 0.1, 0.1], "seed": 0, "folds": None, "holdout": []}
    split = {"keep_official": True, **draw}
    assert lock["options"]["split"] == split and not {"salt", "workers"} & lock["options"].keys()
    hashes = {
        path.relative_to(collection).as_posix(): sha256(path)
        for path in collection.rglob("*")
        if path.is_file()
    }
    assert read["files"] == hashes


def test_the_content_hash_follows_the_content_only(compiled: Dataset, tmp_path: Path) -> None:
    collection = write_collection(tmp_path / "same", {"Train": 5, "Val": 2})
    again = open_dataset(compile_dataset([collection], tmp_path / "again").folder)
    assert again.content_sha256 == compiled.content_sha256

    drawn = CompileOptions(split=SplitOptions(keep_official=False, seed=3))
    other_split = compile_dataset([collection], tmp_path / "drawn", options=drawn).folder
    (collection / "Val/COVID-19/infection masks/000.png").unlink()
    other_mask = compile_dataset([collection], tmp_path / "mask").folder
    hashes = {open_dataset(folder).content_sha256 for folder in (other_split, other_mask)}
    assert len(hashes | {compiled.content_sha256}) == 3


def test_the_card_counts_findings_masks_and_issues(tmp_path: Path) -> None:
    collection = write_collection(tmp_path / "qu-ex", {"Train": 4, "Test": 3})
    (collection / "Train/COVID-19/infection masks/000.png").unlink()
    folder = compile_dataset([collection], tmp_path / "out").folder
    card = (folder / "README.md").read_text(encoding="utf-8")
    _, front, body = card.split("---\n", 2)
    (config,) = yaml.safe_load(front)["configs"]
    assert config["data_files"] == [
        {"split": "train", "path": "data/train-*.parquet"},
        {"split": "test", "path": "data/test-*.parquet"},
    ]
    lines = body.splitlines()
    assert "**Research use only; not for diagnosis.** 7 radiographs." in body
    assert "| finding | train | test |" in lines
    assert "| covid | 2 | 1 |" in lines
    assert "| normal | 1 | 1 |" in lines
    assert "| infection | 3 | 3 |" in lines
    assert "| right_lung | 4 | 3 |" in lines
    assert "| missing mask | 1 |" in lines
    assert "| covid-qu-ex | unknown | covid | 2 | 1 |" in lines
    assert "| covid-qu-ex | aerated | 7 |" in lines
    assert "| not stated; research use | 7 |" in lines
    assert "Tahir et al. 2021, doi 10.1016/j.compbiomed.2021.105002" in lines
    assert "| finding and origin | – | 0 | 0% |" in lines
    assert "**covid** shares no known origin with normal and pneumonia" in body
    assert "cannot be identified" in body and "win by recognising the hospital." not in body


def test_croissant_names_every_file_and_column(compiled: Dataset) -> None:
    croissant = load(compiled, "croissant.json")
    files = {
        part["@id"]: part for part in croissant["distribution"] if part["@type"] == "cr:FileObject"
    }
    for split in (Split.TRAIN, Split.VALIDATION):
        (path,) = compiled.shards(split)
        assert files[path.name]["sha256"] == sha256(path)
        assert (compiled.folder / files[path.name]["contentUrl"]).samefile(path)
    (file_set,) = (p for p in croissant["distribution"] if p["@type"] == "cr:FileSet")
    assert {path.name for path in compiled.folder.glob(file_set["includes"])} == set(files)
    (record_set,) = croissant["recordSet"]
    assert [field["name"] for field in record_set["field"]] == dataset_schema().names
    pictures = {f["name"] for f in record_set["field"] if f["dataType"] == "sc:ImageObject"}
    assert pictures == set(PICTURE_COLUMNS)
    assert croissant["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert croissant["description"].startswith("7 chest radiographs of covid-qu-ex")


def test_the_lock_follows_the_mask_files(compiled: Dataset, tmp_path: Path) -> None:
    collection = write_collection(tmp_path / "same", {"Train": 5, "Val": 2})
    (wanted,) = load(compiled, "hilum.lock.json")["inputs"]
    same = open_dataset(compile_dataset([collection], tmp_path / "again").folder)
    assert load(same, "hilum.lock.json")["inputs"] == [wanted]
    mask = collection / "Val/COVID-19/infection masks/000.png"
    mask.write_bytes(mask.read_bytes() + b" ")  # the same pixels
    other = open_dataset(compile_dataset([collection], tmp_path / "other").folder)
    assert load(other, "hilum.lock.json")["inputs"][0]["files"] != wanted["files"]
    assert other.content_sha256 == same.content_sha256


def test_hugging_face_reads_the_head(compiled: Dataset) -> None:
    import huggingface_hub as hub

    card = hub.DatasetCard.load(compiled.folder / "README.md")
    values = card.data.to_dict()
    assert (values["license"], values["license_name"]) == ("other", "per-image")
    assert values["task_categories"] == ["image-classification", "image-segmentation"]
    assert values["size_categories"] == ["n<1K"]


@pytest.mark.filterwarnings("ignore")  # of the library itself
def test_croissants_own_library_accepts_and_reads_it(compiled: Dataset) -> None:
    import mlcroissant

    described = mlcroissant.Dataset(jsonld=str(compiled.folder / "croissant.json"))
    assert not described.metadata.ctx.issues.errors
    recommended = ("datePublished", "version")  # a date would make a repeat differ
    assert all(
        any(name in warning for name in recommended)
        for warning in described.metadata.ctx.issues.warnings
    )
    records = list(described.records("radiographs"))
    assert len(records) == 7
    assert {record["radiographs/image"].size for record in records} == {(40, 48)}
