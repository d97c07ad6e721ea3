"""CVAT for images 1.1: polygons, brush masks, tags, boxes, damaged shapes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.fakes.fake import FakeCollection, write_chest
from tests.fakes.outlines import polygon_of, row_runs


def draw(folder: Path, rng: np.random.Generator) -> FakeCollection:
    root = folder / "task_1"
    first = write_chest(root / "images/ward/one.png", rng, infected=True)
    second = write_chest(root / "images/two.png", rng)
    write_chest(root / "images/three.png", rng)
    write_chest(root / "images/four.png", rng)
    images = [
        image(
            "ward/one.png",
            first.pixels.shape,
            polygon("aerated lung", first.right_lung),
            polygon("aerated lung", first.left_lung),
            brush("infection", first.infection),
            '<tag label="COVID-19"></tag>',
        ),
        image(
            "two.png",
            second.pixels.shape,
            polygon("left lung", second.left_lung),
            '<polygon label="right lung" points="1,2;nan,4;5,6"/>',
            '<box label="Infection" xtl="1" ytl="1" xbr="5" ybr="5"/>',
            '<tag label="rotated"/>',
        ),
        image("three.png", second.pixels.shape),
        image("elsewhere.png", second.pixels.shape, '<tag label="normal"/>'),
        image("bad.png", (-5, 10)),
    ]
    table = root / "annotations.xml"
    table.write_text(document(*images), encoding="utf-8")
    return FakeCollection(
        folder=folder,
        radiographs=3,
        problems={
            "damaged annotation": 2,  # a lung, and an image's size
            "unused annotation": 1,
            "unknown finding": 1,
            "missing mask": 1,
            "missing image": 1,
            "unexpected image": 1,
            "unknown lung convention": 1,
        },
        table=table,
        findings={"covid": 1, None: 2},
    )


def document(*images: str) -> str:
    """A whole file."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n<meta>'
        f"<task><name>chest &amp; more</name></task></meta>\n{''.join(images)}</annotations>\n"
    )


def image(name: str, shape: tuple[int, ...], *shapes: str) -> str:
    """One image's element."""
    size = f'width="{shape[1]}" height="{shape[0]}"'
    return f'<image id="0" name="{name}" subset="default" {size}>{"".join(shapes)}</image>\n'


def polygon(label: str, mask: NDArray[np.bool_]) -> str:
    """A polygon's element."""
    numbers = polygon_of(mask)
    points = ";".join(f"{x:.2f},{y:.2f}" for x, y in zip(numbers[::2], numbers[1::2], strict=True))
    return f'<polygon label="{label}" source="manual" points="{points}" z_order="0"></polygon>'


def brush(label: str, mask: NDArray[np.bool_]) -> str:
    """A mask's element: the runs of its box."""
    rows, columns = np.nonzero(mask)
    top, left = int(rows.min()), int(columns.min())
    crop = mask[top : rows.max() + 1, left : columns.max() + 1]
    runs = ", ".join(map(str, row_runs(crop)))
    place = f'left="{left}" top="{top}" width="{crop.shape[1]}" height="{crop.shape[0]}"'
    return f'<mask label="{label}" source="manual" rle="{runs}" {place} z_order="0"></mask>'
