"""A dataset of known, absent and unknown masks, drawn as COCO of somebody's own and compiled."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hilum.dataset.compile import compile_dataset
from hilum.dataset.read import Dataset, Row, open_dataset
from hilum.exchange.coco import CATEGORY_IDS
from hilum.exchange.outlines import run_lengths
from hilum.radiograph import STORED_STRUCTURES, Split, Structure
from tests.fakes.fake import SIZE, draw_small_chest, write_image

FOURTEEN = tuple(s for s in STORED_STRUCTURES if s is not Structure.INFECTION)
"""Those of General Blockchain: each lung and twelve others."""
SIDES = ("right lung (aerated)", "left lung (aerated)")


def compile_outlined(
    folder: Path,
    *,
    splits: tuple[str, ...] = ("train", "val", "test"),
    rare_in: tuple[str, ...] = ("train", "val", "test"),
) -> Dataset:
    """Per split: 0 all fourteen outlined, 1 the right lung only, 2 no mask, 3 no finding.

    Image 3 has both lungs and is known to have no infection. Elsewhere than in ``rare_in`` image 0
    has but its lungs outlined.
    """
    rng = np.random.default_rng(3)
    for split in splits:
        images, annotations = [], []
        for number, finding in enumerate(("covid", "pneumonia/viral", "pneumonia", None)):
            chest = draw_small_chest(rng, infected=True)
            name = f"{number}.png"
            write_image(folder / "own" / split / "images" / name, chest.pixels)
            drawn: dict[str, NDArray[np.bool_]] = {}
            if number != 2:
                drawn[SIDES[0]] = chest.right_lung
            if number in (0, 3):
                drawn[SIDES[1]] = chest.left_lung
            if number == 0 and split in rare_in:
                rest = [s for s in FOURTEEN if not s.endswith("_lung")]
                drawn |= {s.replace("_", " "): ragged(rng) for s in rest}
            absent = [CATEGORY_IDS["infection"]] if number == 3 else []
            images.append(_image(number, name, finding, absent, f"{split}{number // 2}"))
            annotations += [
                {"image_id": number, "category_id": CATEGORY_IDS[c], "segmentation": run_lengths(m)}
                for c, m in drawn.items()
            ]
        categories = [{"id": number, "name": name} for name, number in CATEGORY_IDS.items()]
        value = {
            "info": {"hilum": {"layout": 1}},
            "licenses": [{"id": 1, "name": "CC-BY-4.0"}],
            "images": images,
            "annotations": annotations,
            "categories": categories,
        }
        (folder / "own" / split / "annotations.json").write_text(json.dumps(value))
    compile_dataset([folder / "own"], folder / "dataset")
    return open_dataset(folder / "dataset")


def ragged(rng: np.random.Generator) -> NDArray[np.bool_]:
    """A mask with holes, dots, lines and pieces that touch at corners."""
    mask = rng.random(SIZE) < 0.55
    mask[5:20, 5:20] = True
    mask[8:12, 8:12] = False
    mask[9:11, 9:11] = True
    return mask


def _image(
    number: int, name: str, finding: str | None, absent: list[int], patient: str
) -> dict[str, Any]:
    attributes = {"patient_id": f"own:{patient}", "age": 54, "sex": "F", "view": "AP supine"}
    attributes |= {"severity": [{"scale": "brixia", "value": 3.0, "maximum": 18}], "day": 4}
    return {
        "id": number,
        "file_name": name,
        "width": SIZE[1],
        "height": SIZE[0],
        "license": 1,
        "neg_category_ids": absent,
        "attributes": attributes | ({"finding": finding} if finding else {}),
    }


def rows_by_id(dataset: Dataset) -> dict[str, tuple[Split, Row]]:
    """Every row with its split and all masks."""
    return {
        row.image_id: (split, row)
        for split in Split
        for row in dataset.rows(split, structures=STORED_STRUCTURES)
    }


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
