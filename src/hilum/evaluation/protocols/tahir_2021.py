"""Tahir et al. 2021: lungs, infection, detection from the infection mask, severity.

The published infection Dice and IoU (0.8821, 0.8305) fit each other as means over all test images
in which empty on empty is 1, and not as pooled figures, which would be tied by IoU = D ÷ (2 − D).
"""

from __future__ import annotations

from hilum.evaluation.protocols.measures import Measurement, overlap, seen_in_mask
from hilum.evaluation.protocols.protocol import (
    UNKNOWN,
    Measured,
    Missing,
    Protocol,
    Published,
    Setting,
)
from hilum.evaluation.segmentation import BASELINE, WITH_TARGET, segmentation_measures
from hilum.evaluation.severity import ALL_PERCENTS, severity_measures
from hilum.radiograph import Structure

_EVERY = "mean over all test images, empty on empty 1, as far as the pair of figures tells"
_MASK = "an image is positive when its infection mask is not empty"
_PERCENT = "infected lung pixels ÷ lung pixels × 100"


def _baseline(setting: Setting) -> Measured:
    """What the lungs as the model outlines them score when they are taken for infection."""
    measures = segmentation_measures(setting.cases, [Structure.INFECTION])
    name = f"Dice, {WITH_TARGET}"
    found = [m for m in measures if (m.subject, m.name) == (BASELINE, name)]
    return found[0] if found else Missing("there are no lungs and infection masks to compare")


def _percent(name: str) -> Measurement:
    def measure(setting: Setting) -> Measured:
        if Structure.INFECTION not in setting.targets:
            return Missing("the model does not outline infection")
        measures = severity_measures(setting.cases)
        return next(m for m in measures if (m.subject, m.name) == (ALL_PERCENTS, name))

    return measure


_LUNGS, _INFECTION = Structure.LUNGS, Structure.INFECTION

TAHIR_2021 = Protocol(
    name="tahir-2021",
    title="COVID-19 infection localization and severity grading from chest X-ray images",
    source="Tahir et al. 2021, doi 10.1016/j.compbiomed.2021.105002",
    data="COVID-QU-Ex: lungs 33,920 images, infection 5,826",
    splits="the official Test, 6,788 images for lungs and 1,166 (583 COVID-19) for infection",
    collections=frozenset({"covid-qu-ex"}),
    published=(
        Published("lung IoU", "0.9611", "mean over all test images", overlap(_LUNGS, "IoU")),
        Published("lung Dice", "0.9799", "mean over all test images", overlap(_LUNGS, "Dice")),
        Published("infection IoU", "0.8305", _EVERY, overlap(_INFECTION, "IoU")),
        Published("infection Dice", "0.8821", _EVERY, overlap(_INFECTION, "Dice")),
        Published(
            "infection Dice, infected images",
            UNKNOWN,
            "not printed",
            overlap(_INFECTION, "Dice", WITH_TARGET),
        ),
        Published("whole lungs taken for infection, Dice", UNKNOWN, "not printed", _baseline),
        Published("sensitivity", "> 0.99", _MASK, seen_in_mask(sensitivity=True)),
        Published("specificity", "> 0.99", _MASK, seen_in_mask(sensitivity=False)),
        Published(
            "infected percent, mean absolute error",
            UNKNOWN,
            _PERCENT,
            _percent("mean absolute error"),
        ),
        Published("infected percent, Pearson r", UNKNOWN, _PERCENT, _percent("Pearson r")),
    ),
    differs=(
        "Theirs is the best of fifteen networks, for lungs and for infection, by these figures.",
        "Theirs started from ImageNet weights.",
    ),
)
