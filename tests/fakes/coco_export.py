"""COCO of somebody's own: polygons, both kinds of run lengths, boxes, odd names, two files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.fakes.fake import FakeCollection, write_chest
from tests.fakes.outlines import column_runs, packed_text, polygon_of

CATEGORIES = ("Right lung", "left-lung", "Infection", "GGO", "Pacemaker", "covid", "heart", "lungs")


def draw(folder: Path, rng: np.random.Generator) -> FakeCollection:
    root = folder / "my annotations"
    first = write_chest(root / "images/one.png", rng, infected=True)
    second = write_chest(root / "images/covid/two.png", rng, infected=True)
    third = write_chest(root / "images/three.jpg", rng)
    write_chest(root / "images/normal/not annotated.png", rng)
    write_chest(root / "images/nobody's.png", rng)
    outside = folder.with_name(f"{folder.name}-images")
    fourth = write_chest(outside / "ward/four.png", rng)
    images = ["one.png", "covid/two.png", "three.jpg", "ward/four.png", "../five.png", "six.png"]
    annotations = [
        annotation(0, "Right lung", [polygon_of(first.right_lung)]),
        annotation(0, "left-lung", [polygon_of(first.left_lung)]),
        annotation(0, "Infection", counted(first.infection)),
        annotation(1, "Infection", packed(second.infection)),
        annotation(1, "Pacemaker", [polygon_of(second.infection)]),
        annotation(1, "heart", [[1, 2, 3]]),
        annotation(2, "GGO", packed(third.right_lung)),
        annotation(2, "covid", None) | {"bbox": [1, 1, 9, 9]},
        annotation(3, "lungs", [polygon_of(fourth.left_lung)]),
        annotation(3, "lungs", [polygon_of(fourth.right_lung)]),
        annotation(9, "lungs", [polygon_of(third.right_lung)]),
    ]
    table = root / "annotations/instances_default.json"
    table.parent.mkdir(parents=True)
    table.write_text(json.dumps(coco(images, annotations, first.pixels.shape)))
    return FakeCollection(
        folder=folder,
        others=(outside,),
        radiographs=5,
        problems={
            "damaged annotation": 2,  # a heart, and an annotation of no image
            "unknown structure": 1,
            "unused annotation": 1,
            "unsafe path": 1,
            "missing image": 1,
            "unexpected image": 1,
            "unknown lung convention": 1,
        },
        table=table,
        findings={"covid": 2, "normal": 1, None: 2},
    )


def coco(
    images: list[str], annotations: list[dict[str, Any]], shape: tuple[int, ...]
) -> dict[str, Any]:
    """The file as tools write it."""
    height, width = shape
    return {
        "info": {},
        "images": [
            {"id": number, "file_name": name, "width": width, "height": height}
            for number, name in enumerate(images)
        ],
        "annotations": [{"id": number, **a} for number, a in enumerate(annotations)],
        "categories": [{"id": number, "name": name} for number, name in enumerate(CATEGORIES)],
    }


def annotation(image: int, category: str, segmentation: object) -> dict[str, Any]:
    """One annotation, without its id."""
    found = {"image_id": image, "category_id": CATEGORIES.index(category)}
    return found if segmentation is None else found | {"segmentation": segmentation}


def counted(mask: NDArray[np.bool_]) -> dict[str, Any]:
    """Plain run lengths."""
    return {"size": list(mask.shape), "counts": column_runs(mask)}


def packed(mask: NDArray[np.bool_]) -> dict[str, Any]:
    """Compressed run lengths."""
    return {"size": list(mask.shape), "counts": packed_text(column_runs(mask))}
