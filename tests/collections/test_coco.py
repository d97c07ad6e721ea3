from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hilum.collections.annotated import Annotations
from hilum.collections.coco import read_coco
from hilum.errors import CollectionError
from hilum.radiograph import MaskPolygons

TRIANGLE = [[1.0, 1, 5, 1, 3, 5]]


def _image(number: object = 0, **values: object) -> dict[str, object]:
    return {"id": number, "file_name": f"{number}.png", "width": 10, "height": 8} | values


def _annotation(segmentation: object = None, **values: object) -> dict[str, object]:
    return {"image_id": 0, "category_id": 0, "segmentation": segmentation or TRIANGLE} | values


def _read(images: list[Any], annotations: list[Any]) -> Annotations:
    categories = [{"id": 0, "name": "Lung"}, {"id": 1, "name": "Ignore"}, "nonsense"]
    value = {"images": images, "annotations": annotations, "categories": categories}
    return read_coco(value, path=Path("output.json"), ignored=frozenset({"Ignore"}))


def test_outlines_are_sorted_by_image_and_category() -> None:
    ignored = _annotation({"counts": [1], "size": [8, 10]}, category_id=1)
    coco = _read([_image(0), _image(1)], [_annotation(), _annotation(image_id=1), ignored])
    assert [len(image.outlines["Lung"]) for image in coco.images] == [1, 1]
    polygon = (1.0, 1.0, 5.0, 1.0, 3.0, 5.0)
    assert coco.images[0].outlines == {"Lung": (MaskPolygons((polygon,), (10, 8)),)}
    assert coco.images[0].damage == {} and coco.problems == ()


@pytest.mark.parametrize(
    "segmentation",
    [
        "text",
        {"counts": [-1, 81], "size": [8, 10]},
        {"counts": [1, 79.0], "size": [8, 10]},
        {"counts": [10**400], "size": [8, 10]},
        {"counts": [], "size": [8, 10]},
        {"counts": "", "size": [8, 10]},
        {"counts": "\ud800", "size": [8, 10]},
        {"counts": [80], "size": [10, 8]},
        {"counts": [80], "size": [10**9, 10**9]},
        {"counts": [80]},
        [[1, 2, 3, 4]],
        [[1, 2, 3, 4, 5]],
        [[1, 2, 3, 4, 5, None]],
        [[1, 2, 3, 4, 5, float("nan")]],
        [[1, 2, 3, 4, 5, 1e12]],
        [[1, 2, 3, 4, 5, True]],
        [7],
    ],
    ids=repr,
)
def test_a_damaged_outline_marks_its_image(segmentation: object) -> None:
    coco = _read([_image(0), _image(1)], [_annotation(segmentation)])
    assert list(coco.images[0].damage) == ["Lung"]
    assert coco.images[1].damage == {}


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        ("text", "damaged annotation"),
        (_image(file_name=None), "damaged annotation"),
        (_image(file_name="../../etc/passwd.png"), "unsafe path"),
        (_image(file_name="/etc/a.png"), "unsafe path"),
        (_image(width="10"), "damaged annotation"),
        (_image(width=0), "damaged annotation"),
        (_image(width=10**6, height=10**6), "damaged annotation"),
        (_image(number=None), "damaged annotation"),
        (_image(number=[1]), "damaged annotation"),
    ],
    ids=repr,
)
def test_a_damaged_image_is_left_out_and_told(image: object, kind: str) -> None:
    coco = _read([image, _image(5)], [])
    assert [entry.name for entry in coco.images] == ["5.png"]
    assert [problem[0] for problem in coco.problems] == [kind]


def test_an_image_named_twice_is_told() -> None:
    coco = _read([_image(0), _image(0), _image(1, file_name="0.png")], [])
    assert len(coco.images) == 1 and len(coco.problems) == 2


def test_annotations_without_image_or_category_are_told() -> None:
    coco = _read([_image()], [_annotation(image_id=9), "text", _annotation(category_id=9)])
    assert len(coco.problems) == 2
    assert coco.images[0].damage == {"": "annotation 2 has no known category"}


@pytest.mark.parametrize("value", [[], {}, None, {"images": {}}, {"images": []}])
def test_what_is_no_coco_is_refused(value: object) -> None:
    with pytest.raises(CollectionError, match="expected a COCO file"):
        read_coco(value, path=Path("output.json"))


def test_boxes_are_counted_and_no_outline() -> None:
    box = {"image_id": 0, "category_id": 0, "bbox": [1, 1, 4, 4]}
    image = _read([_image()], [box, box | {"segmentation": []}]).images[0]
    assert image.boxes == {"Lung": 2} and image.outlines == {} and image.damage == {}


def test_an_id_of_two_categories_says_nothing() -> None:
    categories = [{"id": 0, "name": "Lung"}, {"id": 0, "name": "Heart"}]
    value = {"images": [_image()], "annotations": [_annotation()], "categories": categories}
    image = read_coco(value, path=Path("output.json")).images[0]
    assert list(image.damage) == [""]
