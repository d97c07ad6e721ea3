"""Folders as people have them: masks turned, names that collide, tables twice, halves missing."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from hilum.collections.inspect import inspect
from hilum.collections.origins import RSNA
from hilum.collections.registry import read_folder
from hilum.dataset.compile import compile_dataset
from hilum.dataset.diff import diff_datasets
from hilum.dataset.from_lock import compile_from_lock
from hilum.dataset.read import open_dataset
from hilum.errors import DatasetError
from hilum.radiograph import Split, Structure
from tests.fakes import covid_qu_ex, hannover, radiography
from tests.fakes.chest import draw_chest
from tests.fakes.compiled import write_collection, write_radiograph
from tests.fakes.fake import write_image, write_mask
from tests.fakes.workbook import write_workbook

RIGHT = Structure.RIGHT_LUNG


def compile_turned(tmp_path: Path, size: tuple[int, int], quarters: int) -> tuple[Path, Path]:
    """The dataset of one chest whose masks lie turned, and its sound right lung."""
    chest = draw_chest(np.random.default_rng(0), size=size, infected=True)
    root = tmp_path / "in"
    path = write_radiograph(root, "Train/COVID-19/a.png", chest)
    for folder, mask in (("lung masks", chest.lungs), ("infection masks", chest.infection)):
        write_mask(path.parent.parent / folder / "a.png", np.rot90(mask, quarters))
    truth = write_mask(tmp_path / "right.png", chest.right_lung)
    return compile_dataset([root], tmp_path / "out").folder, truth


def stored(folder: Path, structure: Structure) -> np.ndarray | None:
    for _, masks in open_dataset(folder).labels_and_masks(Split.TRAIN, [structure]):
        if structure in masks:
            data = np.frombuffer(masks[structure], np.uint8)
            return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)) > 0
    return None


@pytest.mark.parametrize("size", [(128, 128), (120, 150)])
@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_turned_mask_is_put_right_or_unknown_never_wrong(
    tmp_path: Path, size: tuple[int, int], quarters: int
) -> None:
    folder, truth = compile_turned(tmp_path, size, quarters)
    issues = (folder / "issues.csv").read_text()
    lung = stored(folder, RIGHT)
    if quarters == 0:
        assert "turned" not in issues and lung is not None
    elif lung is None:
        assert "against its image" in issues or "another shape" in issues
    if lung is not None and (quarters != 2 or "turned mask" in issues):
        assert np.array_equal(lung, cv2.imread(str(truth), cv2.IMREAD_GRAYSCALE) > 0)
    if "turned mask" in issues:
        assert f"{90 * (4 - quarters)}° counter-clockwise" in issues
        assert "infection, lungs" in issues


def test_one_name_for_different_images_stays_two_rows(tmp_path: Path) -> None:
    first = write_collection(tmp_path / "first/in", {"Train": 3}, size=(96, 96), seed=1)
    second = write_collection(tmp_path / "second/in", {"Train": 3}, size=(96, 96), seed=2)
    folder = compile_dataset([first, second], tmp_path / "out").folder
    rows = open_dataset(folder).labels_and_masks(Split.TRAIN, [])
    places = [labels["source_path"] for labels, _ in rows]
    assert len(set(places)) == 6
    assert {place.split("-")[0] for place in places} == {"in"}
    assert len({place.split("/")[0] for place in places}) == 2


def test_two_releases_are_one_collection(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    old, new = tmp_path / "old", tmp_path / "new/COVID-19_Radiography_Dataset"
    for name, flat in (("COVID", "COVID-19"), ("Normal", "NORMAL")):
        pixels = draw_chest(rng, size=(256, 256)).pixels
        path = old / "COVID-19 Radiography Database" / flat / f"{flat} (1).png"
        write_image(path, pixels)
        small = cv2.resize(pixels, (149, 149), interpolation=cv2.INTER_AREA)
        write_image(new / name / "images" / f"{name}-7.png", np.asarray(small, np.uint8))
    folder = compile_dataset([old, new], tmp_path / "out").folder
    assert sum(1 for split in Split for _ in open_dataset(folder).labels_and_masks(split, [])) == 2
    lock = (folder / "hilum.lock.json").read_text()
    assert "COVID-7.png" in lock and "COVID-19 (1).png" in lock
    assert diff_datasets(folder, folder).is_equal


def test_a_workbook_in_another_letter_case_is_read(tmp_path: Path) -> None:
    radiography.draw(tmp_path, np.random.default_rng(0))
    root = tmp_path / "COVID-19_Radiography_Dataset"
    (root / "Normal.metadata.xlsx").unlink()
    url = "https://www.kaggle.com/c/rsna-pneumonia-detection-challenge/data"
    rows = [("normal-1", url), ("NORMAL-2", url)]
    write_workbook(root / "normal.METADATA.XLSX", ("File name", "Url"), rows)
    normal = [r for r in read_folder(tmp_path).radiographs if r.finding == "normal"]
    assert [r.origin for r in normal] == [RSNA, RSNA]


def test_inspect_names_the_class_that_is_not_there(tmp_path: Path) -> None:
    root = write_collection(tmp_path / "in", {"Train": 3, "Val": 3, "Test": 3})
    assert not any(group.kind == "missing part" for group in inspect(root).problems)
    shutil.rmtree(root / "Train/Normal")
    shutil.rmtree(root / "Test")
    (group,) = (g for g in inspect(root).problems if g.kind == "missing part")
    first, second = (problem.detail for problem in group.problems)
    assert "class normal in train" in first and "official split test" in second


def test_a_folder_as_itself_and_within_another_counts_once(tmp_path: Path) -> None:
    root = write_collection(tmp_path / "in", {"Train": 3})
    archive = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", root))
    with pytest.raises(DatasetError, match="twice"):
        compile_dataset([root, root], tmp_path / "out")
    folder = compile_dataset([root, archive], tmp_path / "out").folder
    assert len(list(open_dataset(folder).labels_and_masks(Split.TRAIN, []))) == 3


def test_diff_keeps_folders_of_one_collection_apart(tmp_path: Path) -> None:
    first = write_collection(tmp_path / "in/first", {"Train": 3}, size=(96, 96), seed=1)
    second = write_collection(tmp_path / "in/second", {"Train": 3}, size=(96, 96), seed=2)
    a = compile_dataset([first, second], tmp_path / "a").folder
    (first / "Train/Normal/images/002.png").unlink()
    b = compile_dataset([first, second], tmp_path / "b").folder
    found = diff_datasets(a, b)
    assert "1 missing (first/Train/Normal/images/002.png)" in found.inputs["covid-qu-ex"]
    assert [row.source_path for row in found.went] == ["first/Train/Normal/images/002.png"]


def test_a_readme_does_not_hinder_a_rebuild(tmp_path: Path) -> None:
    root = write_collection(tmp_path / "in", {"Train": 3})
    made = compile_dataset([root], tmp_path / "a").folder
    (root / "README.md").write_text("notes")
    assert compile_from_lock(made, [root], tmp_path / "b").is_equal


def test_both_halves_and_one_of_them_again_count_once(tmp_path: Path) -> None:
    fake = covid_qu_ex.draw_both(tmp_path / "in", np.random.default_rng(0))
    half = fake.folder / "COVID-QU-Ex/Lung Segmentation Data"
    once = compile_dataset([fake.folder], tmp_path / "once")
    again = compile_dataset([fake.folder, half], tmp_path / "again")
    assert again.rows_by_split == once.rows_by_split


def test_equal_rows_count_once_and_are_said(tmp_path: Path) -> None:
    hannover.draw(tmp_path, np.random.default_rng(0))
    (table,) = tmp_path.rglob("data.csv")
    before = Counter(p.kind for p in read_folder(tmp_path).problems)
    before["duplicate row"] += 1
    lines = table.read_text().splitlines()
    table.write_text("\n".join([*lines, lines[1]]) + "\n")
    assert Counter(p.kind for p in read_folder(tmp_path).problems) == before
