"""Folders → a dataset folder that is complete, repeatable and accounts for every input."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hilum.dataset import write
from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.read import open_dataset
from hilum.errors import CollectionError, DatasetError, OutputError
from hilum.radiograph import Split, Structure
from tests.fakes import covid_qu_ex
from tests.fakes.chest import draw_chest
from tests.fakes.compiled import write_collection, write_radiograph
from tests.fakes.fake import write_image, write_mask

COUNTS = {"Train": 6, "Val": 3, "Test": 3}


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    return write_collection(tmp_path / "qu-ex", COUNTS)


def read_issues(folder: Path) -> list[dict[str, str]]:
    with (folder / "issues.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_folder_is_as_designed(collection: Path, tmp_path: Path) -> None:
    compiled = compile_dataset([collection], tmp_path / "out")
    assert sorted(contents(compiled.folder)) == [
        "README.md",
        "croissant.json",
        "data/test-00000-of-00001.parquet",
        "data/train-00000-of-00001.parquet",
        "data/validation-00000-of-00001.parquet",
        "hilum.lock.json",
        "issues.csv",
    ]
    assert compiled.images_read == 12
    assert compiled.rows_by_split == {"test": 3, "train": 6, "validation": 3}
    assert compiled.issues_by_kind == {}


def test_a_repeat_gives_identical_bytes_wherever_it_runs(collection: Path, tmp_path: Path) -> None:
    (collection / "Train/Normal/infection masks/002.png").write_bytes(b"damaged")
    first = compile_dataset([collection], tmp_path / "one").folder
    elsewhere = tmp_path / "elsewhere" / "other name"
    shutil.copytree(collection, elsewhere)
    options = CompileOptions(workers=2)
    second = compile_dataset([elsewhere], tmp_path / "two", options=options).folder
    assert contents(first) == contents(second)


def test_nothing_vanishes(tmp_path: Path) -> None:
    root = write_collection(tmp_path / "qu-ex", {"Train": 6, "Test": 3})
    train = root / "Train"
    (train / "Normal/images/002.png").write_bytes(b"no image")
    (train / "Normal/infection masks/005.png").unlink()
    (train / "COVID-19/infection masks/000.png").write_bytes(b"no mask")
    write_mask(train / "COVID-19/lung masks/003.png", np.ones((48, 40), np.bool_))
    twin = train / "Non-COVID/images/001.png"
    shutil.copy(twin, root / "Test/Normal/images/002.png")
    write_image(root / "stray.png", np.zeros((8, 8), np.uint8))

    compiled = compile_dataset([root], tmp_path / "out")
    issues = Counter(
        (issue["source_path"], issue["kind"]) for issue in read_issues(compiled.folder)
    )
    assert issues[("Train/Normal/images/002.png", "unreadable image")] == 1
    assert issues[("Train/Normal/images/005.png", "missing mask")] == 1
    assert issues[("Train/COVID-19/images/000.png", "unreadable mask")] == 1
    assert issues[("Train/COVID-19/images/003.png", "lungs not told apart")] == 1
    assert issues[("Test/Normal/images/002.png", "identical file")] == 1
    assert issues[("Test/Normal/images/002.png", "conflicting finding")] == 1
    assert issues[("Train/Non-COVID/images/001.png", "moved to keep a group together")] == 1
    assert any(path == "stray.png" for path, _ in issues)

    dataset = open_dataset(compiled.folder)
    in_rows = {row["source_path"] for split in Split for row in dataset.labels(split)}
    told = {path for path, _ in issues}
    images = {p.relative_to(root).as_posix() for p in root.rglob("*.png") if "masks" not in str(p)}
    assert images <= in_rows | told
    assert len(in_rows) == 7


def test_a_mask_is_null_where_unknown_and_zero_where_absent(tmp_path: Path) -> None:
    root = write_collection(tmp_path / "qu-ex", {"Train": 3})
    (root / "Train/COVID-19/infection masks/000.png").unlink()
    dataset = open_dataset(compile_dataset([root], tmp_path / "out").folder)
    rows = {
        row.labels["source_path"]: row.mask(Structure.INFECTION)
        for row in dataset.rows(Split.TRAIN, structures=[Structure.INFECTION])
    }
    assert rows["Train/COVID-19/images/000.png"] is None
    normal = rows["Train/Normal/images/002.png"]
    assert normal is not None
    assert not normal.any()


def test_identical_files_of_two_collections_become_one_row(tmp_path: Path) -> None:
    one = write_collection(tmp_path / "qu-ex", {"Train": 3, "Test": 1})
    other = tmp_path / "sorted"
    for name in ("viral pneumonia", "covid"):
        (other / name).mkdir(parents=True)
    shutil.copy(one / "Train/Non-COVID/images/001.png", other / "viral pneumonia/x.png")
    write_image(other / "covid/y.png", draw_chest(np.random.default_rng(9), size=(48, 40)).pixels)

    dataset = open_dataset(compile_dataset([one, other], tmp_path / "out").folder)
    rows = [row for split in Split for row in dataset.labels(split)]
    (merged,) = (row for row in rows if row["source_path"] == "Train/Non-COVID/images/001.png")
    assert merged["collection"] == "covid-qu-ex"
    assert merged["finding"] == "pneumonia/viral"
    assert len(rows) == 5
    kinds = [issue["kind"] for issue in read_issues(dataset.folder)]
    assert [kind for kind in kinds if kind != "missing part"] == ["identical file"]


def test_a_patient_is_never_in_two_splits(tmp_path: Path) -> None:
    root = write_collection(tmp_path / "qu-ex", {"Train": 3, "Test": 1})
    rng = np.random.default_rng(5)
    for place in ("Train", "Val", "Test"):
        chest = draw_chest(rng, size=(48, 40))
        write_radiograph(root, f"{place}/Normal/sub-S01_ses-{place}.png", chest)
    compiled = compile_dataset([root], tmp_path / "out")
    dataset = open_dataset(compiled.folder)
    patients = {
        split: [row["source_path"] for row in dataset.labels(split) if row["patient_id"]]
        for split in Split
    }
    assert [len(patients[split]) for split in (Split.TRAIN, Split.VALIDATION, Split.TEST)] == [
        0,
        0,
        3,
    ]
    assert compiled.issues_by_kind["moved to keep a group together"] == 2


def test_an_existing_output_is_left_alone(collection: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.mkdir()
    (output / "mine.txt").write_text("precious")
    with pytest.raises(OutputError, match="exists already"):
        compile_dataset([collection], output)
    assert contents(output) == {"mine.txt": b"precious"}


def test_an_output_that_cannot_be_written_is_said(collection: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        compile_dataset([collection], tmp_path / "file" / "out")


def test_a_folder_given_twice_is_refused(collection: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(collection)
    for again in (collection, link):
        with pytest.raises(DatasetError, match="given twice"):
            compile_dataset([collection, again], tmp_path / "out")


def test_an_unknown_folder_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CollectionError):
        compile_dataset([tmp_path / "empty"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_collection_without_a_readable_image_is_an_error(tmp_path: Path) -> None:
    root = write_collection(tmp_path / "qu-ex", {"Train": 2})
    for path in root.glob("Train/*/images/*.png"):
        path.write_bytes(b"no image")
    with pytest.raises(DatasetError, match=r"no image could be read.*2 × unreadable image"):
        compile_dataset([root], tmp_path / "out")


def fail_while(step: str) -> Callable[[str, int], Callable[[], None]]:
    def progress(name: str, _total: int) -> Callable[[], None]:
        def advance() -> None:
            if name == step:
                raise RuntimeError("the plug was pulled")

        return advance

    return progress


@pytest.mark.parametrize("step", ["reading", "writing"])
def test_a_crash_leaves_no_dataset_and_the_next_run_goes_on(
    collection: Path, tmp_path: Path, step: str
) -> None:
    output = tmp_path / "new" / "out"
    with pytest.raises(RuntimeError):
        compile_dataset([collection], output, progress=fail_while(step))
    assert [path.name for path in output.parent.iterdir()] == [".out.unfinished"]
    compile_dataset([collection], output)
    assert [path.name for path in output.parent.iterdir()] == ["out"]


def test_a_large_split_is_cut_into_several_files(
    collection: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = open_dataset(compile_dataset([collection], tmp_path / "whole").folder)
    size = (collection / "Train/Normal/images/002.png").stat().st_size
    monkeypatch.setattr(write, "_SHARD_BYTES", 2 * size)
    monkeypatch.setattr(write, "_ROW_GROUP_ROWS", 1)
    cut = open_dataset(compile_dataset([collection], tmp_path / "cut").folder)

    names = [path.name for path in cut.shards(Split.TRAIN)]
    assert len(names) in (2, 3)
    assert names == [f"train-{n:05}-of-{len(names):05}.parquet" for n in range(len(names))]
    assert cut.labels(Split.TRAIN) == whole.labels(Split.TRAIN)
    assert cut.content_sha256 == whole.content_sha256


def test_two_folders_of_one_collection_are_told_apart(tmp_path: Path) -> None:
    for number, ward in enumerate(("ward 1", "ward 2")):
        rng = np.random.default_rng(number)
        write_image(tmp_path / ward / "covid/a.png", draw_chest(rng, size=(48, 40)).pixels)
        write_image(tmp_path / ward / "holiday/b.png", np.zeros((8, 8), np.uint8))
    both = [tmp_path / "ward 1", tmp_path / "ward 2"]
    dataset = open_dataset(compile_dataset(both, tmp_path / "out").folder)
    paths = sorted(row["source_path"] for split in Split for row in dataset.labels(split))
    assert paths == ["ward 1/covid/a.png", "ward 2/covid/a.png"]
    told = [issue["source_path"] for issue in read_issues(dataset.folder)]
    assert told == ["ward 1/holiday/b.png", "ward 2/holiday/b.png"]

    alone = open_dataset(compile_dataset(both[:1], tmp_path / "alone").folder)
    assert [r["source_path"] for s in Split for r in alone.labels(s)] == ["covid/a.png"]


def test_both_halves_of_covid_qu_ex_give_one_row_per_file_on_the_test_side(tmp_path: Path) -> None:
    fake = covid_qu_ex.draw_both(tmp_path / "download", np.random.default_rng(3))
    compiled = compile_dataset([fake.folder], tmp_path / "out")
    assert compiled.images_read == 12
    assert compiled.issues_by_kind["identical file"] == 4
    assert compiled.issues_by_kind["conflicting official_split"] == 4
    # The lung half's further image of the patient in its Test goes there as well.
    assert compiled.rows_by_split == {"test": 5, "train": 3}
    assert "second mask" not in compiled.issues_by_kind
    wanted = (Structure.INFECTION,)
    test = open_dataset(compiled.folder).rows(Split.TEST, structures=wanted)
    assert sum(row.mask(Structure.INFECTION) is not None for row in test) == 4
