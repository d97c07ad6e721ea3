"""Does what was learned at some origins hold at another, and within one?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hilum.audit.check import Check, Judged, Outcome, worst
from hilum.audit.contrast import Contrast, in_words
from hilum.audit.figures import MOST_AREA, areas, noted, said, without
from hilum.audit.films import Films, Part
from hilum.audit.probe import fitted, held_out_scores, known_rows
from hilum.evaluation.figures import Figure

KEY = "elsewhere"

_RULE = (
    f"condemned where the pooled interval lies above {MOST_AREA} and the held-out one below it,"
    " doubtful where the held-out interval lies below the pooled one"
)
_COLUMNS = ("origin", "collection")


def check_elsewhere(
    films: Films, contrasts: Sequence[Contrast], pooled: Mapping[str, NDArray[np.float64]]
) -> Check:
    """AUROC pooled, within each origin, and at each origin from all others; so for collections.

    ``pooled`` are the held-out scores (M) by contrast name.
    """
    figures = [
        judged
        for contrast in contrasts
        for judged in _of_contrast(films, contrast, pooled[contrast.name])
    ]
    return Check(
        KEY,
        "Elsewhere",
        "Does the score hold at an origin that nothing was learned from?",
        worst(one.outcome for one in figures if one.outcome is not Outcome.NOTED),
        _answer(figures),
        tuple(figures),
        caveat="A classifier on frozen features; --retrain trains the network itself without each"
        " origin. Only places that hold both classes can be asked; unknown is no origin.",
    )


def judge_held_out(figure: Figure, pooled: Figure) -> Judged:
    """What it means that a score that is ``pooled`` over all places is ``figure`` at a new one."""
    outcome = Outcome.FINE
    if None in (figure.low, figure.high, pooled.low):
        outcome = Outcome.NOT_ESTIMABLE
    elif (figure.high or 0) < MOST_AREA < (pooled.low or 0):
        outcome = Outcome.CONDEMNED
    elif (figure.high or 0) < (pooled.low or 0):
        outcome = Outcome.DOUBTFUL
    because = f"{figure.name} it gives {said(figure)}, pooled {said(pooled)}"
    return Judged(figure, outcome, MOST_AREA, _RULE, because, "the origin")


def _of_contrast(films: Films, contrast: Contrast, scores: NDArray[np.float64]) -> Iterator[Judged]:
    truth, groups = contrast.truth, contrast.groups
    pooled = areas(KEY, contrast.name, {"pooled": scores}, truth, groups)[0]
    yield from noted([pooled])
    features = films.features[Part.WHOLE][contrast.index]
    known = known_rows(features)
    for column in _COLUMNS:
        places = np.array([films.labels[n][column] or "" for n in contrast.index.tolist()], np.str_)
        usable = {
            place: part
            for place in _largest_first(places)
            if not contrast.too_few(part := (places == place) & known)
        }
        if set(places.tolist()) - {""} == set(usable) and len(usable) == 1:
            reason = f"there is one {column} only"
            yield without(KEY, contrast.name, f"at a new {column}", reason)
            continue
        if not usable:
            reason = f"no {column} holds both classes with patients enough"
            yield without(KEY, contrast.name, f"at a new {column}", reason)
            continue
        yield from noted(_within(contrast, column, usable, features))
        yield from _left_out(contrast, column, usable, (features, known, places), pooled)


def _largest_first(places: NDArray[np.str_]) -> list[str]:
    counts = Counter(places.tolist())
    counts.pop("", None)
    return sorted(counts, key=lambda place: (-counts[place], place))


def _within(
    contrast: Contrast,
    column: str,
    usable: Mapping[str, NDArray[np.bool_]],
    features: NDArray[np.float32],
) -> list[Figure]:
    scores = {}
    for place, part in usable.items():
        score = np.full(len(part), np.nan)
        score[part] = held_out_scores(features[part], contrast.truth[part], contrast.groups[part])
        scores[f"within the {column} {place}"] = score
    return areas(KEY, contrast.name, scores, contrast.truth, contrast.groups)


def _left_out(
    contrast: Contrast,
    column: str,
    usable: Mapping[str, NDArray[np.bool_]],
    given: tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.str_]],
    pooled: Figure,
) -> Iterator[Judged]:
    """Of each place: learned from all other films but those of unknown place and same patients."""
    features, known, places = given
    for place, part in usable.items():
        name = f"at the {column} {place}, learned elsewhere,"
        own = np.isin(contrast.groups, contrast.groups[part])
        others = known & (places != place) & (places != "") & ~own
        if reason := contrast.too_few(others):
            yield without(KEY, contrast.name, name.rstrip(","), f"elsewhere, {reason}")
            continue
        score = np.full(len(part), np.nan)
        model = fitted(features[others], contrast.truth[others])
        score[part] = model.decision_function(features[part])
        figure = areas(KEY, contrast.name, {name: score}, contrast.truth, contrast.groups)[0]
        judged = judge_held_out(figure, pooled)
        yield replace(judged, figure=replace(figure, name=name.rstrip(",")))


def _answer(figures: Sequence[Judged]) -> str:
    for outcome in (Outcome.CONDEMNED, Outcome.DOUBTFUL):
        found = [one for one in figures if one.outcome is outcome]
        if found:
            first = min(found, key=lambda one: one.figure.value or 0)
            return f"No. {first.because} ({in_words(first.figure.subject)})."
    fine = [one for one in figures if one.outcome is Outcome.FINE]
    if fine:
        return f"Yes, at the {len(fine)} places that could be asked."
    return "Cannot be estimated: no two origins or collections hold both classes."
