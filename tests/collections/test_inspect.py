from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hilum.collections.check_pixels import find_pixel_problems
from hilum.collections.inspect import MaskCount, inspect, inspect_all
from hilum.collections.registry import COLLECTIONS
from hilum.collections.table import collection_facts
from hilum.radiograph import EmptyMask, Mask, MaskFile, MaskPolygons, Radiograph, Structure
from tests.fakes import covid_qu_ex, general_blockchain, v7
from tests.fakes.fake import write_chest, write_mask


def test_counts(tmp_path: Path) -> None:
    fake = covid_qu_ex.draw(tmp_path, np.random.default_rng(0))
    inspection = inspect(fake.folder)
    assert list(inspection.findings.items()) == [("covid", 4), ("normal", 2), ("pneumonia", 2)]
    assert inspection.official_splits == {"train": 4, "validation": 4}
    assert inspection.structures["right_lung"] == MaskCount(given=8, absent=0, unknown=0)
    assert inspection.structures["infection"] == MaskCount(given=7, absent=0, unknown=1)
    assert (inspection.patients, inspection.images_without_patient) == (1, 6)
    assert inspection.origins == {"unknown": 6, "BIMCV-COVID19+": 2}
    assert sum(group.count for group in inspection.problems) == 3
    assert not inspection.pixels_checked


def test_all_problems_are_shown_at_once(tmp_path: Path) -> None:
    fake = covid_qu_ex.draw(tmp_path, np.random.default_rng(0))
    images = sorted(fake.folder.rglob("images/*.png"))
    images[0].write_bytes(b"")
    images[1].write_bytes(images[1].read_bytes()[:100])
    next(fake.folder.rglob("Train/Normal/lung masks/*.png")).write_bytes(b"no image")
    steps: list[str] = []

    def progress(step: str, total: int) -> Callable[[], None]:
        return lambda: steps.append(f"{step}: {total}")

    inspection = inspect(fake.folder, check_pixels=True, progress=progress)
    assert {group.kind: group.count for group in inspection.problems} == {
        **fake.problems,
        "missing part": 1,  # the test split
        "unreadable image": 2,
        "unreadable mask": 1,
    }
    assert steps == ["checking covid-qu-ex: 8"] * 8


def test_folders_inspected_together_find_each_others_images(tmp_path: Path) -> None:
    fake = v7.draw(tmp_path / "download", np.random.default_rng(0))
    annotations, images = inspect_all([fake.folder, fake.others[0]])
    assert (annotations.collection, annotations.images) == ("v7-covid19-xray", 3)
    assert (images.collection, images.images) == ("ieee8023", 8)


def test_values_for_json_are_plain(tmp_path: Path) -> None:
    fake = general_blockchain.draw(tmp_path, np.random.default_rng(0))
    values = inspect(fake.folder).to_dict()
    assert json.loads(json.dumps(values)) == values
    assert values["structures"]["right_lung"] == 2
    assert values["structures_unknown"]["right_lung"] == 1
    assert values["problems"][0]["kind"] == "unused mask"
    assert values["problems"][0]["count"] == len(values["problems"][0]["each"]) == 6
    assert all(one["source_path"].startswith("masks/") for one in values["problems"][0]["each"])


def test_facts_are_plain() -> None:
    facts = collection_facts()
    assert json.loads(json.dumps(facts)) == facts
    assert [one["name"] for one in facts] == [c.facts.name for c in COLLECTIONS]


def _radiograph(folder: Path, structure: Structure, mask: Mask) -> Radiograph:
    path = folder / "image.png"
    write_chest(path, np.random.default_rng(0))
    return Radiograph(path, "image.png", "test", masks={structure: (mask,)})


def _kinds(radiograph: Radiograph) -> list[str]:
    return [problem.kind for problem in find_pixel_problems(radiograph)]


@pytest.mark.parametrize(
    ("mask", "kinds"),
    [
        (MaskPolygons(((2.0, 2, 20, 2, 10, 30),), (40, 48)), []),
        (MaskPolygons(((2.0, 2, 20, 2, 10, 30),), (80, 96)), []),
        (MaskPolygons(((2.0, 2, 20, 2, 10, 30),), (48, 48)), ["mask of another shape"]),
        (MaskFile(Path("none.png")), ["unreadable mask"]),
        (MaskPolygons(((50.0, 2, 60, 2, 60, 30),), (40, 48)), ["unreadable mask"]),
        (EmptyMask(), ["empty lung mask"]),
    ],
    ids=repr,
)
def test_masks_that_do_not_fit(tmp_path: Path, mask: Mask, kinds: list[str]) -> None:
    assert _kinds(_radiograph(tmp_path, Structure.RIGHT_LUNG, mask)) == kinds


def test_mask_files_that_do_not_fit(tmp_path: Path) -> None:
    square = write_mask(tmp_path / "square.png", np.ones((32, 32), np.bool_))
    half = write_mask(tmp_path / "half.png", np.ones((24, 20), np.bool_))
    shape = MaskFile(square)
    assert _kinds(_radiograph(tmp_path, Structure.INFECTION, shape)) == ["mask of another shape"]
    assert _kinds(_radiograph(tmp_path, Structure.INFECTION, MaskFile(half))) == []
    assert _kinds(_radiograph(tmp_path, Structure.LUNGS, MaskFile(half))) == [
        "lungs not told apart"
    ]
    crop = MaskFile(square, left=30, top=0, canvas=(40, 48))
    assert _kinds(_radiograph(tmp_path, Structure.INFECTION, crop)) == ["unreadable mask"]


def test_an_empty_infection_mask_is_no_problem(tmp_path: Path) -> None:
    assert _kinds(_radiograph(tmp_path, Structure.INFECTION, EmptyMask())) == []


def test_workers_find_the_same(tmp_path: Path) -> None:
    fake = general_blockchain.draw(tmp_path, np.random.default_rng(0))
    next(fake.folder.rglob("b.png")).write_bytes(b"")
    alone = inspect(fake.folder, check_pixels=True)
    assert alone == inspect(fake.folder, check_pixels=True, workers=2)
