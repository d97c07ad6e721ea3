"""One picture that shows what was found on a radiograph."""

from __future__ import annotations

import itertools

from hilum.imaging.draw import (
    Canvas,
    Colour,
    add_caption,
    draw_outline,
    grey_canvas,
    tint,
    wrap_words,
)
from hilum.imaging.masks import resize_mask
from hilum.inference.predictor import Prediction
from hilum.radiograph import LUNG_OPACITIES, Structure

# From the Okabe-Ito palette, which colour-blind readers can tell apart; blue, green, red.
RIGHT_COLOUR: Colour = (233, 180, 86)
LEFT_COLOUR: Colour = (66, 228, 240)
INFECTION_COLOUR: Colour = (94, 60, 235)
OTHER_COLOURS: tuple[Colour, ...] = ((0, 159, 230), (115, 158, 0), (0, 94, 213), (167, 121, 204))
"""Of what else a model outlines, in turn."""
_TEXT: Colour = (235, 235, 235)
_FAINT: Colour = (170, 170, 170)

_LONGEST_SIDE = 1024
_SHORTEST_SIDE = 512
RESEARCH_ONLY = "Research use only - not for diagnosis"


def draw_overlay(prediction: Prediction) -> Canvas:
    """Outlines of both lungs, the infection tinted, and the figures below.

    Of a model that outlines nothing it is the film, with what was found below.

    The picture is enlarged or reduced so that text is legible: its longest side is at most
    1,024 pixels, its shortest at least 512 where the proportions allow.

    Args:
        prediction: one whose status is ok.
    """
    assert prediction.grey is not None
    assert prediction.width is not None and prediction.height is not None
    width, height = _size(prediction.width, prediction.height)
    canvas = grey_canvas(prediction.grey, width=width, height=height)
    if prediction.infection is not None:
        infection = resize_mask(prediction.infection, width=width, height=height)
        tint(canvas, infection, INFECTION_COLOUR)
        draw_outline(canvas, infection, INFECTION_COLOUR, thickness=1)
    for mask, colour in (
        (prediction.right_lung, RIGHT_COLOUR),
        (prediction.left_lung, LEFT_COLOUR),
        *((prediction.others[name], colour) for name, colour in _other_colours(prediction)),
    ):
        if mask is not None:
            draw_outline(canvas, resize_mask(mask, width=width, height=height), colour)
    # Larger on larger pictures, which are mostly looked at reduced.
    text_height = max(13, width // 50)
    caution = wrap_words(prediction.finding_caution, width=width, text_height=text_height)
    lines = [*_caption(prediction), *([(line, _TEXT)] for line in caution)]
    lines.append([(RESEARCH_ONLY, _FAINT)])
    return add_caption(canvas, lines, text_height=text_height)


def _size(width: int, height: int) -> tuple[int, int]:
    scale = max(1.0, _SHORTEST_SIDE / min(width, height))
    scale = min(scale, _LONGEST_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _other_colours(prediction: Prediction) -> list[tuple[Structure, Colour]]:
    return list(zip(prediction.others, itertools.cycle(OTHER_COLOURS), strict=False))


def _caption(prediction: Prediction) -> list[list[tuple[str, Colour]]]:
    severity = prediction.severity
    first: list[tuple[str, Colour]] = []
    if prediction.finding is not None:
        probability = prediction.probabilities[prediction.finding]
        first.append((f"{prediction.finding}  p={probability:.2f}   ", _TEXT))
    if prediction.lungs is not None:
        first.append((f"infected {_percent(severity.infected_percent)}   ", INFECTION_COLOUR))
        first.append((f"right {_percent(severity.right_lung.infected_percent)}   ", RIGHT_COLOUR))
        first.append((f"left {_percent(severity.left_lung.infected_percent)}", LEFT_COLOUR))
    second = []
    for name, colour in _other_colours(prediction):
        extent = _percent(prediction.percent_of_lungs(name)) if name in LUNG_OPACITIES else ""
        second.append((f"{name.replace('_', ' ')} {extent}   ", colour))
    lines = [first, second] if second else [first]
    if prediction.reason:
        lines.append([(prediction.reason, _TEXT)])
    return lines


def _percent(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1f} %"
