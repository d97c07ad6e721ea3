"""General Blockchain: cropped colour masks, some absent, beside ieee8023's metadata."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.fakes.chest import Chest
from tests.fakes.fake import FakeCollection, write_chest, write_image, write_table
from tests.fakes.ieee8023 import COLUMNS as METADATA_COLUMNS
from tests.fakes.ieee8023 import row

_COLUMNS = (
    *("#", "Class", "Filename", "Image", "Mask"),
    *("Resolution", "Top", "Left", "Width", "Height"),
)


def draw(folder: Path, rng: np.random.Generator) -> FakeCollection:
    root = folder / "covid-19-chest-xray-segmentations-dataset"
    first = write_chest(root / "images/a.jpeg", rng, infected=True)
    second = write_chest(root / "images/b.png", rng)
    write_chest(root / "images/unannotated.jpg", rng)
    rows = [
        _outline(root, "a.jpeg", "Right Lung", first.right_lung, first),
        _outline(root, "a.jpeg", "Left Lung", first.left_lung, first),
        _outline(root, "a.jpeg", "Ground Glass Opacities", first.infection, first),
        _outline(root, "a.jpeg", "Nosogastric Tube", first.infection, first),
        _outline(root, "b.png", "Right Lung", second.right_lung, second),
        _outline(root, "b.png", "Airways", second.right_lung, second) | {"Left": "39"},
        _outline(root, "b.png", "Tubings", second.right_lung, second) | {"Mask": ""},
        _outline(root, "b.png", "Pacemaker", second.right_lung, second),
        _outline(root, "absent.jpg", "Left Lung", second.left_lung, second),
        _outline(root, "b.png", "Consolidation", second.left_lung, second)
        | {"Mask": "../outside.png"},
        _outline(root, "b.png", "Chest Tube", second.left_lung, second) | {"Mask": "masks/no.png"},
    ]
    table = write_table(root / "structure.csv", _COLUMNS, rows)
    listed = [
        row("a.jpeg", "COVID-19", patientid="2", license="CC BY 3.0"),
        row("unannotated.jpg", "No Finding", patientid="7"),
        row("elsewhere.jpg", "COVID-19", patientid="8"),
    ]
    write_table(root / "metadata.csv", METADATA_COLUMNS, listed)
    return FakeCollection(
        folder=folder,
        radiographs=3,
        problems={
            "missing mask": 3,  # two of b.png; unannotated.jpg has none at all
            "damaged row": 1,
            "unsafe path": 1,
            "unknown structure": 1,
            "missing image": 1,
            "not in metadata": 1,
            "unused mask": 6,
        },
        table=table,
        mask=root / "masks/a.jpeg_Right_Lung.png",
        findings={"covid": 1, "normal": 1, None: 1},
    )


def draw_outlined(folder: Path, rng: np.random.Generator, count: int) -> Path:
    """``count`` films with both lungs, heart, airways, ground glass and consolidation outlined."""
    root = folder / "covid-19-chest-xray-segmentations-dataset"
    outlines, listed = [], []
    for number in range(count):
        name = f"{number}.png"
        chest = write_chest(root / "images" / name, rng, infected=True)
        below = np.arange(len(chest.pixels))[:, None] > np.nonzero(chest.infection)[0].mean()
        heart = ~chest.lungs & below
        outlines += [
            _outline(root, name, "Right Lung", chest.right_lung, chest),
            _outline(root, name, "Left Lung", chest.left_lung, chest),
            _outline(root, name, "Cardiomediastinum", heart, chest),
            _outline(root, name, "Airways", ~chest.lungs & ~below, chest),
            _outline(root, name, "Ground Glass Opacities", chest.infection, chest),
            _outline(root, name, "Consolidation", chest.infection & below, chest),
        ]
        listed.append(row(name, "COVID-19", patientid=str(number)))
    write_table(root / "structure.csv", _COLUMNS, outlines)
    write_table(root / "metadata.csv", METADATA_COLUMNS, listed)
    return folder


def _outline(
    root: Path, filename: str, structure: str, mask: NDArray[np.bool_], chest: Chest
) -> dict[str, str]:
    """Write the mask cropped, as opaque colour on black, and give its row."""
    height, width = chest.pixels.shape
    rows, columns = np.nonzero(mask)
    top, left = int(rows.min()), int(columns.min())
    crop = mask[top : rows.max() + 1, left : columns.max() + 1]
    coloured = np.zeros((*crop.shape, 4), np.uint8)
    coloured[crop] = (40, 160, 30, 0)
    coloured[..., 3] = 255
    name = f"masks/{filename}_{structure.replace(' ', '_')}.png"
    write_image(root / name, coloured)
    return {
        "Class": f"COVID-19 {structure}",
        "Filename": filename,
        "Image": "images/misleading.jpg",
        "Mask": name,
        "Resolution": f"{width}x{height}",
        "Top": str(top),
        "Left": str(left),
        "Width": str(crop.shape[1]),
        "Height": str(crop.shape[0]),
    }
