"""Are films of one class or origin of another kind: size, depth, borders, compression, greys?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hilum.audit.check import Check, Judged, Outcome, Table, worst_of_all
from hilum.audit.contrast import Contrast, in_words, shown
from hilum.audit.figures import CHANCE, FAR_AREA, MOST_AREA, areas, listed, said
from hilum.audit.films import Films
from hilum.audit.origins import MOST_ASSOCIATION, association
from hilum.evaluation.figures import Figure
from hilum.evaluation.intervals import LEAST_GROUPS

KEY = "quality"

_UNKNOWN = "unknown"
_RULE = (
    f"doubtful above {MOST_ASSOCIATION}, not estimable where most films are of a kind that fewer"
    f" than {LEAST_GROUPS} patients have"
)
_NUMBER_RULE = (
    f"doubtful where the whole interval lies above {MOST_AREA}, or below {1 - MOST_AREA:g};"
    " not estimable where only the figure does, or the interval reaches above"
    f" {FAR_AREA} or below {1 - FAR_AREA:g}"
)
_NUMBERS = {
    "pixels": ("number of pixels", "how many pixels the film has"),
    "shape": ("proportions", "how wide the film is for its height"),
    "border": ("border", "how much of the film is border"),
    "compression": ("compression", "how far the blocks of JPEG show"),
    "clipped": ("clipped greys", "how many pixels are of the darkest or brightest grey"),
}
"""What is more or less rather than of one kind or another; a noun and a clause."""

SEE_LUNGS = tuple(_NUMBERS[name][1] for name in ("compression", "clipped"))
"""Figures that follow from what the lungs show as well: no verdict follows from them."""

_HEADS = {
    "width": "median width (pixels)",
    "height": "median height (pixels)",
    "bits": "median bit depth (bits)",
    "border": "median border (share of the film)",
    "compression": "median compression (share by which the blocks of JPEG show)",
    "clipped": "median clipped greys (share of the pixels within the border)",
}


def check_quality(films: Films, contrasts: Sequence[Contrast]) -> Check:
    """How far the finding goes with each property of a film; medians by origin and finding.

    Cramér's V of what is of one kind or another, as are films that were all resized alike; of what
    is more or less the AUROC as it is, which below one half tells the classes as well as above.
    """
    figures = [judged for contrast in contrasts for judged in _of_contrast(films, contrast)]
    return Check(
        KEY,
        "Image quality",
        "Are the films of one class of another kind?",
        worst_of_all(one.outcome for one in figures),
        _answer(figures),
        tuple(figures),
        tuple(_medians(films, column) for column in ("origin", "collection", "finding")),
        caveat="Of images as the dataset holds them. A collection that resized all its films hides"
        " what they were; what resizing left of it may still be told. An AUROC of 0.1 tells the"
        " classes as well as one of 0.9: the second then has the more. Compression is by which"
        " share steps of grey are larger at the borders of 8×8 pixels than elsewhere; clipped"
        " greys are those at 0 or 255. Both follow in part from what the lungs show, so that they"
        " are no part of the verdicts; borders and proportions may follow from how a patient lies:"
        " a difference is doubtful, never condemned. Where a number is both more and less in one"
        " class than in the other, its AUROC does not show it.",
    )


def _of_contrast(films: Films, contrast: Contrast) -> Iterator[Judged]:
    numbers = contrast.index.tolist()
    sides = [str(films.labels[n]["finding"]) for n in numbers]
    kinds: dict[str, list[str | None]] = {
        "size": [_size(films, n) for n in numbers],
        "view": [films.labels[n]["view"] for n in numbers],
        "bit depth": [_rounded(films.quality["bits"][n]) for n in numbers],
    }
    for name, values in kinds.items():
        pairs = list(zip(sides, values, strict=True))
        figure = association(KEY, contrast.name, f"finding and {name}", pairs, contrast.groups)
        yield _judge_kind(figure, name, values, contrast)
    quality = {name: values[contrast.index] for name, values in films.quality.items()}
    quality["pixels"] = quality["width"] * quality["height"]
    quality["shape"] = quality["width"] / quality["height"]
    measured = {name: quality[name] for name in _NUMBERS}
    for figure in areas(KEY, contrast.name, measured, contrast.truth, contrast.groups):
        yield _judge_number(figure, contrast)


def _judge_kind(
    figure: Figure, name: str, values: Sequence[str | None], contrast: Contrast
) -> Judged:
    outcome, because = Outcome.FINE, f"{name} is the same in all films"
    if _mostly_rare(values, contrast.groups):
        outcome = Outcome.NOT_ESTIMABLE
        because = f"most films are of a {name} that fewer than {LEAST_GROUPS} patients have"
    elif figure.value is not None:
        is_much = figure.value > MOST_ASSOCIATION
        outcome = Outcome.DOUBTFUL if is_much else Outcome.FINE
        much = "much" if is_much else "little"
        because = f"{name} says {much} about the class, Cramér’s V {said(figure)}"
    elif len(set(values)) > 1 or values[0] is None:
        outcome = Outcome.NOT_ESTIMABLE
        because = f"{name} is unknown"
    return Judged(figure, outcome, MOST_ASSOCIATION, _RULE, because, f"the {name}")


def _mostly_rare(values: Sequence[str | None], groups: NDArray[np.str_]) -> bool:
    """Whether Cramér's V, which takes rare values together, leaves out what most films have."""
    owners = set(zip(values, groups.tolist(), strict=True))
    patients = Counter(value for value, _ in owners)
    rare = [value is not None and patients[value] < LEAST_GROUPS for value in values]
    return 2 * sum(rare) > len(rare)


def _judge_number(figure: Figure, contrast: Contrast) -> Judged:
    name, words = _NUMBERS[figure.name]
    value, low, high = figure.value, figure.low, figure.high
    outcome = Outcome.FINE
    if value is None or low is None or high is None:
        outcome = Outcome.NOT_ESTIMABLE
    elif low > MOST_AREA or high < 1 - MOST_AREA:
        outcome = Outcome.DOUBTFUL
    elif not 1 - MOST_AREA <= value <= MOST_AREA or low < 1 - FAR_AREA or high > FAR_AREA:
        outcome = Outcome.NOT_ESTIMABLE
    because = f"{words} gives {said(figure)}"
    if outcome is Outcome.DOUBTFUL:
        more = contrast.positive if (value or 0) > CHANCE else contrast.negative
        because += f", more in {shown(more)}"
    named = replace(figure, name=words)
    nearest = MOST_AREA if (value or 0) >= CHANCE else round(1 - MOST_AREA, 6)
    return Judged(named, outcome, nearest, _NUMBER_RULE, because, f"the {name}")


def _answer(figures: Sequence[Judged]) -> str:
    """By contrast what tells the classes, and how well; else what does not."""
    by_contrast: defaultdict[str, list[str]] = defaultdict(list)
    for one in figures:
        if one.outcome is Outcome.DOUBTFUL:
            told = f"{one.recognises} ({one.figure.unit} {one.figure.value:.2f})"
            by_contrast[in_words(one.figure.subject)].append(told)
    if by_contrast:
        told = listed([f"{name} by {', '.join(parts)}" for name, parts in by_contrast.items()])
        return f"Yes: {told}."
    unknown = dict.fromkeys(
        one.recognises for one in figures if one.outcome is Outcome.NOT_ESTIMABLE
    )
    alike = dict.fromkeys(one.recognises for one in figures if one.recognises not in unknown)
    if not alike:
        return "Cannot be estimated; the tables say what is known."
    end = f"; of {', '.join(unknown)} it cannot be estimated" if unknown else ""
    return f"Films of all classes are alike in {', '.join(alike)}{end}."


def _size(films: Films, number: int) -> str | None:
    width, height = (_rounded(films.quality[name][number]) for name in ("width", "height"))
    return None if width is None or height is None else f"{width}×{height}"


def _rounded(value: float) -> str | None:
    return None if np.isnan(value) else f"{value:.0f}"


def _medians(films: Films, column: str) -> Table:
    places = np.array([label[column] or _UNKNOWN for label in films.labels], np.str_)
    counts = Counter(places.tolist())
    rows = []
    for place, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        part = places == place
        views = Counter(films.labels[n]["view"] or _UNKNOWN for n in np.flatnonzero(part).tolist())
        seen = ", ".join(f"{view} {n:,}" for view, n in sorted(views.items()))
        values = [_median(np.asarray(known)[part]) for known in films.quality.values()]
        rows.append((place, f"{count:,}", *values, seen))
    head = (column, "images", *(_HEADS[name] for name in films.quality), "views")
    return Table(f"Image quality by {column}", head, tuple(rows))


def _median(values: np.ndarray[tuple[int], np.dtype[np.floating]]) -> str:
    known = values[~np.isnan(values)]
    return f"{np.median(known):.4g}" if len(known) else "–"
