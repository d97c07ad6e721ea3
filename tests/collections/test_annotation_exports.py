"""COCO, CVAT and Label Studio: what is read, what is told, and what may not hang or crash."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hilum.collections import cvat_export
from hilum.collections.collection import Reading
from hilum.collections.inspect import inspect
from hilum.collections.registry import read_folder
from hilum.errors import CollectionError, MaskError
from hilum.imaging.masks import read_mask
from hilum.radiograph import Finding, LungConvention, Split, Structure
from tests.collections.readings import by_name, problems_of, read_fake
from tests.fakes import coco_export, ieee8023, kermany
from tests.fakes import cvat_export as cvat
from tests.fakes import label_studio_export as ls
from tests.fakes.every import FAKES
from tests.fakes.fake import SIZE, draw_small_chest, write_chest

LUNGS = {Structure.RIGHT_LUNG, Structure.LEFT_LUNG}
SQUARE = [2.0, 2, 20, 2, 20, 20, 2, 20]
OTHER_SQUARE = [25.0, 2, 38, 2, 38, 20, 25, 20]


def _pixels(reading: Reading, name: str, structure: Structure) -> np.ndarray:
    masks = by_name(reading)[name].masks[structure]
    return read_mask(masks, width=SIZE[1], height=SIZE[0])


def _images(folder: Path, *names: str) -> Path:
    for name in names:
        write_chest(folder / name, np.random.default_rng(len(name)))
    return folder


def _coco(
    folder: Path, images: list[str], *annotations: dict[str, Any], name: str = "a.json"
) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(coco_export.coco(images, list(annotations), SIZE)))
    return folder


shape = coco_export.annotation


def test_coco_gives_back_what_was_drawn(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    first = draw_small_chest(rng, infected=True)
    second = draw_small_chest(rng, infected=True)
    third = draw_small_chest(rng)
    reading = read_fake("coco", tmp_path)
    for name, structure, truth in (
        ("one.png", Structure.RIGHT_LUNG, first.right_lung),
        ("one.png", Structure.LEFT_LUNG, first.left_lung),
        ("one.png", Structure.INFECTION, first.infection),
        ("two.png", Structure.INFECTION, second.infection),
        ("three.jpg", Structure.GROUND_GLASS, third.right_lung),
    ):
        np.testing.assert_array_equal(_pixels(reading, name, structure), truth)
    images = by_name(reading)
    assert set(images["one.png"].masks) == LUNGS | {Structure.INFECTION}
    assert set(images["two.png"].masks) == {Structure.INFECTION}, "its heart is damaged"
    assert set(images["four.png"].masks) == LUNGS, "two outlines side by side"
    assert images["two.png"].finding is Finding.COVID and images["two.png"].label_source == (
        "folder; COCO annotations"
    )
    assert images["three.jpg"].finding is Finding.COVID
    assert images["not annotated.png"].label_source == "folder"
    assert images["four.png"].source_path == "ward/four.png"


def test_cvat_gives_back_what_was_drawn(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    first, second = draw_small_chest(rng, infected=True), draw_small_chest(rng)
    reading = read_fake("cvat", tmp_path)
    np.testing.assert_array_equal(_pixels(reading, "one.png", Structure.INFECTION), first.infection)
    for structure, truth in (
        (Structure.RIGHT_LUNG, first.right_lung),
        (Structure.LEFT_LUNG, first.left_lung),
    ):
        np.testing.assert_array_equal(_pixels(reading, "one.png", structure), truth)
    left = _pixels(reading, "two.png", Structure.LEFT_LUNG)
    np.testing.assert_array_equal(left, second.left_lung)
    images = by_name(reading)
    assert images["one.png"].lung_convention is LungConvention.AERATED
    assert images["one.png"].finding is Finding.COVID
    assert images["two.png"].lung_convention is None
    assert set(images["two.png"].masks) == {Structure.LEFT_LUNG}


def test_label_studio_gives_back_what_was_drawn(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    first, second = draw_small_chest(rng, infected=True), draw_small_chest(rng)
    reading = read_fake("label-studio", tmp_path)
    images = by_name(reading)
    one = "COVID (1).png"
    np.testing.assert_array_equal(_pixels(reading, one, Structure.INFECTION), first.infection)
    np.testing.assert_array_equal(_pixels(reading, one, Structure.LEFT_LUNG), first.left_lung)
    np.testing.assert_array_equal(_pixels(reading, one, Structure.RIGHT_LUNG), first.right_lung)
    assert images[one].lung_convention is LungConvention.BEHIND_HEART
    assert images[one].finding is Finding.COVID
    np.testing.assert_array_equal(_pixels(reading, "two.png", Structure.LUNGS), second.lungs)
    heart = _pixels(reading, "two.png", Structure.CARDIOMEDIASTINUM)
    np.testing.assert_array_equal(heart, second.left_lung)


def test_images_of_ieee8023_keep_what_is_known_of_them(tmp_path: Path) -> None:
    home = ieee8023.draw(tmp_path / "home", np.random.default_rng(0))
    annotations = _coco(tmp_path / "mine", ["a.jpeg"], shape(0, "Infection", [SQUARE]))
    radiograph = by_name(read_folder(annotations, others=[home.folder]))["a.jpeg"]
    assert radiograph.patient_id == "ieee8023:2" and radiograph.finding is Finding.COVID
    assert radiograph.label_source == "metadata.csv; COCO annotations"


def test_splits_come_from_files_and_folders(tmp_path: Path) -> None:
    _images(tmp_path, "train/a.png", "valid/b.png", "images/test/c.png")
    for place, name in (("train", "a.png"), ("valid", "b.png"), (".", "c.png")):
        _coco(
            tmp_path / place, [name], shape(0, "Infection", [SQUARE]), name="_annotations.coco.json"
        )
    found = {r.source_path: r.official_split for r in read_folder(tmp_path).radiographs}
    assert found == {
        "train/a.png": Split.TRAIN,
        "valid/b.png": Split.VALIDATION,
        "images/test/c.png": Split.TEST,
    }


def test_an_image_beside_its_annotations_is_preferred(tmp_path: Path) -> None:
    for split, seed in (("train", 1), ("test", 2)):
        write_chest(tmp_path / split / "x.png", np.random.default_rng(seed))
        _coco(tmp_path / split, ["x.png"], shape(0, "Infection", [SQUARE]))
    found = {r.source_path: set(r.masks) for r in read_folder(tmp_path).radiographs}
    assert found == {"train/x.png": {Structure.INFECTION}, "test/x.png": {Structure.INFECTION}}


def test_several_files_of_one_image_are_united(tmp_path: Path) -> None:
    _images(tmp_path, "x.png")
    _coco(tmp_path, ["x.png"], shape(0, "Infection", [SQUARE]), name="a.json")
    _coco(
        tmp_path,
        ["x.png"],
        shape(0, "Infection", [OTHER_SQUARE]),
        shape(0, "heart", [OTHER_SQUARE]),
        name="b.json",
    )
    reading = read_folder(tmp_path)
    assert set(by_name(reading)["x.png"].masks) == {
        Structure.INFECTION,
        Structure.CARDIOMEDIASTINUM,
    }
    assert _pixels(reading, "x.png", Structure.INFECTION)[10, 10]
    assert not _pixels(reading, "x.png", Structure.INFECTION)[10, 30]
    assert problems_of(reading, "unused annotation") == {"x.png": "a second file's infection"}


def test_findings_that_disagree_are_unknown(tmp_path: Path) -> None:
    _images(tmp_path / "normal", "x.png")
    _images(tmp_path / "normal", "y.png")
    _images(tmp_path / "pneumonia", "z.png")
    shapes = [f'<tag label="{label}"/>' for label in ("covid", "lung opacity")]
    covid = [f'<tag label="{label}"/>' for label in ("COVID-19", "Viral Pneumonia", "pneumonia")]
    narrower = [f'<tag label="{label}"/>' for label in ("viral pneumonia", "pneumonia")]
    (tmp_path / "annotations.xml").write_text(
        cvat.document(
            cvat.image("x.png", SIZE, *shapes),
            cvat.image("y.png", SIZE, *narrower),
            cvat.image("z.png", SIZE, *covid),
        )
    )
    reading = read_folder(tmp_path)
    assert by_name(reading)["x.png"].finding is None
    assert by_name(reading)["y.png"].finding is Finding.VIRAL_PNEUMONIA
    assert by_name(reading)["z.png"].finding is Finding.COVID
    assert problems_of(reading, "rows disagree") == {
        "normal/x.png": "findings covid, lung_opacity",
        "normal/y.png": "annotated as pneumonia/viral, known as normal; kept pneumonia/viral",
    }


def test_a_file_that_several_names_mean_is_nobodys(tmp_path: Path) -> None:
    _images(tmp_path, "x.png")
    names = ["a/x.png", "b/x.png"]
    _coco(tmp_path, names, shape(0, "Infection", [SQUARE]), shape(1, "Infection", [SQUARE]))
    reading = read_folder(tmp_path)
    assert reading.radiographs == ()
    assert len(problems_of(reading, "ambiguous image")) == 1
    assert list(problems_of(reading, "unexpected image")) == ["x.png"]


def test_folders_choose_among_files_of_one_name(tmp_path: Path) -> None:
    _images(tmp_path, "images/a/x.png")
    write_chest(tmp_path / "images/b/x.png", np.random.default_rng(99))
    _coco(tmp_path, ["b/x.png", "a/x.png"], shape(0, "Infection", [SQUARE]))
    found = {r.source_path: set(r.masks) for r in read_folder(tmp_path).radiographs}
    assert found == {"images/a/x.png": set(), "images/b/x.png": {Structure.INFECTION}}
    _coco(tmp_path, ["x.png"], shape(0, "Infection", [SQUARE]))
    assert list(problems_of(read_folder(tmp_path), "ambiguous image")) == ["x.png"]


def test_both_lungs_beside_each_lung_are_not_used_twice(tmp_path: Path) -> None:
    _images(tmp_path, "x.png")
    _coco(tmp_path, ["x.png"], shape(0, "lungs", [SQUARE]), shape(0, "left-lung", [OTHER_SQUARE]))
    reading = read_folder(tmp_path)
    assert set(by_name(reading)["x.png"].masks) == {Structure.LEFT_LUNG}
    assert problems_of(reading, "unused annotation")["x.png"] == "both lungs beside each lung"


@pytest.mark.parametrize("name", ["coco", "cvat", "label-studio"])
def test_an_export_in_a_published_collection_is_told(tmp_path: Path, name: str) -> None:
    home = kermany.draw(tmp_path / "home", np.random.default_rng(0))
    fake = FAKES[name](tmp_path / "export", np.random.default_rng(0))
    assert fake.table is not None
    shutil.copy(fake.table, home.folder / fake.table.name)
    reading = read_folder(home.folder)
    told = Path(os.path.relpath(home.folder / fake.table.name, reading.root))
    assert reading.collection == "kermany" and len(reading.radiographs) == home.radiographs
    assert list(problems_of(reading, "unused annotation")) == [told.as_posix()]


def test_another_tools_file_beside_is_told(tmp_path: Path) -> None:
    _images(tmp_path, "x.png")
    _coco(tmp_path, ["x.png"], shape(0, "Infection", [SQUARE]))
    (tmp_path / "annotations.xml").write_text(cvat.document(cvat.image("x.png", SIZE)))
    (tmp_path / "tasks.json").write_text(json.dumps([ls.task("x.png", [])]))
    reading = read_folder(tmp_path)
    assert reading.collection == "coco"
    assert problems_of(reading, "unused annotation").keys() == {"annotations.xml", "tasks.json"}


NAMES = [
    "/etc/passwd",
    "../../x.png",
    "C:\\films\\x.png",
    "\\\\host\\share\\x.png",
    "https://host/x.png?token=1",
    "file:///etc/passwd",
    "http://[bad/x.png",
    "x\0.png",
    "\ud800.png",
    "a" * 5000 + ".png",
    "a/" * 5000 + "x.png",
    "",
    ".",
    "..",
    "/",
    "x.png/",
    "s3://bucket/" + "%2e%2e/" * 3 + "x.png",
    "/data/local-files/?" + "d=1&" * 100,
]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:30])
@pytest.mark.parametrize("tool", ["coco", "cvat", "label-studio"])
def test_no_name_leads_out_of_the_folders(tmp_path: Path, tool: str, name: str) -> None:
    _images(tmp_path, "x.png", "normal/y.png")
    if tool == "coco":
        _coco(tmp_path, [name, "y.png"], shape(0, "Infection", [SQUARE]))
    elif tool == "label-studio":
        tasks = [ls.task(name, [ls.choice("covid")]), ls.task("y.png", [ls.choice("covid")])]
        (tmp_path / "a.json").write_text(json.dumps(tasks))
    elif name.isprintable():
        images = (cvat.image(n.replace("&", "&amp;"), SIZE) for n in (name, "y.png"))
        (tmp_path / "a.xml").write_text(cvat.document(*images))
    else:
        return
    reading = read_folder(tmp_path)
    assert reading.collection == tool
    for radiograph in reading.radiographs:
        assert radiograph.path in (tmp_path / "x.png", tmp_path / "normal/y.png")
    if "x.png" not in by_name(reading):
        assert "x.png" in problems_of(reading, "unexpected image")
        assert len(reading.problems) >= 2
    json.dumps(inspect(tmp_path).to_dict()).encode()
    for problem in reading.problems:
        f"{problem.source_path}{problem.detail}".encode()


NUMBERS = [float("nan"), float("inf"), -float("inf"), 1e300, -1e9, 10**400, None, "7", True, [1]]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: repr(number)[:20])
def test_damaged_coordinates_are_told(tmp_path: Path, number: object) -> None:
    for folder in ("coco", "ls"):
        _images(tmp_path / folder, "x.png")
    _coco(tmp_path / "coco", ["x.png"], shape(0, "Infection", [[*SQUARE[:-1], number]]))
    result = ls.polygon("infection", draw_small_chest(np.random.default_rng(0)).left_lung)
    result["value"]["points"][1] = [number, 5]
    (tmp_path / "ls/a.json").write_text(json.dumps([ls.task("x.png", [result])]))
    for folder in ("coco", "ls"):
        reading = read_folder(tmp_path / folder)
        assert by_name(reading)["x.png"].masks == {}
        assert "x.png" in problems_of(reading, "damaged annotation")


@pytest.mark.parametrize(
    "element",
    [
        '<polygon label="infection" points=""/>',
        '<polygon label="infection"/>',
        '<polygon label="infection" points="1,2;3,4"/>',
        '<polygon label="infection" points="1,2;3,4;5"/>',
        '<polygon label="infection" points="1,2;3,4;5,1e400"/>',
        '<polygon label="infection" points="1,2;3,4;5,99999"/>',
        '<polygon points="1,2;3,4;5,6"/>',
        '<mask label="infection" rle="" left="0" top="0" width="2" height="2"/>',
        '<mask label="infection" rle="1, x" left="0" top="0" width="2" height="2"/>',
        '<mask label="infection" rle="1, -3" left="0" top="0" width="2" height="2"/>',
        '<mask label="infection" rle="4" left="-1" top="0" width="2" height="2"/>',
        '<mask label="infection" rle="4" left="39" top="0" width="2" height="2"/>',
        '<mask label="infection" rle="4" left="0" top="0" width="0" height="2"/>',
        '<mask label="infection" rle="4" left="nan" top="0" width="2" height="2"/>',
        '<mask label="infection" rle="4" left="0" top="0" width="999999999999" height="2"/>',
        '<mask label="infection" rle="4"/>',
    ],
)
def test_damaged_shapes_of_cvat_are_told(tmp_path: Path, element: str) -> None:
    _images(tmp_path, "x.png")
    text = cvat.document(cvat.image("x.png", SIZE, element, '<tag label="covid"/>'))
    (tmp_path / "annotations.xml").write_text(text)
    reading = read_folder(tmp_path)
    assert by_name(reading)["x.png"].masks == {}
    assert by_name(reading)["x.png"].finding is Finding.COVID
    assert "x.png" in problems_of(reading, "damaged annotation")


@pytest.mark.parametrize(
    "change",
    [
        {"original_width": None},
        {"original_width": -4},
        {"original_width": 10**9, "original_height": 10**9},
        {"original_height": 48.5},
        {"image_rotation": 90},
        {"value": {"rle": "text", "brushlabels": ["infection"]}},
        {"value": {"rle": [256], "brushlabels": ["infection"]}},
        {"value": {"rle": [None], "brushlabels": ["infection"]}},
        {"value": {"rle": [], "brushlabels": ["infection"]}},
        {"value": {"rle": [1, 2], "brushlabels": []}},
        {"value": {"points": 5}},
    ],
    ids=repr,
)
def test_damaged_results_of_label_studio_are_told(tmp_path: Path, change: dict[str, Any]) -> None:
    _images(tmp_path, "x.png")
    result = ls.brush("infection", draw_small_chest(np.random.default_rng(0)).left_lung) | change
    (tmp_path / "a.json").write_text(json.dumps([ls.task("x.png", [result])]))
    reading = read_folder(tmp_path)
    assert by_name(reading)["x.png"].masks == {}
    assert "x.png" in problems_of(reading, "damaged annotation")


@pytest.mark.parametrize(
    "tasks",
    [
        [5, None, [], {}],
        [{"data": 5, "annotations": 7}],
        [{"data": {"image": "x.png"}, "annotations": {"result": 5}}],
        [{"data": {"image": "x.png"}, "annotations": [{"result": [5, {}, {"value": 5}]}]}],
        [{"data": {"image": ["x.png"]}, "annotations": [{"result": "text"}]}],
        [{"data": {"image": "x.png"}, "annotations": [{"was_cancelled": True, "result": []}]}],
    ],
    ids=repr,
)
def test_damaged_tasks_of_label_studio_are_told(tmp_path: Path, tasks: list[Any]) -> None:
    _images(tmp_path, "x.png")
    text = json.dumps([*tasks, ls.task("y.png", [])])
    (tmp_path / "a.json").write_text(text)
    reading = read_folder(tmp_path)
    assert all(radiograph.masks == {} for radiograph in reading.radiographs)
    assert len(reading.problems) >= 2


def test_the_ground_truth_counts_before_later_annotations(tmp_path: Path) -> None:
    _images(tmp_path, "x.png")
    task = ls.task("x.png", [ls.choice("covid")], [ls.choice("normal")])
    (tmp_path / "a.json").write_text(json.dumps([task]))
    assert by_name(read_folder(tmp_path))["x.png"].finding is Finding.NORMAL
    task["annotations"][0]["ground_truth"] = True
    (tmp_path / "a.json").write_text(json.dumps([task]))
    reading = read_folder(tmp_path)
    assert by_name(reading)["x.png"].finding is Finding.COVID
    assert "1 more annotations" in problems_of(reading, "unused annotation")["a.json"]


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE annotations [<!ENTITY a "aaaaaaaaaa">'
    '<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><annotations>&b;</annotations>'
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        '<!DOCTYPE annotations SYSTEM "file:///etc/passwd"><annotations/>',
        "<annotations><image",
        "<annotations>\x01</annotations>",
    ],
)
def test_xml_that_is_damaged_or_tries_tricks_is_refused(tmp_path: Path, text: str) -> None:
    _images(tmp_path, "x.png")
    (tmp_path / "annotations.xml").write_text(text)
    with pytest.raises(CollectionError) as raised:
        cvat_export.CvatExport().parse(tmp_path / "annotations.xml")
    assert raised.value.path == str(tmp_path / "annotations.xml") and raised.value.remedy


def test_xml_of_a_video_or_too_large_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _images(tmp_path, "x.png")
    (tmp_path / "annotations.xml").write_text("<annotations><track/><track/></annotations>")
    assert "2 tracks" in problems_of(read_folder(tmp_path), "unused annotation")["annotations.xml"]
    monkeypatch.setattr(cvat_export, "MAX_BYTES", 20)
    with pytest.raises(CollectionError, match="more than 20 bytes"):
        read_folder(tmp_path)


def test_deep_nesting_is_no_crash(tmp_path: Path) -> None:
    _images(tmp_path, "x.png")
    depth = 200_000
    (tmp_path / "a.xml").write_text(
        "<annotations>" + "<a>" * depth + "</a>" * depth + "</annotations>"
    )
    assert list(problems_of(read_folder(tmp_path), "unexpected image")) == ["x.png"]
    (tmp_path / "a.xml").unlink()
    (tmp_path / "a.json").write_text('{"file_name": ' + "[" * depth)
    with pytest.raises(CollectionError, match="this is no JSON"):
        read_folder(tmp_path)


def test_a_million_points_take_seconds_and_more_are_refused(tmp_path: Path) -> None:
    _images(tmp_path, "x.png")
    turns = np.linspace(0, 2 * np.pi, 900_000)
    spiral = np.stack([20 + 15 * np.cos(turns), 24 + 20 * np.sin(turns)], axis=1)
    zigzag = [number for n in range(900_000) for number in (n % 39, n * 7 % 47)]
    before = time.monotonic()
    _coco(
        tmp_path,
        ["x.png"],
        shape(0, "Infection", [spiral.reshape(-1).tolist()]),
        shape(0, "heart", [zigzag]),
        shape(0, "GGO", [[1] * 2_000_002]),
    )
    reading = read_folder(tmp_path)
    found = by_name(reading)["x.png"].masks
    assert set(found) == {Structure.INFECTION, Structure.CARDIOMEDIASTINUM}
    assert _pixels(reading, "x.png", Structure.INFECTION).sum() > 900
    with pytest.raises(MaskError, match="lines run to and fro"):
        _pixels(reading, "x.png", Structure.CARDIOMEDIASTINUM)
    assert time.monotonic() - before < 60
