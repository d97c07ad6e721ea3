"""The scores of a model file on a split of a dataset, by collection, and its best and worst.

    python benchmarks/model_scores.py DATASET [--model FILE] [--split validation] [--write]
                                      [--examples FOLDER]

Prints one table per collection, through the code that users run; each figure with its 95 %
interval and n. ``--write`` puts the scores into the model file in place of those of training,
which were taken before it had its film check. ``--examples`` writes
``FOLDER/COLLECTION-STRUCTURE.png``: the three best, the three in the middle and the three worst by
Dice, prediction beside truth. The pictures show images of the dataset: its licences say whether
they may be passed on.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.dataset.lungs import LUNG_COLUMNS, lungs_by_convention
from hilum.dataset.read import Dataset, Row, open_dataset
from hilum.evaluation.evaluate import evaluate, predict_row
from hilum.evaluation.overlap import dice_per_image, overlap_counts
from hilum.imaging.draw import Canvas, draw_outline, grey_canvas
from hilum.imaging.masks import BinaryMask, resize_mask
from hilum.inference.model import BUNDLED_MODEL, Model, Score, rewrite_description
from hilum.inference.overlay import INFECTION_COLOUR, RIGHT_COLOUR
from hilum.inference.predictor import Predictor
from hilum.radiograph import Split, Structure, View
from rounds import print_table

_SIDE = 320
_TRUTH = (255, 255, 255)
_SHOWN = {"lungs": RIGHT_COLOUR, "infection": INFECTION_COLOUR}


@dataclass(frozen=True)
class Example:
    """One radiograph with what was found and what is true."""

    collection: str
    structure: str
    dice: float
    grey: NDArray[np.uint8]
    found: BinaryMask
    truth: BinaryMask


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path, help="a folder written by 'hilum compile'")
    parser.add_argument("--model", type=Path, default=BUNDLED_MODEL)
    parser.add_argument("--split", type=Split, default=Split.VALIDATION, choices=list(Split))
    parser.add_argument("--write", action="store_true", help="change the model file")
    parser.add_argument("--examples", type=Path)
    arguments = parser.parse_args()

    dataset = open_dataset(arguments.dataset)
    predictor = Predictor(arguments.model)
    scores = evaluate(predictor, dataset, arguments.split)
    print_scores(scores)
    if arguments.write:
        write(predictor.model, scores, f"{arguments.split} split of dataset")
    if arguments.examples is not None:
        arguments.examples.mkdir(parents=True, exist_ok=True)
        draw_examples(predictor, dataset, arguments.split, arguments.examples)


def print_scores(scores: Sequence[Score]) -> None:
    """A table for each protocol, in order."""
    for where in dict.fromkeys(score.protocol.split("; ")[-1] for score in scores):
        print(f"\n{where}\n")
        rows = [
            (s.name, f"{s.value:.3f}", s.interval, s.n)
            for s in scores
            if s.protocol.endswith(where)
        ]
        print_table(("score", "value", "95 % interval", "n"), rows)


def write(model: Model, scores: Sequence[Score], where: str) -> None:
    """Put ``scores`` into the model's file in place of those it has of ``where``."""
    kept = [score for score in model.description.scores if where not in score.protocol]
    description = dataclasses.replace(model.description, scores=(*scores, *kept))
    rewrite_description(model.path, description)


def draw_examples(predictor: Predictor, dataset: Dataset, split: Split, folder: Path) -> None:
    """The best, middle and worst of each collection and structure, a picture each."""
    examples: dict[str, list[Example]] = {}
    for row in dataset.rows(split, structures=(*LUNG_COLUMNS, Structure.INFECTION)):
        if row.labels["view"] != View.LATERAL:
            for example in compare(predictor, row):
                examples.setdefault(f"{example.collection}-{example.structure}", []).append(example)
    for name, found in examples.items():
        ordered = sorted(found, key=lambda example: -example.dice)
        middle = len(ordered) // 2
        rows = ordered[:3], ordered[middle - 1 : middle + 2], ordered[-3:]
        pictures = [np.hstack([draw(example) for example in row]) for row in rows if len(row) == 3]
        if pictures:
            cv2.imwrite(str(folder / f"{name}.png"), np.vstack(pictures))


def compare(predictor: Predictor, row: Row) -> list[Example]:
    """One example for each structure that is known, not empty and not refused."""
    prediction = predict_row(predictor, row)
    lungs = lungs_by_convention(row, predictor.model.description.lung_convention)
    pairs = {
        "lungs": (prediction.lungs, lungs.get(Structure.LUNGS)),
        "infection": (prediction.infection, row.mask(Structure.INFECTION)),
    }
    examples = []
    for structure, (found, truth) in pairs.items():
        if found is None or truth is None or not truth.any():
            continue
        (dice,) = dice_per_image(*overlap_counts(found[None], truth[None]))
        collection = str(row.labels["collection"])
        examples.append(Example(collection, structure, float(dice), row.pixels(), found, truth))
    return examples


def draw(example: Example) -> Canvas:
    """The radiograph beside itself with both outlines; truth in white."""
    plain = grey_canvas(example.grey, width=_SIDE, height=_SIDE)
    outlined = plain.copy()
    for mask, colour in ((example.truth, _TRUTH), (example.found, _SHOWN[example.structure])):
        draw_outline(outlined, resize_mask(mask, width=_SIDE, height=_SIDE), colour, thickness=1)
    place = (6, _SIDE - 8)
    cv2.putText(
        outlined, f"Dice {example.dice:.3f}", place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, _TRUTH, 1
    )
    return np.hstack([plain, outlined])


if __name__ == "__main__":
    main()
