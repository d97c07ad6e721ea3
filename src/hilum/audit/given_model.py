"""What the model that was given makes of the whole film, of its lungs, and of all but these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hilum.audit.check import AROUND, Check, Judged, Outcome, worst_of_all
from hilum.audit.contrast import Contrast, Label, groups_of, in_words
from hilum.audit.figures import (
    areas,
    judge_area,
    listed,
    means,
    noted,
    reasons_of,
    said,
    without,
)
from hilum.audit.films import Films, Part
from hilum.evaluation.intervals import LEAST_GROUPS
from hilum.radiograph import Finding, Split

KEY = "model"

MOST_CHANGE = 0.05
"""By how much probabilities may change on average when what is no lung is painted over."""

_QUESTION = "Does the model that was given look at the lungs?"
_TITLE = "The model on parts of the film"
_SHOWN = {
    Part.WHOLE: "the whole film",
    Part.LUNGS: "the lungs alone",
    Part.BACKGROUND: "all but the lungs",
}


@dataclass(frozen=True)
class Asked:
    """The model that was given, as far as the checks need it."""

    name: str
    findings: tuple[Finding, ...]
    """Its classes, in the order of its probabilities."""
    may_know: str = ""
    """Why it may have learned from any of the films, a clause; empty where those that are held out
    were so from it too."""


def judged_films(labels: Sequence[Label], asked: Asked) -> tuple[NDArray[np.bool_], str]:
    """N: the films ``asked`` is asked about, which it less likely learned from; and in words.

    Those of validation and test, where they hold patients enough; else all.
    """
    held = np.array([label["split"] != Split.TRAIN for label in labels], np.bool_)
    if len(set(groups_of(labels)[held].tolist())) >= 2 * LEAST_GROUPS:
        know = f"; {asked.may_know}" if asked.may_know else ""
        return held, f"validation and test films{know}"
    return np.ones(len(labels), np.bool_), "all films; it may have learned from them"


def check_model(films: Films, contrasts: Sequence[Contrast], asked: Asked | None) -> Check:
    """AUROC of the model's own probabilities, and how occlusion changes them."""
    if asked is None or not asked.findings:
        reason = "no model was given" if asked is None else f"{asked.name} names no finding"
        figure = without(KEY, "all", "AUROC by part", reason)
        answer = f"Cannot be estimated: {reason}."
        return Check(
            *(KEY, _TITLE, _QUESTION, Outcome.NOT_ESTIMABLE), answer=answer, figures=(figure,)
        )
    part, words = judged_films(films.labels, asked)
    by_part = [
        judged for contrast in contrasts for judged in _of_contrast(films, contrast, asked, part)
    ]
    occlusion = list(_occlusion(films, asked, part))
    figures = [*by_part, *occlusion]
    # Corners and text are little of what is no lung, and many films have none of either.
    painted_over = {one.outcome for one in occlusion} - {Outcome.NOT_ESTIMABLE}
    return Check(
        KEY,
        _TITLE,
        _QUESTION,
        worst_of_all([worst_of_all(one.outcome for one in by_part), *painted_over]),
        _answer(figures, asked),
        tuple(figures),
        caveat=f"Of {words}. Black lungs, or a black film around them, are films such as the model"
        " never saw; what it then gives may be arbitrary. Text is found by a simple rule.",
    )


def class_of(finding: Finding, classes: Sequence[Finding]) -> Finding | None:
    """Which of a model's ``classes`` means ``finding``; the last where several do."""
    return next((known for known in reversed(classes) if finding.is_a(known)), None)


def class_score(
    probabilities: NDArray[np.floating], asked: Asked, contrast: Contrast
) -> NDArray[np.float64] | str:
    """N: the share of the positive class in both; or why the model cannot tell them."""
    places = []
    for name in (contrast.positive, contrast.negative):
        known = class_of(Finding(name), asked.findings)
        if known is None:
            return f"{asked.name} has no class for {name}, only {', '.join(asked.findings)}"
        places.append(asked.findings.index(known))
    positive, negative = places
    if positive == negative:
        return f"both are {asked.findings[positive]} to {asked.name}"
    pair = probabilities[:, [positive, negative]].astype(np.float64)
    return np.asarray(pair[:, 0] / np.maximum(pair.sum(axis=1), 1e-12))


def _of_contrast(
    films: Films, contrast: Contrast, asked: Asked, judged: NDArray[np.bool_]
) -> Iterator[Judged]:
    part = judged[contrast.index]
    scores = {}
    for shown, words in _SHOWN.items():
        given = films.probabilities.get(shown)
        if given is None:
            yield without(KEY, contrast.name, words, "the model was not shown it")
            continue
        score = class_score(given, asked, contrast)
        if isinstance(score, str):
            yield without(KEY, contrast.name, "AUROC by part", score)
            return
        scores[words] = np.where(part, score[contrast.index], np.nan)
    for figure in areas(KEY, contrast.name, scores, contrast.truth, contrast.groups):
        if figure.name != _SHOWN[Part.BACKGROUND]:
            yield from noted([figure])
            continue
        words = f"shown all but the lungs, {asked.name}"
        yield judge_area(figure, words, AROUND, also_reversed=True)


def _occlusion(films: Films, asked: Asked, part: NDArray[np.bool_]) -> Iterator[Judged]:
    """The mean absolute change of P(COVID-19)."""
    if Finding.COVID not in asked.findings:
        reason = f"{asked.name} has no class for covid"
        yield without(KEY, "all", "mean change of P(COVID-19)", reason)
    groups = groups_of(films.labels)
    values = {
        f"mean change of P(COVID-19), {name} painted over": np.where(part, np.abs(change), np.nan)
        for name, change in films.occlusion.items()
    }
    for figure in means(KEY, "all", values, groups):
        outcome = Outcome.FINE
        if figure.value is None or figure.low is None:
            outcome = Outcome.NOT_ESTIMABLE
        elif figure.value > MOST_CHANGE:
            outcome = Outcome.DOUBTFUL
        rule = f"doubtful above {MOST_CHANGE}"
        yield Judged(figure, outcome, MOST_CHANGE, rule, f"{figure.name}: {said(figure)}")


def _answer(figures: Sequence[Judged], asked: Asked) -> str:
    for outcome in (Outcome.CONDEMNED, Outcome.DOUBTFUL):
        found = [one for one in figures if one.outcome is outcome]
        if found:
            first = max(found, key=lambda one: one.figure.value or 0)
            return f"{first.because} ({in_words(first.figure.subject)})."
    fine = [one for one in figures if one.outcome is Outcome.FINE and one.figure.subject != "all"]
    unknown = reasons_of(one for one in figures if one.outcome is Outcome.NOT_ESTIMABLE)
    if not fine:
        return f"Cannot be estimated: {listed(unknown)}."
    told = f"{asked.name} tells little without the lungs"
    if not unknown:
        return f"{told}."
    where = listed([in_words(one.figure.subject) for one in fine])
    return f"{told} for {where}; of the rest it cannot be estimated: {listed(unknown)}."
