"""The repository thechirag2002/covid-seg: lungs of COVID-19 films by a small U-Net.

Read in its ``covid.ipynb``: Dice = (2·Σ(t·p) + 1) ÷ (Σt + Σp + 1) over all pixels of a batch
together, with p the probabilities as they are, not masks; Keras takes the mean over batches, each
counting alike. The 30 % drawn at random (seed 42) to be tested on were also the validation data of
all 30 epochs, in batches of 16; ``model.evaluate`` then takes 32. The README prints 96.28.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from hilum.evaluation.measure import Floats, Measure, Needed, divide
from hilum.evaluation.protocols.measures import mask_counts, not_outlined, overlap
from hilum.evaluation.protocols.protocol import UNKNOWN, Measured, Protocol, Published, Setting
from hilum.evaluation.segmentation import TASK
from hilum.radiograph import Finding, Structure

BATCH = 32
"""Keras' default, with which the repository evaluates."""

SMOOTHING = 1.0


def batch_dice(setting: Setting) -> Measured:
    """The mean over batches of images in stored order, those of COVID-19 only."""
    if missing := not_outlined(setting, Structure.LUNGS):
        return missing
    known, both, found, true = mask_counts(setting.cases, Structure.LUNGS)
    wanted = known & np.array([case.truth == Finding.COVID for case in setting.cases], np.bool_)
    numbers = np.flatnonzero(wanted)
    batches = np.zeros((-(-len(numbers) // BATCH), len(known)))
    batches[np.arange(len(numbers)) // BATCH, numbers] = 1
    return Measure(
        TASK,
        Structure.LUNGS,
        "Dice, mean over batches",
        (Needed(wanted, "of COVID-19 with known lungs"),),
        None,
        partial(_mean_of_batches, batches, both, found + true),
        definition=f"(2·|A∩B| + 1) ÷ (|A| + |B| + 1) of the pixels of {BATCH} images together; "
        "mean over such batches",
    )


def _mean_of_batches(batches: Floats, both: Floats, sizes: Floats, times: Floats) -> Floats:
    """Of N×D, how often each image was drawn, D figures."""
    above = 2 * batches @ (both[:, None] * times) + SMOOTHING
    below = batches @ (sizes[:, None] * times) + SMOOTHING
    drawn = batches @ times > 0
    return divide(np.where(drawn, above / below, 0).sum(axis=0), drawn.sum(axis=0).astype(float))


COVID_SEG = Protocol(
    name="covid-seg",
    title="U-Net based COVID-19 radiography segmentation",
    source="the repository thechirag2002/covid-seg",
    data="COVID-19 Radiography Database: 3,616 COVID-19",
    splits="30 % at random, which were also validated on",
    collections=frozenset({"radiography"}),
    published=(
        Published(
            "lung Dice, mean over batches",
            "0.9628",
            "(2·Σ(t·p) + 1) ÷ (Σt + Σp + 1) of a batch's pixels, p as probabilities",
            batch_dice,
        ),
        Published(
            "lung Dice, mean over images",
            UNKNOWN,
            "not printed; ours is of films of every finding",
            overlap(Structure.LUNGS, "Dice"),
        ),
    ),
    differs=(
        "Masks are compared here, probabilities there, which lowers theirs where edges are soft.",
        "Batches are in stored order here, drawn there; each weighs alike, the last one too.",
        "The films of one patient may be on both sides of the random split there.",
    ),
)
