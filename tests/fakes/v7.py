"""V7's COCO export: two polygons per chest, an ignored region, a CT, a lateral, absent images.

Its images lie in a fake of covid-chestxray-dataset and in a folder that is no collection.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.fakes import ieee8023
from tests.fakes.fake import FakeCollection, draw_small_chest, write_chest, write_image, write_mask

_TAGS = ("COVID-19", "CT", "View/PA", "View/Lateral", "PatientID:2", "Age:65", "Sex/M", "19")
_IMAGES: Mapping[str, tuple[str, ...]] = {
    "a.jpeg": ("COVID-19", "View/PA", "PatientID:2"),
    "b.png": ("COVID-19",),
    "c.jpg": ("COVID-19", "View/Lateral"),
    "ct.png": ("COVID-19", "CT"),
    "absent.jpg": ("COVID-19", "View/PA"),
    "stray.png": ("COVID-19", "View/PA", "PatientID:2", "Age:65", "Sex/M", "19"),
    "cropped.png": ("COVID-19", "View/PA"),
}
_SCALE = 2
"""V7 worked on larger images than these."""


def draw(folder: Path, rng: np.random.Generator) -> FakeCollection:
    home = ieee8023.draw(folder.with_name(f"{folder.name}-ieee8023"), rng)
    stray = folder.with_name(f"{folder.name}-stray")
    write_chest(stray / "stray.png", rng)
    write_image(stray / "cropped.png", draw_small_chest(rng).pixels[:, 8:-8].copy())

    root = folder / "covid-19-xray-dataset"
    chest = draw_small_chest(rng)
    write_mask(root / "annotations/all-images-semantic-masks/1000.png", chest.lungs)
    write_mask(root / "annotations/all-images-semantic-masks/9999.png", chest.lungs)
    archive = root / "annotations/covid-only-coco.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("output.json", json.dumps(coco(rng)))
    return FakeCollection(
        folder=folder,
        others=(home.folder, stray),
        radiographs=5,
        problems={
            "not a radiograph": 1,
            "missing image": 1,
            "mask of another shape": 1,
            "unused mask": 1,
            "mask without image": 1,
        },
        table=archive,
        findings={"covid": 4, "pneumonia/bacterial": 1},
    )


def coco(rng: np.random.Generator) -> dict[str, Any]:
    """The export as V7's Darwin writes it."""
    images, annotations = [], []
    for number, (name, tags) in enumerate(_IMAGES.items()):
        chest = draw_small_chest(rng)
        height, width = (side * _SCALE for side in chest.pixels.shape)
        images.append(
            {
                "id": number,
                "file_name": name,
                "width": width,
                "height": height,
                "darwin_url": f"https://darwin.example/api/images/{1000 + number}/original",
                "tag_ids": [_TAGS.index(tag) for tag in tags],
            }
        )
        if name not in ("c.jpg", "ct.png"):
            ignored = {"counts": [0, 5], "size": [height, width]}
            shapes = [(0, _polygon(chest.left_lung)), (0, _polygon(chest.right_lung)), (1, ignored)]
            annotations += [
                {"image_id": number, "category_id": category, "segmentation": shape}
                for category, shape in shapes
            ]
    return {
        "images": images,
        "annotations": [{"id": number, **a} for number, a in enumerate(annotations)],
        "categories": [{"id": 0, "name": "Lung"}, {"id": 1, "name": "Ignore"}],
        "tag_categories": [{"id": number, "name": tag} for number, tag in enumerate(_TAGS)],
    }


def darwin(coco: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The same as Darwin's own export: a JSON file per image, by its number."""
    files = {}
    for image in coco["images"]:
        number = image["darwin_url"].split("/")[-2]
        listed: list[dict[str, Any]] = [{"name": _TAGS[t], "tag": {}} for t in image["tag_ids"]]
        for annotation in coco["annotations"]:
            if annotation["image_id"] != image["id"]:
                continue
            if annotation["category_id"] == 1:
                rings = [[{"x": 1.0, "y": 1}], [{"x": 2, "y": 2}]]
                listed.append({"name": "Ignore", "complex_polygon": {"path": rings}})
                continue
            numbers = annotation["segmentation"][0]
            points = zip(numbers[::2], numbers[1::2], strict=True)
            path = [{"x": x, "y": y} for x, y in points]
            listed.append({"name": "Lung", "polygon": {"path": path}})
        files[f"{number}.json"] = {
            "image": {
                "width": image["width"],
                "height": image["height"],
                "filename": f"{image['id']:08}.jpg",
                "original_filename": image["file_name"],
                "url": image["darwin_url"],
            },
            "annotations": listed,
        }
    return files


def _polygon(mask: NDArray[np.bool_]) -> list[list[float]]:
    contours, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    largest = max(contours, key=len)
    return [[float(number) * _SCALE for number in largest.reshape(-1)]]
