from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hilum.collections.collection import Reading
from hilum.collections.registry import read_folder, recognise
from hilum.errors import CollectionError
from hilum.radiograph import Finding, LungConvention, MaskFile, MaskPolygons, Structure, View
from tests.collections.readings import by_name, problems_of, read_fake
from tests.fakes import v7

LUNGS = {Structure.RIGHT_LUNG, Structure.LEFT_LUNG}


def test_images_of_ieee8023_keep_what_is_known_of_them(tmp_path: Path) -> None:
    radiograph = by_name(read_fake("v7-covid19-xray", tmp_path))["a.jpeg"]
    assert radiograph.collection == "v7-covid19-xray"
    assert radiograph.source_path == "a.jpeg"
    assert radiograph.patient_id == "ieee8023:2"
    assert radiograph.licence.name == "CC-BY-NC-SA-4.0 AND CC-BY-4.0"
    assert radiograph.citation.endswith("Cohen et al. 2020, arXiv 2003.11597; V7 Labs 2020")
    assert radiograph.label_source == "metadata.csv; V7 annotators"
    assert radiograph.day == 3
    assert set(radiograph.masks) == LUNGS
    assert radiograph.lung_convention is LungConvention.BEHIND_HEART


def test_images_elsewhere_are_described_by_tags(tmp_path: Path) -> None:
    radiograph = by_name(read_fake("v7-covid19-xray", tmp_path))["stray.png"]
    assert radiograph.finding is Finding.COVID
    assert radiograph.view is View.PA
    assert radiograph.licence.name.endswith(" AND CC-BY-4.0")
    assert radiograph.label_source == "V7 annotators"
    assert (radiograph.patient_id, radiograph.age, radiograph.sex) == ("ieee8023:2", 65.0, "M")
    assert set(radiograph.masks) == LUNGS


def test_a_cropped_image_gets_no_masks(tmp_path: Path) -> None:
    reading = read_fake("v7-covid19-xray", tmp_path)
    assert by_name(reading)["cropped.png"].masks == {}
    assert list(problems_of(reading, "mask of another shape")) == ["cropped.png"]


def test_a_lateral_without_outlines_is_no_problem(tmp_path: Path) -> None:
    radiograph = by_name(read_fake("v7-covid19-xray", tmp_path))["c.jpg"]
    assert radiograph.masks == {} and radiograph.lung_convention is None
    assert radiograph.label_source == "metadata.csv" and "V7" not in radiograph.citation


def test_without_other_folders_every_image_is_missing(tmp_path: Path) -> None:
    fake = v7.draw(tmp_path / "download", np.random.default_rng(0))
    reading = read_folder(fake.folder)
    assert reading.radiographs == ()
    assert len(problems_of(reading, "missing image")) == 6


@pytest.mark.parametrize("place", ["annotations", "annotations/covid-only-coco", "covid-only-coco"])
def test_the_unpacked_file_is_read_as_well(tmp_path: Path, place: str) -> None:
    root = tmp_path / "v7"
    (root / place).mkdir(parents=True)
    (root / place / "output.json").write_text(json.dumps(v7.coco(np.random.default_rng(0))))
    assert recognise(tmp_path)[1] == root
    assert len(problems_of(read_folder(tmp_path), "missing image")) == 6


def _read_changed(tmp_path: Path, outlines: int) -> MaskPolygons | None:
    """Read a.jpeg's lungs when its image has another number of outlines."""
    coco = v7.coco(np.random.default_rng(0))
    lungs = [a for a in coco["annotations"] if a["category_id"] == 0 and a["image_id"] == 0]
    others = [a for a in coco["annotations"] if a not in lungs]
    coco["annotations"] = others + (lungs * 2)[:outlines]
    root = tmp_path / "v7"
    (root / "annotations").mkdir(parents=True)
    (root / "annotations/output.json").write_text(json.dumps(coco))
    home = v7.ieee8023.draw(tmp_path / "home", np.random.default_rng(0))
    reading = read_folder(root, others=[home.folder])
    masks = by_name(reading)["a.jpeg"].masks
    assert set(masks) <= {Structure.LUNGS}
    assert ("a.jpeg" in problems_of(reading, "missing mask")) == (not masks)
    found = masks.get(Structure.LUNGS, (None,))[0]
    assert found is None or isinstance(found, MaskPolygons)
    return found


def test_another_number_of_outlines_is_not_taken_for_two_lungs(tmp_path: Path) -> None:
    three = _read_changed(tmp_path / "three", 3)
    assert three is not None and len(three.polygons) == 3
    assert _read_changed(tmp_path / "one", 1) is None
    assert _read_changed(tmp_path / "none", 0) is None


def test_a_file_that_vanished_is_named(tmp_path: Path) -> None:
    fake = v7.draw(tmp_path / "download", np.random.default_rng(0))
    collection, root = recognise(fake.folder)
    assert fake.table is not None
    fake.table.unlink()
    with pytest.raises(CollectionError, match="the annotations are missing"):
        collection.read(root)


@pytest.mark.parametrize("same", [True, False])
def test_different_files_of_one_name_are_not_chosen_from(tmp_path: Path, same: bool) -> None:
    fake = v7.draw(tmp_path / "download", np.random.default_rng(0))
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(fake.others[1] / ("stray.png" if same else "cropped.png"), other / "stray.png")
    reading = read_folder(fake.folder, others=[*fake.others, other])
    assert ("stray.png" in by_name(reading)) == same
    assert list(problems_of(reading, "ambiguous image")) == ([] if same else ["stray.png"])


def _read_exports(
    tmp_path: Path, coco: dict[str, Any] | None, darwin: object, *, packed: bool = True
) -> Reading:
    """A copy of the fake with these two exports; ``darwin`` is files by name, or bytes."""
    fake = v7.draw(tmp_path / "download", np.random.default_rng(0))
    assert fake.table is not None
    folder = fake.table.parent
    fake.table.unlink()
    if coco is not None:
        (folder / "output.json").write_text(json.dumps(coco))
    if isinstance(darwin, bytes):
        (folder / "covid-only.zip").write_bytes(darwin)
    elif isinstance(darwin, dict) and packed:
        with zipfile.ZipFile(folder / "covid-only.zip", "w") as archive:
            for name, value in darwin.items():
                archive.writestr(name, json.dumps(value))
    elif isinstance(darwin, dict):
        (folder / "covid-only").mkdir()
        for name, value in darwin.items():
            (folder / "covid-only" / name).write_text(json.dumps(value))
    return read_folder(fake.folder, others=fake.others)


@pytest.mark.parametrize("packed", [True, False])
def test_darwins_files_say_the_same_as_the_coco_file(tmp_path: Path, packed: bool) -> None:
    coco = v7.coco(np.random.default_rng(0))
    by_coco = _read_exports(tmp_path / "coco", coco, None)
    by_darwin = _read_exports(tmp_path / "darwin", None, v7.darwin(coco), packed=packed)
    assert [p.kind for p in by_darwin.problems] == [p.kind for p in by_coco.problems]
    for one, other in zip(by_coco.radiographs, by_darwin.radiographs, strict=True):
        assert one.source_path == other.source_path and one.masks == other.masks
        assert one.finding == other.finding and one.view == other.view


def _damage(coco: dict[str, Any], name: str) -> None:
    image = next(image["id"] for image in coco["images"] if image["file_name"] == name)
    next(a for a in coco["annotations"] if a["image_id"] == image)["segmentation"] = [[1, 2]]


def test_darwin_gives_what_is_damaged_in_the_coco_file(tmp_path: Path) -> None:
    coco = v7.coco(np.random.default_rng(0))
    darwin = v7.darwin(coco)
    _damage(coco, "b.png")
    reading = _read_exports(tmp_path, coco, darwin)
    assert set(by_name(reading)["b.png"].masks) == LUNGS
    assert not problems_of(reading, "damaged annotation")


def test_a_drawn_mask_is_used_where_both_are_damaged(tmp_path: Path) -> None:
    coco = v7.coco(np.random.default_rng(0))
    _damage(coco, "a.jpeg")  # number 1000, which the fake has a mask of
    _damage(coco, "b.png")
    reading = _read_exports(tmp_path, coco, b"no archive")
    masks = by_name(reading)["a.jpeg"].masks
    assert set(masks) == {Structure.LUNGS}
    mask = masks[Structure.LUNGS][0]
    assert isinstance(mask, MaskFile) and mask.path.name == "1000.png" and mask.foreground == 255
    damaged = problems_of(reading, "damaged annotation")
    assert damaged["a.jpeg"].endswith("1000.png was used")
    assert by_name(reading)["b.png"].masks == {} and "b.png" in damaged
    assert "the zip archive is damaged" in damaged["annotations/output.json"]
    assert not problems_of(reading, "unused mask")


@pytest.mark.parametrize(
    "damage",
    [
        None,
        [],
        {},
        {"image": {"original_filename": "../a.jpeg", "width": 9, "height": 9}},
        {"image": {"original_filename": "a.jpeg", "width": -9, "height": 9}},
        {"image": {"original_filename": "a.jpeg", "width": 9, "height": 10**9}},
        {"image": {"original_filename": 7}},
    ],
    ids=repr,
)
def test_a_damaged_file_of_darwin_is_told(tmp_path: Path, damage: object) -> None:
    files: dict[str, Any] = v7.darwin(v7.coco(np.random.default_rng(0)))
    reading = _read_exports(tmp_path, None, files | {"1000.json": damage})
    assert "a.jpeg" not in by_name(reading) and "b.png" in by_name(reading)
    told = [p for p in reading.problems if p.detail.startswith("1000.json: ")]
    assert len(told) == 1 and told[0].kind in ("damaged annotation", "unsafe path")


@pytest.mark.parametrize(
    "item",
    [
        "text",
        {"name": 5},
        {"name": "Lung"},
        {"name": "Lung", "polygon": {"path": [{"x": 1}, {"y": 1}, {}]}},
        {"name": "Lung", "polygon": {"path": [{"x": float("nan"), "y": 1}] * 5}},
        {"name": "Lung", "complex_polygon": {"path": [[]]}},
    ],
    ids=repr,
)
def test_a_damaged_outline_of_darwin_is_told(tmp_path: Path, item: object) -> None:
    files = v7.darwin(v7.coco(np.random.default_rng(0)))
    files["1001.json"]["annotations"].append(item)
    reading = _read_exports(tmp_path, None, files)
    assert by_name(reading)["b.png"].masks == {}
    assert "b.png" in problems_of(reading, "damaged annotation")


def test_a_folder_of_images_called_covid_only_is_not_darwins(tmp_path: Path) -> None:
    fake = v7.draw(tmp_path / "download", np.random.default_rng(0))
    shutil.copytree(fake.others[1], tmp_path / "mine/covid-only")
    shutil.copytree(fake.others[1], tmp_path / "mine/covid")
    assert recognise(tmp_path / "mine")[0].facts.name == "plain-folder"
