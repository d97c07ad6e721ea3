"""Are films of one class or origin of another kind: size, depth, borders, compression, greys?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from hilum.audit.check import Check, Judged, Outcome, Table, worst
from hilum.audit.contrast import Contrast, in_words
from hilum.audit.figures import listed, said
from hilum.audit.films import Films
from hilum.audit.origins import MOST_ASSOCIATION, association

KEY = "quality"

_UNKNOWN = "unknown"
_RULE = f"doubtful above {MOST_ASSOCIATION}"


def check_quality(films: Films, contrasts: Sequence[Contrast]) -> Check:
    """How far the finding goes with size, bit depth and view; medians by origin and finding."""
    figures = [judged for contrast in contrasts for judged in _of_contrast(films, contrast)]
    bad = [one for one in figures if one.outcome is Outcome.DOUBTFUL]
    answer = "Films of all classes are of the same kinds, as far as is known."
    if bad:
        answer = listed([f"{in_words(one.figure.subject)}: {one.because}" for one in bad]) + "."
    elif not any(one.outcome is Outcome.FINE for one in figures):
        answer = "Cannot be estimated; the tables say what is known."
    return Check(
        KEY,
        "Image quality",
        "Are the films of one class of another kind?",
        worst(one.outcome for one in figures),
        answer,
        tuple(figures),
        tuple(_medians(films, column) for column in ("origin", "collection", "finding")),
        caveat="Of images as the dataset holds them. A collection that resized all its films hides"
        " what they were; what resizing left of it may still be told.",
    )


def _of_contrast(films: Films, contrast: Contrast) -> list[Judged]:
    numbers = contrast.index.tolist()
    sides = [str(films.labels[n]["finding"]) for n in numbers]
    kinds: dict[str, list[str | None]] = {
        "size": [_size(films, n) for n in numbers],
        "view": [films.labels[n]["view"] for n in numbers],
        "bit depth": [_rounded(films.quality["bits"][n]) for n in numbers],
    }
    judged = []
    for name, values in kinds.items():
        pairs = list(zip(sides, values, strict=True))
        figure = association(KEY, contrast.name, f"finding and {name}", pairs, contrast.groups)
        outcome = Outcome.FINE
        if figure.value is None:
            outcome = Outcome.NOT_ESTIMABLE
            if len(set(values)) == 1 and values[0] is not None:
                outcome = Outcome.FINE
        elif figure.value > MOST_ASSOCIATION:
            outcome = Outcome.DOUBTFUL
        because = f"{name} says much about the class, Cramér’s V {said(figure)}"
        judged.append(Judged(figure, outcome, MOST_ASSOCIATION, _RULE, because, f"the {name}"))
    return judged


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
    head = (column, "images", *(f"median {name}" for name in films.quality), "views")
    return Table(f"Image quality by {column}", head, tuple(rows))


def _median(values: np.ndarray[tuple[int], np.dtype[np.floating]]) -> str:
    known = values[~np.isnan(values)]
    return f"{np.median(known):.4g}" if len(known) else "–"
