"""Does what was learned at some origins hold at another, and within one?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hilum.audit.check import Check, Judged, Outcome, worst_of_all
from hilum.audit.contrast import Contrast, Label, in_words
from hilum.audit.difference import area_differences
from hilum.audit.figures import MOST_AREA, areas, listed, noted, reasons_of, said, without
from hilum.audit.films import Films, Part
from hilum.audit.probe import fitted, held_out_scores, known_rows
from hilum.evaluation.figures import Figure

KEY = "elsewhere"

MOST_LOSS = 0.05
"""Of AUROC: more is no matter of a draw of folds, or of having learned from fewer films."""

_FAR_LOSS = 0.15
"""An interval of the difference that reaches it excludes too little to be fine."""

_CONDEMNED = f"condemned where the pooled interval lies above {MOST_AREA} and this one below it,"
_NOT_NEW = "or where films of unknown origin make it doubtful that a place is new"
_RULE = (
    f"{_CONDEMNED} doubtful where this interval lies below the pooled one, not estimable where only"
    f" the figure does, {_NOT_NEW}"
)
_LOSS_RULE = (
    f"{_CONDEMNED} doubtful where it is more than {MOST_LOSS} less than the pooled one and the"
    " interval of the difference, of the same draws of patients, lies below 0, not estimable where"
    f" that interval holds 0 or reaches below -{_FAR_LOSS}, {_NOT_NEW}"
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
        outcome_of(figures, contrasts),
        _answer(figures),
        tuple(figures),
        caveat="A classifier on frozen features; --retrain trains the network itself without each"
        " origin. Only places that hold both classes can be asked; unknown is no origin.",
    )


def outcome_of(figures: Sequence[Judged], contrasts: Sequence[Contrast]) -> Outcome:
    """The worst of all contrasts; one place that could be asked is enough of each.

    A place that was asked without an answer keeps its contrast from being fine.
    """
    return worst_of_all(
        worst_of_all(
            one.outcome
            for one in figures
            if one.figure.subject == contrast.name
            and one.figure.value is not None
            and one.outcome is not Outcome.NOTED
        )
        for contrast in contrasts
    )


def judge_held_out(
    figure: Figure, pooled: Figure, *, is_new: bool, difference: Figure | None = None
) -> Judged:
    """What it means that a score that is ``pooled`` over all places is ``figure`` at another one.

    ``is_new`` is whether the place is known to share no origin with the others. ``difference`` is
    the first less the second by the same draws of patients; without it, or where every draw gives
    the same, the intervals are compared, which are of other films.
    """
    because = f"{figure.name}, it gives {said(figure)}, pooled {said(pooled)}"
    outcome, rule = Outcome.FINE, _RULE
    if figure.value is None or figure.high is None or pooled.low is None:
        return Judged(figure, Outcome.NOT_ESTIMABLE, MOST_AREA, rule, because, "the origin")
    is_less, is_surely_less = figure.value < pooled.low, figure.high < pooled.low
    if difference is not None and difference.value is not None and difference.high is not None:
        because += f", a difference of {said(difference)}"
        rule = _LOSS_RULE
        is_less = difference.value < -MOST_LOSS
        is_surely_less = is_less and difference.high < 0
    if figure.high < MOST_AREA < pooled.low:
        outcome = Outcome.CONDEMNED
    elif is_surely_less:
        outcome = Outcome.DOUBTFUL
    elif is_less or (
        difference is not None and difference.low is not None and difference.low < -_FAR_LOSS
    ):
        outcome = Outcome.NOT_ESTIMABLE
        because += ": too few films to say whether that is less"
    elif not is_new:
        outcome = Outcome.NOT_ESTIMABLE
        because += ", but films of unknown origin may come from there too"
    return Judged(figure, outcome, MOST_AREA, rule, because, "the origin")


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
        learned = _learned_elsewhere(contrast, usable, features, known, places)
        named = {f"at the {column} {place}, learned elsewhere": x for place, x in learned.items()}
        yield from _left_out(contrast, named, scores, pooled, is_new)


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


def _learned_elsewhere(
    contrast: Contrast,
    usable: Mapping[str, NDArray[np.bool_]],
    features: NDArray[np.float32],
    known: NDArray[np.bool_],
    places: NDArray[np.str_],
) -> dict[str, NDArray[np.float64] | str]:
    """Place → scores (M) of its films, learned from all others; or why there are none.

    Not learned from films of unknown place, nor from patients who have one here.
    """
    learned: dict[str, NDArray[np.float64] | str] = {}
    for place, part in usable.items():
        own = np.isin(contrast.groups, contrast.groups[part])
        others = known & (places != place) & (places != "") & ~own
        if reason := contrast.too_few(others):
            learned[place] = f"elsewhere, {reason}"
            continue
        score = np.full(len(part), np.nan)
        model = fitted(features[others], contrast.truth[others])
        score[part] = model.decision_function(features[part])
        learned[place] = score
    return learned


def _left_out(
    contrast: Contrast,
    learned: Mapping[str, NDArray[np.float64] | str],
    everywhere: NDArray[np.float64],
    pooled: Figure,
    is_new: bool,
) -> Iterator[Judged]:
    """Each judged, with what it is less than the pooled score: that of all films, of the same."""
    scores: dict[str, NDArray[np.float64]] = {}
    for name, score in learned.items():
        if isinstance(score, str):
            yield without(KEY, contrast.name, name, score)
        else:
            scores[name] = score
    of_same = {name: np.where(np.isnan(s), np.nan, everywhere) for name, s in scores.items()}
    figures = areas(KEY, contrast.name, scores, contrast.truth, contrast.groups)
    less = area_differences(KEY, contrast, scores, dict.fromkeys(scores, everywhere))
    less_of_same = area_differences(KEY, contrast, scores, of_same)
    for figure, difference, same in zip(figures, less, less_of_same, strict=True):
        yield judge_held_out(figure, pooled, is_new=is_new, difference=difference)
        named = replace(difference, name=f"{figure.name}, less pooled")
        yield Judged(named, Outcome.NOTED, -MOST_LOSS)
        yield from noted([replace(same, name=f"{named.name}, both of the films there")])


def _answer(figures: Sequence[Judged]) -> str:
    for outcome in (Outcome.CONDEMNED, Outcome.DOUBTFUL):
        found = [one for one in figures if one.outcome is outcome]
        if found:
            first = min(found, key=lambda one: one.figure.value or 0)
            return f"No. {first.because} ({in_words(first.figure.subject)})."
    fine = [
        f"{in_words(one.figure.subject)} {one.figure.name}"
        for one in figures
        if one.outcome is Outcome.FINE
    ]
    reasons = reasons_of(one for one in figures if one.outcome is Outcome.NOT_ESTIMABLE)
    if fine and not reasons:
        return f"Yes: {listed(fine)}."
    if fine:
        known = f"Where it could be told, it does: {listed(fine)}"
        return f"{known}; else it cannot be estimated: {listed(reasons)}."
    return f"Cannot be estimated: {listed(reasons) or 'there are no two classes to tell apart'}."
