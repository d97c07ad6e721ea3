"""What subjects are called, and how a figure is written, on the page."""

from __future__ import annotations

import re

from hilum.evaluation.detection import EVERY_FINDING
from hilum.evaluation.figures import Figure
from hilum.evaluation.segmentation import BASELINE
from hilum.evaluation.severity import ALL_PERCENTS, INFECTED_PERCENTS
from hilum.evaluation.tabular import short

_NAMES = {
    "covid": "COVID-19",
    "lungs": "Both lungs",
    "right_lung": "Right lung (the patient’s)",
    "left_lung": "Left lung (the patient’s)",
    "whole_lungs": "Whole lungs, partly behind the heart",
    BASELINE: "Whole lungs taken for infection",
    EVERY_FINDING: "All findings together",
    ALL_PERCENTS: "Infected percent of the lungs",
    INFECTED_PERCENTS: "Infected percent, infected images only",
    "images": "All images",
}

_NO_BREAK = "\xa0"

_TASKS = {
    "coverage": "Coverage",
    "segmentation": "Segmentation",
    "detection": "Detection and classification",
    "severity": "Severity",
}


def subject_name(subject: str) -> str:
    """The subject of a figure as a heading.

    >>> subject_name("covid"), subject_name("pneumonia/viral"), subject_name("opacity_0_to_6")
    ('COVID-19', 'Pneumonia: viral', 'Opacity 0 to 6')
    """
    known = _NAMES.get(subject)
    if known is not None:
        return known
    words = subject.replace("_", " ").replace("/", ": ")
    return words[:1].upper() + words[1:]


def task_name(task: str) -> str:
    """The heading of a task."""
    return _TASKS.get(task, subject_name(task))


def number(value: float, unit: str = "") -> str:
    r"""A value with its unit; three digits after the point where there is none.

    >>> number(0.95), number(-3.14159, "%"), number(1.148, "points"), number(12.0, "images")
    ('0.950', '−3.1\xa0%', '1.15\xa0points', '12')
    """
    digits = {"": 3, "points": 2, "images": 0}.get(unit, 1)
    said = f"{short(value):.{digits}f}".replace("-", "−")
    return said if unit in ("", "images") else f"{said}{_NO_BREAK}{unit}"


def value_of(figure: Figure) -> str:
    """The value; a dash where there is none."""
    return "–" if figure.value is None else number(figure.value, figure.unit)


def interval_of(figure: Figure) -> str:
    """The bounds of the 95 % interval, or why there are none; empty of a plain count."""
    if figure.low is not None and figure.high is not None:
        low = number(figure.low, figure.unit).removesuffix(f"{_NO_BREAK}{figure.unit}")
        return f"{low}{_NO_BREAK}to{_NO_BREAK}{number(figure.high, figure.unit)}"
    if not figure.reason:
        return ""
    because = figure.reason.removesuffix(": no interval")
    what = "figure" if figure.value is None else "interval"
    return f"no {what}, because: {because}"


def counted(count: int, noun: str) -> str:
    """``count`` of what ``noun`` names in the singular.

    >>> counted(1, "image"), counted(1166, "image")
    ('1 image', '1,166 images')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def identifier(text: str) -> str:
    """``text`` as the name of a place on the page."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "none"
