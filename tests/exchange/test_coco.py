"""COCO goes out and comes back."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from hilum.collections.coco import read_coco
from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.exposures import Twins
from hilum.dataset.read import Dataset, open_dataset
from hilum.exchange.coco import MaskFormat
from hilum.exchange.export import ExportOptions, Format, export_dataset
from hilum.exchange.outlines import outline_polygons
from hilum.imaging.polygons import draw_polygons
from hilum.radiograph import MaskPolygons, Structure
from tests.exchange.compiled import FOURTEEN, compile_outlined, ragged, read_table, rows_by_id
from tests.fakes.chest import draw_chest
from tests.fakes.compiled import write_radiograph

_OWN = {"collection", "source_path", "official_split"}
"""What the export's own name, layout and split stand in."""


def there_and_back(dataset: Dataset, folder: Path, masks: MaskFormat) -> Dataset:
    export_dataset(dataset, folder / "out", Format.COCO, options=ExportOptions(masks))
    compile_dataset([folder / "out"], folder / "again")
    return open_dataset(folder / "again")


def assert_equal(before: Dataset, after: Dataset, *, left_out: int) -> None:
    one, other = rows_by_id(before), rows_by_id(after)
    assert len(one) - len(other) == left_out
    for image_id, (split, row) in other.items():
        known_split, known = one[image_id]
        assert split is known_split
        assert row.image == known.image
        assert row.masks.keys() == known.masks.keys()
        for structure in row.masks:
            np.testing.assert_array_equal(row.mask(structure), known.mask(structure))
        assert {n: v for n, v in row.labels.items() if n not in _OWN} == {
            n: v for n, v in known.labels.items() if n not in _OWN
        }


@pytest.mark.parametrize("masks", MaskFormat)
def test_all_structures_and_labels_come_back(tmp_path: Path, masks: MaskFormat) -> None:
    dataset = compile_outlined(tmp_path)
    rows = [row for _, row in rows_by_id(dataset).values()]
    assert any(row.masks.keys() == set(FOURTEEN) for row in rows)
    assert {row.finding for row in rows} == {"covid", "pneumonia/viral", "pneumonia", None}

    again = there_and_back(dataset, tmp_path, masks)

    assert_equal(dataset, again, left_out=3)
    absent = [r for _, r in rows_by_id(again).values() if Structure.INFECTION in r.masks]
    assert len(absent) == 3
    for row in absent:
        mask = row.mask(Structure.INFECTION)
        assert mask is not None and not mask.any()
    unknown = read_table(tmp_path / "out/unknown.csv")
    assert [line["unknown"] for line in unknown] == ["all masks"] * 3
    assert {line["image_id"] for line in unknown} == {r.image_id for r in rows if not r.masks}
    assert (tmp_path / "again/issues.csv").read_text().count("\n") == 1


def test_a_group_that_only_twins_make_comes_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    root = tmp_path / "in"
    for number in range(4):
        chest = draw_chest(rng, size=(256, 240))
        write_radiograph(root, f"Train/Normal/{number}.png", chest)
    pixels = cv2.imread(str(root / "Train/Normal/images/1.png"), cv2.IMREAD_GRAYSCALE)
    brighter = draw_chest(rng, size=(256, 240))
    brighter = dataclasses.replace(brighter, pixels=cv2.convertScaleAbs(pixels, alpha=0.9, beta=20))
    write_radiograph(root, "Train/Normal/twin.png", brighter)
    options = CompileOptions(twins=Twins.GROUP)
    compile_dataset([root], tmp_path / "dataset", options=options)
    dataset = open_dataset(tmp_path / "dataset")
    groups = Counter(row.labels["group_id"] for _, row in rows_by_id(dataset).values())
    assert sorted(groups.values()) == [1, 1, 1, 2]

    export_dataset(dataset, tmp_path / "out", Format.COCO)
    ignored = CompileOptions(twins=Twins.IGNORE)
    compile_dataset([tmp_path / "out"], tmp_path / "again", options=ignored)
    assert_equal(dataset, open_dataset(tmp_path / "again"), left_out=0)


@pytest.mark.real
@pytest.mark.parametrize("masks", MaskFormat)
def test_general_blockchain_comes_back(
    tmp_path: Path, shared_data: Path, masks: MaskFormat
) -> None:
    compile_dataset([shared_data / "general-blockchain"], tmp_path / "dataset")
    dataset = open_dataset(tmp_path / "dataset")

    assert_equal(dataset, there_and_back(dataset, tmp_path, masks), left_out=0)


def test_polygons_draw_the_mask_again() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        mask = ragged(rng)
        polygons = tuple(tuple(map(float, polygon)) for polygon in outline_polygons(mask))
        drawn = draw_polygons(MaskPolygons(polygons, (mask.shape[1], mask.shape[0])))
        np.testing.assert_array_equal(drawn, mask)


# pycocotools decodes with a numpy call that numpy 2 warns of.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_other_programs_read_it(tmp_path: Path) -> None:
    coco = pytest.importorskip("pycocotools.coco")
    dataset = compile_outlined(tmp_path)
    export_dataset(dataset, tmp_path / "out", Format.COCO)

    index = coco.COCO(tmp_path / "out/train/annotations.json")
    assert {image["license"] for image in index.imgs.values()} == {1}
    assert {len(index.getAnnIds(number)) for number in index.imgs} == {1, 2, 14}
    rows = rows_by_id(dataset)
    for annotation in index.anns.values():
        image = index.imgs[annotation["image_id"]]
        name = index.cats[annotation["category_id"]]["name"].split(" (")[0].replace(" ", "_")
        mask = rows[Path(image["file_name"]).stem][1].mask(Structure(name))
        np.testing.assert_array_equal(index.annToMask(annotation).astype(bool), mask)
        assert annotation["area"] == mask.sum()
        left, top, width, height = annotation["bbox"]
        assert mask[top : top + height, left : left + width].sum() == mask.sum()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("age", -1),
        ("age", True),
        ("sex", ["F"]),
        ("view", {}),
        ("day", 1.5),
        ("patient_id", 3),
        ("severity", [{"scale": "brixia", "value": 19}]),
        ("severity", [{"scale": "mine", "value": 1}]),
    ],
)
def test_a_damaged_attribute_is_a_problem(name: str, value: object) -> None:
    image = {"id": 1, "file_name": "a.png", "width": 4, "height": 4, "attributes": {name: value}}
    lists = {"images": [image], "annotations": [], "categories": []}
    ours = {"info": {"hilum": {"layout": 1}}, **lists}

    told = read_coco(ours, path=Path("a.json"))
    assert told.images[0].known == {}
    assert told.problems == (
        ("damaged annotation", f"'a.png': the attribute {name} cannot be read"),
    )
    assert read_coco(lists, path=Path("a.json")).problems == ()


def test_attributes_of_another_program_are_not_read(tmp_path: Path) -> None:
    image = {"id": 1, "file_name": "a.png", "width": 4, "height": 4, "license": 1}
    value = {
        "images": [image | {"attributes": {"age": 7, "finding": "covid"}}],
        "annotations": [],
        "categories": [],
        "licenses": [{"id": 1, "name": "MIT"}],
    }
    read = read_coco(json.loads(json.dumps(value)), path=tmp_path / "a.json").images[0]
    assert read.known == {} and read.tags == frozenset()
