"""A dataset with a fold held out: nothing of it is learned from, nothing else is tested on."""

from __future__ import annotations

from pathlib import Path

import pytest

from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.held_out import fold_count, hold_out, refuse_emptied
from hilum.dataset.read import Dataset, open_dataset
from hilum.dataset.split import SplitOptions
from hilum.errors import DatasetError
from hilum.radiograph import Split
from tests.fakes.compiled import compile_chests, write_collection

FOLDS = 3


@pytest.fixture(scope="module")
def folded(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("folded")
    collection = write_collection(folder / "collection", {"Train": 12, "Val": 6, "Test": 3})
    options = CompileOptions(split=SplitOptions(folds=FOLDS))
    compile_dataset([collection], folder / "dataset", options=options)
    return open_dataset(folder / "dataset")


def ids(dataset: Dataset, split: Split) -> set[str]:
    return {row["image_id"] for row in dataset.labels(split)}


def test_folds_divide_all_that_is_not_test(folded: Dataset) -> None:
    assert fold_count(folded.folder) == FOLDS
    tested = [ids(hold_out(folded, fold), Split.TEST) for fold in range(FOLDS)]
    assert sum(map(len, tested)) == 18
    assert set.union(*tested) == ids(folded, Split.TRAIN) | ids(folded, Split.VALIDATION)
    for fold, held in enumerate(tested):
        view = hold_out(folded, fold)
        for split in (Split.TRAIN, Split.VALIDATION):
            assert ids(view, split) == ids(folded, split) - held


@pytest.mark.parametrize("split", Split)
def test_every_way_of_reading_agrees(folded: Dataset, split: Split) -> None:
    view = hold_out(folded, 1)
    names = [row["image_id"] for row in view.labels(split)]
    assert names == [row.image_id for row in view.rows(split)]
    assert names == [labels["image_id"] for labels, _ in view.labels_and_masks(split, [])]
    assert len(names) == view.count(split) > 0


@pytest.mark.parametrize("fold", [-1, FOLDS])
def test_a_fold_that_is_not_there_is_refused(folded: Dataset, fold: int) -> None:
    with pytest.raises(DatasetError, match=f"fold {fold}.*0 to 2"):
        hold_out(folded, fold)


def test_a_fold_that_has_all_to_check_by_is_refused(tmp_path: Path) -> None:
    collection = write_collection(tmp_path / "collection", {"Train": 9, "Val": 1})
    options = CompileOptions(split=SplitOptions(folds=FOLDS))
    compile_dataset([collection], tmp_path / "dataset", options=options)
    dataset = open_dataset(tmp_path / "dataset")
    (row,) = dataset.labels(Split.VALIDATION)
    for fold in range(FOLDS):
        view = hold_out(dataset, fold)
        if fold != row["fold"]:
            refuse_emptied(view)
            continue
        with pytest.raises(DatasetError, match=f"fold {fold} held out nothing is left") as told:
            refuse_emptied(view)
        assert "all 1 radiographs of validation" in str(told.value)
        assert "Hold out another fold" in str(told.value)
    refuse_emptied(dataset)


def test_a_dataset_without_folds_says_how_to_have_some(tmp_path: Path) -> None:
    plain = compile_chests(tmp_path, {"Train": 3, "Val": 3})
    assert fold_count(plain.folder) is None
    with pytest.raises(DatasetError, match="Compile it with --folds"):
        hold_out(plain, 0)
