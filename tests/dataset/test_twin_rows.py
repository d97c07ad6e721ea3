"""Twins become one row: the best pixels, and the labels and masks of all in its frame."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hilum.dataset.compile import Compiled, CompileOptions, compile_dataset
from hilum.dataset.exposures import Twins
from hilum.dataset.read import Row, open_dataset
from hilum.dataset.select import SelectionOptions
from hilum.dataset.split import SplitOptions
from hilum.dataset.unite import OnConflict
from hilum.radiograph import Split, Structure
from tests.fakes.chest import Chest, draw_chest
from tests.fakes.fake import write_image, write_mask

RIGHT, LEFT, INFECTION = Structure.RIGHT_LUNG, Structure.LEFT_LUNG, Structure.INFECTION


@pytest.fixture
def chest() -> Chest:
    return draw_chest(np.random.default_rng(7), size=(400, 360), infected=True)


@pytest.fixture
def folders(tmp_path: Path, chest: Chest) -> Iterator[list[Path]]:
    """A film in a plain folder of covid, and COVID-QU-Ex with that film at 256×256, and others."""
    plain = tmp_path / "plain"
    write_image(plain / "covid/film.png", chest.pixels)
    write_image(plain / "normal/other.png", _other(1))
    _qu_ex(tmp_path / "qu-ex", "Train/COVID-19", "twin.png", chest)
    other = draw_chest(np.random.default_rng(5), size=(256, 256))
    pixels = _noisy(other.pixels, 5)
    _write_qu_ex(tmp_path / "qu-ex", "Val/Normal", "own.png", pixels, other.lungs, other.infection)
    yield [plain, tmp_path / "qu-ex"]


def test_a_smaller_twin_brings_its_masks_into_the_larger_ones_frame(
    folders: list[Path], tmp_path: Path, chest: Chest
) -> None:
    compiled = compile_dataset(folders, tmp_path / "out")
    row = _row(compiled, "plain-folder", "covid/film.png")
    assert row.pixels().shape == (400, 360)
    for structure, truth in ((RIGHT, chest.right_lung), (LEFT, chest.left_lung)):
        mask = row.mask(structure)
        assert mask is not None
        assert _dice(mask, truth) > 0.98
    assert row.labels["official_split"] == "train"
    assert compiled.gains == {"infection": 1, "left_lung": 1, "right_lung": 1}
    assert ("covid-qu-ex", "twin") in {(i["collection"], i["kind"]) for i in _issues(compiled)}
    assert sum(compiled.rows_by_split.values()) == 3


def test_a_mirrored_twins_lungs_change_sides(tmp_path: Path, chest: Chest) -> None:
    write_image(tmp_path / "plain/covid/film.png", chest.pixels)
    mirrored = Chest(*(np.ascontiguousarray(a[:, ::-1]) for a in _arrays(chest)))
    _qu_ex(tmp_path / "qu-ex", "Train/COVID-19", "twin.png", mirrored)
    compiled = compile_dataset([tmp_path / "plain", tmp_path / "qu-ex"], tmp_path / "out")
    row = _row(compiled, "plain-folder", "covid/film.png")
    mask = row.mask(RIGHT)
    assert mask is not None
    assert _dice(mask, chest.right_lung) > 0.97


def test_a_mask_that_a_crop_cut_off_is_not_carried(tmp_path: Path, chest: Chest) -> None:
    write_image(tmp_path / "plain/covid/film.png", chest.pixels)
    tall = chest.right_lung.copy()
    columns = np.flatnonzero(tall.any(axis=0))
    tall[:150, columns[len(columns) // 3] : columns[-len(columns) // 3]] = True
    arrays = (chest.pixels, tall, chest.left_lung, chest.infection)
    cropped = Chest(*(np.ascontiguousarray(a[30:]) for a in arrays))
    _qu_ex(tmp_path / "qu-ex", "Train/COVID-19", "twin.png", cropped)
    compiled = compile_dataset([tmp_path / "plain", tmp_path / "qu-ex"], tmp_path / "out")
    row = _row(compiled, "plain-folder", "covid/film.png")
    assert row.mask(RIGHT) is None
    assert row.mask(INFECTION) is not None
    assert "cut mask" in {issue["kind"] for issue in _issues(compiled)}


@pytest.mark.parametrize(
    ("rule", "finding"),
    [(OnConflict.LEADER, "normal"), (OnConflict.UNKNOWN, None), (OnConflict.MAJORITY, "covid")],
)
def test_disagreeing_findings_are_settled_by_the_rule(
    rule: OnConflict, finding: str | None, tmp_path: Path, chest: Chest
) -> None:
    compiled = _compile_disagreement(tmp_path, chest, rule)
    row = _row(compiled, "plain-folder", "normal/film.png")
    assert row.labels["finding"] == finding
    details = [i["detail"] for i in _issues(compiled) if i["kind"] == "conflicting finding"]
    kept = finding or "none"
    assert details == [f"covid, elsewhere normal; kept {kept} by the rule {rule}"] * 2


def test_a_film_of_disagreeing_findings_can_be_left_out(tmp_path: Path, chest: Chest) -> None:
    compiled = _compile_disagreement(tmp_path, chest, OnConflict.DROP)
    assert sum(compiled.rows_by_split.values()) == 1
    assert compiled.issues_by_kind["left out: conflicting findings"] == 1


def test_two_outlines_of_one_lung_that_differ_are_told_with_their_overlap(
    tmp_path: Path, chest: Chest
) -> None:
    _qu_ex(tmp_path / "qu-ex", "Train/COVID-19", "a.png", chest)
    grown = cv2.erode(chest.lungs.astype(np.uint8), np.ones((25, 25), np.uint8)) > 0
    pixels = _small(chest.pixels).astype(np.int16) + 3
    _write_qu_ex(
        *(tmp_path / "qu-ex", "Val/COVID-19", "b.png"),
        np.clip(pixels, 0, 255).astype(np.uint8),
        *(_small_mask(grown), _small_mask(chest.infection)),
    )
    compiled = compile_dataset([tmp_path / "qu-ex"], tmp_path / "out")
    assert compiled.rows_by_split == {"validation": 1}
    kinds = {issue["kind"]: issue["detail"] for issue in _issues(compiled)}
    assert "overlap with a Dice of 0." in kinds["conflicting right_lung mask"]
    assert kinds["conflicting official_split"].endswith("of covid-qu-ex")


def test_a_cropped_copy_does_not_lead(tmp_path: Path, chest: Chest) -> None:
    height, width = (side * 6 // 100 for side in chest.pixels.shape)
    write_image(tmp_path / "plain/covid/film.png", chest.pixels)
    cropped = chest.pixels[height:-height, width:-width]
    write_image(tmp_path / "plain/covid/cropped.png", np.ascontiguousarray(cropped))
    compiled = compile_dataset([tmp_path / "plain"], tmp_path / "out")
    (row,) = open_dataset(compiled.folder).rows(Split.TRAIN)
    assert row.labels["source_path"] == "covid/film.png"


def test_shards_of_a_stopped_run_with_other_splits_do_not_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        write_image(tmp_path / f"plain/covid/{number}.png", _other(number))
    with monkeypatch.context() as patched:
        patched.setattr("hilum.dataset.compile.write_issues", _stop)
        with pytest.raises(KeyboardInterrupt):
            compile_dataset([tmp_path / "plain"], tmp_path / "out")
    options = CompileOptions(SplitOptions(fractions=(1, 0, 0)))
    compiled = compile_dataset([tmp_path / "plain"], tmp_path / "out", options=options)
    assert {path.name.split("-")[0] for path in (compiled.folder / "data").iterdir()} == {"train"}


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def test_an_enlargement_does_not_lead(tmp_path: Path, chest: Chest) -> None:
    write_image(tmp_path / "plain/covid/film.png", chest.pixels)
    large = cv2.resize(chest.pixels, (900, 1000), interpolation=cv2.INTER_LANCZOS4)
    write_image(tmp_path / "plain/covid/enlarged.png", np.asarray(large, np.uint8))
    larger = cv2.resize(large, (1300, 1450), interpolation=cv2.INTER_LANCZOS4)
    write_image(tmp_path / "plain/covid/enlarged again.png", np.asarray(larger, np.uint8))
    compiled = compile_dataset([tmp_path / "plain"], tmp_path / "out")
    (row,) = open_dataset(compiled.folder).rows(Split.TRAIN)
    assert row.labels["source_path"] == "covid/film.png"


@pytest.mark.parametrize(("twins", "rows"), [(Twins.GROUP, 4), (Twins.IGNORE, 4)])
def test_twins_can_stay_apart(twins: Twins, rows: int, folders: list[Path], tmp_path: Path) -> None:
    options = CompileOptions(SplitOptions(keep_official=False), twins=twins)
    compiled = compile_dataset(folders, tmp_path / "out", options=options)
    assert sum(compiled.rows_by_split.values()) == rows
    dataset = open_dataset(compiled.folder)
    found = {
        row["source_path"]: row["group_id"] for split in Split for row in dataset.labels(split)
    }
    (twin,) = (name for name in found if name.endswith("twin.png"))
    assert (found[twin] == found["covid/film.png"]) == (twins is Twins.GROUP)


def _compile_disagreement(tmp_path: Path, chest: Chest, rule: OnConflict) -> Compiled:
    root = tmp_path / "plain"
    write_image(root / "normal/film.png", chest.pixels)
    write_image(root / "covid/small.png", _small(chest.pixels))
    write_image(root / "covid/smaller.png", np.asarray(cv2.resize(chest.pixels, (200, 220))))
    write_image(root / "normal/other.png", _other(1))
    options = CompileOptions(on_conflict=rule, selection=SelectionOptions(unlabelled=True))
    return compile_dataset([root], tmp_path / "out", options=options)


def _qu_ex(root: Path, place: str, name: str, chest: Chest) -> None:
    """The chest at COVID-QU-Ex's size."""
    masks = _small_mask(chest.lungs), _small_mask(chest.infection)
    _write_qu_ex(root, place, name, _small(chest.pixels), *masks)


def _write_qu_ex(
    root: Path,
    place: str,
    name: str,
    pixels: NDArray[np.uint8],
    lungs: NDArray[np.bool_],
    infection: NDArray[np.bool_],
) -> None:
    folder = root / "Infection Segmentation Data" / place
    write_image(folder / "images" / name, pixels)
    write_mask(folder / "lung masks" / name, lungs)
    write_mask(folder / "infection masks" / name, infection)


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(pixels, (256, 256), interpolation=cv2.INTER_AREA), np.uint8)


def _small_mask(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return _small(mask.astype(np.uint8) * np.uint8(255)) >= 128


def _other(seed: int) -> NDArray[np.uint8]:
    return _noisy(draw_chest(np.random.default_rng(100 + seed), size=(300, 280)).pixels, seed)


def _noisy(pixels: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    """With an anatomy of its own: drawn chests differ in little but their outlines."""
    noise = np.random.default_rng(seed).normal(0, 60, pixels.shape).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 5) * 8
    return np.clip(pixels + smooth, 0, 255).astype(np.uint8)


def _arrays(chest: Chest) -> tuple[NDArray[np.generic], ...]:
    return chest.pixels, chest.right_lung, chest.left_lung, chest.infection


def _dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


def _row(compiled: Compiled, collection: str, source_path: str) -> Row:
    dataset = open_dataset(compiled.folder)
    rows = (
        row for split in Split for row in dataset.rows(split, structures=(RIGHT, LEFT, INFECTION))
    )
    return next(
        row
        for row in rows
        if (row.labels["collection"], row.labels["source_path"]) == (collection, source_path)
    )


def _issues(compiled: Compiled) -> list[dict[str, str]]:
    with (compiled.folder / "issues.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
