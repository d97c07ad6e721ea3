"""Datasets of enhanced films, and of lungs only."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.read import Dataset, Row, open_dataset
from hilum.dataset.variant import FoundLungs, LungsFinder
from hilum.errors import DatasetError
from hilum.imaging.enhance import Enhancement, enhance
from hilum.imaging.read import read_picture
from hilum.imaging.vary import PLAIN, FilmVariant
from hilum.radiograph import Split, Structure
from tests.fakes.chest import draw_chest
from tests.fakes.compiled import write_collection, write_radiograph
from tests.fakes.fake import write_mask

SIZE = (48, 40)
TOP, BOTTOM, LEFT, RIGHT = 8, 40, 6, 36


@dataclass(frozen=True)
class Drawn:
    """Finds two rectangles, unless the film is dark; that of the left lung only on a bright one."""

    def __call__(self, pixels: NDArray[np.uint8]) -> FoundLungs | str:
        if pixels.max() < 100:
            return "the image is dark"
        right, left = np.zeros(pixels.shape, bool), np.zeros(pixels.shape, bool)
        left[TOP:30, 22:RIGHT] = True
        if pixels.min() < 200:
            right[12:BOTTOM, LEFT:18] = True
        return right, left


FINDER = LungsFinder(Drawn(), {"model": "drawn", "model_sha256": "a" * 64})
LUNGS_ONLY = CompileOptions(lungs_only=FINDER)


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    return write_collection(tmp_path / "qu-ex", {"Train": 4, "Val": 2})


def compiled(collection: Path, output: Path, options: CompileOptions) -> Dataset:
    return open_dataset(compile_dataset([collection], output, options=options).folder)


def rows(dataset: Dataset) -> list[Row]:
    structures = (Structure.RIGHT_LUNG, Structure.LEFT_LUNG, Structure.INFECTION)
    return [row for split in Split for row in dataset.rows(split, structures=structures)]


def issues(dataset: Dataset) -> list[tuple[str, str]]:
    with (dataset.folder / "issues.csv").open(newline="", encoding="utf-8") as file:
        return [(row["source_path"], row["kind"]) for row in csv.DictReader(file)]


def lock(dataset: Dataset) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((dataset.folder / "hilum.lock.json").read_text("utf-8"))
    return values


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("how", Enhancement)
def test_films_are_enhanced_and_nothing_else_changes(
    how: Enhancement, collection: Path, tmp_path: Path
) -> None:
    plain = compiled(collection, tmp_path / "plain", CompileOptions())
    changed = compiled(collection, tmp_path / "changed", CompileOptions(enhance=how))
    for before, after in zip(rows(plain), rows(changed), strict=True):
        assert after.labels == before.labels
        assert after.masks == before.masks
        assert after.image.startswith(b"\x89PNG")
        np.testing.assert_array_equal(after.pixels(), enhance(before.pixels(), how))
    assert changed.content_sha256 != plain.content_sha256
    assert lock(plain)["variant"] is None
    told = {"enhance": {"name": how, "parameters": how.parameters}, "lungs_only": None}
    assert lock(changed)["variant"] == told
    card = (changed.folder / "README.md").read_text("utf-8")
    assert f"`{how}`" in card and "in the same way itself" in card
    assert "not as published" not in (plain.folder / "README.md").read_text("utf-8")


def test_16_bit_films_are_enhanced_in_8(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    (folder / "normal").mkdir(parents=True)
    deep = draw_chest(np.random.default_rng(0), size=SIZE).pixels.astype(np.uint16) * 200
    cv2.imwrite(str(folder / "normal/a.png"), deep)
    options = CompileOptions(enhance=Enhancement.COMPLEMENT)
    (row,) = rows(compiled(folder, tmp_path / "out", options))
    stored = cv2.imdecode(np.frombuffer(row.image, np.uint8), cv2.IMREAD_UNCHANGED)
    assert stored.dtype == np.uint8
    assert (stored.min(), stored.max()) == (0, 255)


@pytest.mark.parametrize("how", [None, Enhancement.COMPLEMENT])
def test_films_are_cut_to_their_lungs_and_black_beside(
    how: Enhancement | None, collection: Path, tmp_path: Path
) -> None:
    plain = compiled(collection, tmp_path / "plain", CompileOptions())
    options = CompileOptions(enhance=how, lungs_only=FINDER)
    cut = compiled(collection, tmp_path / "cut", options)
    box = slice(TOP, BOTTOM), slice(LEFT, RIGHT)
    for before, after in zip(rows(plain), rows(cut), strict=True):
        film = read_picture(collection / after.labels["source_path"]).pixels.astype(np.uint8)
        right, left = Drawn()(film)
        whole = film if how is None else enhance(film, how)
        expected = np.where(np.asarray(right) | np.asarray(left), whole, 0)[box]
        np.testing.assert_array_equal(after.pixels(), expected)
        place = {"crop_left": LEFT, "crop_top": TOP, "source_width": 40, "source_height": 48}
        size = {"width": RIGHT - LEFT, "height": BOTTOM - TOP}
        assert after.labels == {**before.labels, **place, **size}
        for structure, mask in after.masks.items():
            uncut = before.mask(structure)
            assert uncut is not None and mask
            np.testing.assert_array_equal(after.mask(structure), uncut[box])
    assert lock(cut)["variant"]["lungs_only"] == FINDER.facts
    assert "cut to the box around its lungs" in (cut.folder / "README.md").read_text("utf-8")
    assert len({d.content_sha256 for d in (plain, cut)}) == 2


def test_films_without_lungs_are_left_out_with_their_reason(
    collection: Path, tmp_path: Path
) -> None:
    rng = np.random.default_rng(5)
    chest = draw_chest(rng, size=SIZE)
    dark = write_radiograph(collection, "Train/Normal/dark.png", chest)
    cv2.imwrite(str(dark), chest.pixels // 4)
    bright = write_radiograph(collection, "Train/Normal/bright.png", chest)
    cv2.imwrite(str(bright), np.maximum(chest.pixels, 220))
    cut = compiled(collection, tmp_path / "cut", LUNGS_ONLY)
    assert ("Train/Normal/images/dark.png", "lungs not found") in issues(cut)
    assert ("Train/Normal/images/bright.png", "one lung found") in issues(cut)
    names = [Path(row.labels["source_path"]).stem for row in rows(cut)]
    assert "dark" not in names and "bright" in names


def test_a_mask_wholly_beside_the_box_is_unknown_and_told(collection: Path, tmp_path: Path) -> None:
    corner = np.zeros(SIZE, bool)
    corner[:4, :4] = True
    write_mask(collection / "Train/COVID-19/infection masks/000.png", corner)
    cut = compiled(collection, tmp_path / "cut", LUNGS_ONLY)
    path = "Train/COVID-19/images/000.png"
    assert (path, "mask beside the lungs") in issues(cut)
    (row,) = (row for row in rows(cut) if row.labels["source_path"] == path)
    assert Structure.INFECTION not in row.masks
    normal = next(row for row in rows(cut) if row.finding == "normal")
    infection = normal.mask(Structure.INFECTION)
    assert infection is not None and not infection.any()  # known to be absent


def test_several_processes_give_the_same_bytes(collection: Path, tmp_path: Path) -> None:
    options = CompileOptions(enhance=Enhancement.BCET, lungs_only=FINDER)
    one = compiled(collection, tmp_path / "one", options)
    more = CompileOptions(workers=2, enhance=Enhancement.BCET, lungs_only=FINDER)
    assert contents(compiled(collection, tmp_path / "two", more).folder) == contents(one.folder)


@pytest.fixture
def stopped(collection: Path, tmp_path: Path) -> Callable[[CompileOptions], None]:
    """Stops a compile to ``out`` with the options while it writes."""

    def stop(options: CompileOptions) -> None:
        def progress(step: str, _total: int) -> Callable[[], None]:
            def advance() -> None:
                if step == "writing":
                    raise KeyboardInterrupt

            return advance

        with pytest.raises(KeyboardInterrupt):
            compile_dataset([collection], tmp_path / "out", options=options, progress=progress)

    return stop


VARIANTS = [
    CompileOptions(),
    CompileOptions(enhance=Enhancement.HE),
    LUNGS_ONLY,
    CompileOptions(lungs_only=LungsFinder(Drawn(), {**FINDER.facts, "model_sha256": "b" * 64})),
]


@pytest.mark.parametrize("first", VARIANTS)
@pytest.mark.parametrize("then", VARIANTS)
def test_a_stopped_compile_never_goes_on_as_another_variant(
    first: CompileOptions,
    then: CompileOptions,
    collection: Path,
    tmp_path: Path,
    stopped: Callable[[CompileOptions], None],
) -> None:
    stopped(first)
    resumed = compiled(collection, tmp_path / "out", then)
    whole = compiled(collection, tmp_path / "whole", then)
    assert contents(resumed.folder) == contents(whole.folder)


def test_columns_of_a_plain_dataset_say_whole(collection: Path, tmp_path: Path) -> None:
    plain = compiled(collection, tmp_path / "plain", CompileOptions())
    (path,) = plain.shards(Split.TRAIN)
    table = pq.read_table(path, columns=["crop_left", "crop_top", "source_width", "source_height"])
    assert all(value is None for row in table.to_pylist() for value in row.values())


def test_a_dataset_knows_its_variant(collection: Path, tmp_path: Path) -> None:
    options = CompileOptions(enhance=Enhancement.BCET, lungs_only=FINDER)
    changed = compiled(collection, tmp_path / "changed", options)
    assert changed.variant == FilmVariant(Enhancement.BCET, lungs_only=True)
    assert all(row.variant == changed.variant for row in rows(changed))
    assert compiled(collection, tmp_path / "plain", CompileOptions()).variant == PLAIN


@pytest.mark.parametrize(
    "enhance",
    [
        {"name": "sharpen", "parameters": {}},
        {"name": "gamma", "parameters": {"gamma": 0.5}},
        "gamma",
    ],
)
def test_an_enhancement_that_is_not_known_here_is_refused(
    enhance: Any, collection: Path, tmp_path: Path
) -> None:
    dataset = compiled(collection, tmp_path / "out", CompileOptions(enhance=Enhancement.GAMMA))
    path = dataset.folder / "hilum.lock.json"
    values = lock(dataset)
    values["variant"]["enhance"] = enhance
    path.write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(DatasetError, match="in a way that this version of hilum does not know"):
        open_dataset(dataset.folder)
