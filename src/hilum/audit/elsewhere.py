"""Does what was learned at some origins hold at another, and within one?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hilum.audit.check import Check, Judged, Outcome, worst
from hilum.audit.contrast import Contrast, Label, in_words
from hilum.audit.figures import MOST_AREA, areas, listed, noted, reasons_of, said, without
from hilum.audit.films import Films, Part
from hilum.audit.probe import fitted, held_out_scores, known_rows
from hilum.evaluation.figures import Figure

KEY = "elsewhere"

_RULE = (
    f"condemned where the pooled interval lies above {MOST_AREA} and the held-out one below it,"
    " doubtful where the held-out interval lies below the pooled one, not estimable where only the"
    " held-out figure does, or where films of unknown origin make it doubtful that a place is new"
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


def judge_held_out(figure: Figure, pooled: Figure, *, is_new: bool) -> Judged:
    """What it means that a score that is ``pooled`` over all places is ``figure`` at another one.

    ``is_new`` is whether the place is known to share no origin with the others.
    """
    because = f"{figure.name}, it gives {said(figure)}, pooled {said(pooled)}"
    outcome = Outcome.FINE
    if figure.value is None or figure.high is None or pooled.low is None:
        outcome = Outcome.NOT_ESTIMABLE
    elif figure.high < MOST_AREA < pooled.low:
        outcome = Outcome.CONDEMNED
    elif figure.high < pooled.low:
        outcome = Outcome.DOUBTFUL
    elif figure.value < pooled.low:
        outcome = Outcome.NOT_ESTIMABLE
        because += ": too few films to say whether that is less"
    elif not is_new:
        outcome = Outcome.NOT_ESTIMABLE
        because += ", but films of unknown origin may come from there too"
    return Judged(figure, outcome, MOST_AREA, _RULE, because, "the origin")


def origins_known(labels: Sequence[Label], contrast: Contrast) -> bool:
    """Whether the origin of every film of ``contrast`` is known."""
    return all(labels[number]["origin"] for number in contrast.index.tolist())


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
        is_new = column == "origin" or origins_known(films.labels, contrast)
        of_each = (features, known, places)
        yield from _left_out(contrast, column, usable, of_each, pooled, is_new)


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
    is_new: bool,
) -> Iterator[Judged]:
    """Of each place: learned from all other films but those of unknown place and same patients."""
    features, known, places = given
    for place, part in usable.items():
        name = f"at the {column} {place}, learned elsewhere"
        own = np.isin(contrast.groups, contrast.groups[part])
        others = known & (places != place) & (places != "") & ~own
        if reason := contrast.too_few(others):
            yield without(KEY, contrast.name, name, f"elsewhere, {reason}")
            continue
        score = np.full(len(part), np.nan)
        model = fitted(features[others], contrast.truth[others])
        score[part] = model.decision_function(features[part])
        figure = areas(KEY, contrast.name, {name: score}, contrast.truth, contrast.groups)[0]
        yield judge_held_out(figure, pooled, is_new=is_new)


def _answer(figures: Sequence[Judged]) -> str:
    for outcome in (Outcome.CONDEMNED, Outcome.DOUBTFUL):
        found = [one for one in figures if one.outcome is outcome]
        if found:
            first = min(found, key=lambda one: one.figure.value or 0)
            return f"No. {first.because} ({in_words(first.figure.subject)})."
    fine = [one.figure.name for one in figures if one.outcome is Outcome.FINE]
    if fine:
        return f"Yes, {listed(list(dict.fromkeys(fine)))}, as far as could be estimated."
    reasons = reasons_of(one for one in figures if one.outcome is Outcome.NOT_ESTIMABLE)
    return f"Cannot be estimated: {listed(reasons) or 'there are no two classes to tell apart'}."
