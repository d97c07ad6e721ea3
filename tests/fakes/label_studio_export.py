"""Label Studio's JSON: uploads with prefixes, URLs, percentages, brush strokes, several readers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.fakes.fake import SIZE, FakeCollection, write_chest
from tests.fakes.outlines import brush_bytes, polygon_of


def draw(folder: Path, rng: np.random.Generator) -> FakeCollection:
    root = folder / "project-1"
    first = write_chest(root / "COVID (1).png", rng, infected=True)
    second = write_chest(root / "films/two.png", rng)
    write_chest(root / "three.png", rng)
    tasks = [
        task(
            "/data/upload/1/0123abcd-COVID_1.png",
            [polygon("right lung behind heart", first.right_lung)],
            [
                polygon("right lung behind heart", first.right_lung),
                polygon("left lung behind heart", first.left_lung),
                brush("infection", first.infection),
                choice("covid"),
            ],
        ),
        task(
            "/data/local-files/?d=films/two.png",
            [
                brush("lungs", second.lungs),
                polygon("heart", second.left_lung, kind="polygon"),
                polygon("heart", second.left_lung, kind="labels"),
                rectangle("ggo"),
                choice("unsure"),
            ],
        ),
        task("https://host/films/four%20.png?token=1", [choice("normal")]),
        {"id": 9, "data": {"text": "no image"}, "annotations": []},
        "nonsense",
    ]
    table = root / "project-1-at-2024-01-01.json"
    table.write_text(json.dumps(tasks))
    return FakeCollection(
        folder=folder,
        radiographs=2,
        problems={
            "damaged annotation": 2,  # tasks without image
            "unused annotation": 2,  # a second reader, a rectangle
            "unknown finding": 1,
            "missing image": 1,
            "unexpected image": 1,
            "unknown lung convention": 1,
        },
        table=table,
        findings={"covid": 1, None: 1},
    )


def task(image: str, *results: list[dict[str, Any]]) -> dict[str, Any]:
    """A task with an annotation per reader, the last one the newest."""
    return {
        "id": 1,
        "annotations": [
            {"id": n, "was_cancelled": False, "updated_at": f"2024-01-0{n + 1}", "result": result}
            for n, result in enumerate(results)
        ],
        "data": {"image": image},
    }


def _result(kind: str, value: dict[str, Any], name: str = "label") -> dict[str, Any]:
    return {
        "original_width": SIZE[1],
        "original_height": SIZE[0],
        "image_rotation": 0,
        "value": value,
        "id": f"{kind}-{len(str(value))}",
        "from_name": name,
        "to_name": "image",
        "type": kind,
    }


def polygon(label: str, mask: NDArray[np.bool_], *, kind: str = "polygonlabels") -> dict[str, Any]:
    """Corners in percent; ``kind`` other than ``polygonlabels`` as where labels stand apart."""
    numbers = polygon_of(mask)
    points = [
        [x * 100 / SIZE[1], y * 100 / SIZE[0]]
        for x, y in zip(numbers[::2], numbers[1::2], strict=True)
    ]
    value: dict[str, Any] = {"points": points, "closed": True}
    if kind != "polygon":
        value[kind] = [label]
    return _result(kind, value) | ({} if kind == "polygonlabels" else {"id": "apart"})


def brush(label: str, mask: NDArray[np.bool_]) -> dict[str, Any]:
    """Brush strokes."""
    value = {"format": "rle", "rle": brush_bytes(mask), "brushlabels": [label]}
    return _result("brushlabels", value)


def rectangle(label: str) -> dict[str, Any]:
    """A box."""
    value = {"x": 1, "y": 1, "width": 9, "height": 9, "rotation": 0, "rectanglelabels": [label]}
    return _result("rectanglelabels", value)


def choice(word: str) -> dict[str, Any]:
    """A class of the whole image."""
    return _result("choices", {"choices": [word]}, "class")
