"""All checks → a verdict on each contrast, in a sentence that needs no statistics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hilum.audit.activation import KEY as ACTIVATION
from hilum.audit.check import AROUND, Check, Judged, Outcome, worst, worst_of_all
from hilum.audit.contrast import Contrast, shown
from hilum.audit.figures import listed
from hilum.audit.given_model import KEY as MODEL
from hilum.audit.origins import KEY as ORIGINS
from hilum.audit.quality import SEE_LUNGS
from hilum.audit.shortcuts import KEY as SHORTCUTS
from hilum.audit.splits import KEY as SPLITS
from hilum.evaluation.intervals import LEAST_GROUPS

THE_MODEL = "the model"
"""The subject of the verdict on the finding of the model, whatever it tells apart."""

_MOST_REASONS = 3


@dataclass(frozen=True)
class Verdict:
    """What is to be thought of one score, or of all."""

    subject: str
    """The contrast, or ``the splits``, ``the model``, ``the dataset``."""
    outcome: Outcome
    sentence: str


def give_verdicts(
    checks: Sequence[Check], contrasts: Sequence[Contrast], patients: Mapping[str, int]
) -> tuple[Verdict, ...]:
    """Of each contrast, and before these of splits and model where something is wrong.

    ``patients`` says how many have each finding.
    """
    verdicts = []
    splits = next(check for check in checks if check.key == SPLITS)
    if splits.outcome is Outcome.CONDEMNED:
        verdicts.append(Verdict("the splits", Outcome.CONDEMNED, splits.answer))
    verdicts += _of_the_model(checks)
    for contrast in contrasts:
        about = [
            judged
            for check in checks
            for judged in check.figures
            if judged.figure.subject == contrast.name and judged.outcome is not Outcome.NOTED
        ]
        verdicts.append(_verdict(contrast, about))
    if not contrasts:
        reason = nothing_to_tell(patients)
        sentence = f"Nothing can be said of any score: {reason}."
        verdicts.append(Verdict("the dataset", Outcome.NOT_ESTIMABLE, sentence))
    return tuple(verdicts)


def overall(verdicts: Sequence[Verdict]) -> Outcome:
    """The worst of all; one that is not estimable keeps the whole from being fine."""
    return worst_of_all(verdict.outcome for verdict in verdicts)


def nothing_to_tell(patients: Mapping[str, int]) -> str:
    """Why there is no contrast.

    >>> nothing_to_tell({"covid": 40}), nothing_to_tell({})
    ('the dataset has one finding only, covid', 'no film has a known finding')
    """
    if not patients:
        return "no film has a known finding"
    if len(patients) == 1:
        return f"the dataset has one finding only, {next(iter(patients))}"
    counts = ", ".join(f"{name} {count}" for name, count in patients.items())
    return (
        f"two findings that exclude each other, of {LEAST_GROUPS} patients each, are needed;"
        f" patients by finding: {counts}"
    )


def _of_the_model(checks: Sequence[Check]) -> Iterator[Verdict]:
    """What condemns its finding or makes it doubtful, whichever the contrast."""
    about = [
        judged
        for check in checks
        if check.key in (MODEL, ACTIVATION)
        for judged in check.figures
        if judged.figure.subject == "all"
    ]
    outcome = worst(judged.outcome for judged in about)
    if outcome in (Outcome.CONDEMNED, Outcome.DOUBTFUL):
        told = _joined([judged for judged in about if judged.outcome is outcome])
        yield Verdict(THE_MODEL, outcome, f"The model’s finding is {outcome}: {told}.")


def _verdict(contrast: Contrast, told: Sequence[Judged]) -> Verdict:
    score = f"of {shown(contrast.positive)} against {shown(contrast.negative)}"
    about = [one for one in told if one.figure.name not in SEE_LUNGS]
    by_outcome = {
        outcome: [judged for judged in about if judged.outcome is outcome] for outcome in Outcome
    }
    if bad := by_outcome[Outcome.CONDEMNED]:
        first = _clearest(bad)
        recognised, known_by = first.recognises or "something else", []
        if first.recognises == AROUND and (known_by := _differing_origins(about)):
            recognised = "the origin"
        reasons = [first, *known_by]
        reasons += sorted(
            (one for one in bad if one not in reasons), key=_how_telling, reverse=True
        )
        sentence = (
            f"The score {score} cannot be told apart from recognising {recognised}:"
            f" {listed([one.because for one in reasons if one.because], most=_MOST_REASONS)}."
        )
        return Verdict(contrast.name, Outcome.CONDEMNED, sentence)
    if doubtful := by_outcome[Outcome.DOUBTFUL]:
        sentence = (
            f"The score {score} is doubtful:"
            f" {listed([one.because for one in doubtful if one.because], most=_MOST_REASONS)}."
        )
        return Verdict(contrast.name, Outcome.DOUBTFUL, sentence)
    origin = [one for one in about if one.figure.task == ORIGINS]
    controls = [one for one in about if one.figure.task == SHORTCUTS]
    unknown = [one for one in (*origin, *controls) if one.outcome is Outcome.NOT_ESTIMABLE]
    why_unknown = _joined(unknown)
    passed = any(one.outcome is Outcome.FINE for one in controls)
    if why_unknown or not passed:
        why = why_unknown or "no control could be estimated"
        end = " No control gave the class away." if passed else ""
        sentence = f"Whether the score {score} is real cannot be estimated: {why}.{end}"
        return Verdict(contrast.name, Outcome.NOT_ESTIMABLE, sentence)
    sentence = (
        f"Nothing was found by which {score.removeprefix('of ')} could be told without looking at"
        f" the lungs; {_joined(origin)}."
    )
    not_counted = [
        one for one in told if one.figure.name in SEE_LUNGS and one.outcome is Outcome.DOUBTFUL
    ]
    if not_counted:
        sentence += (
            " Not counted, since the lungs have a part in it, but to be known:"
            f" {_joined(not_counted)}."
        )
    return Verdict(contrast.name, Outcome.FINE, sentence)


def _differing_origins(about: Sequence[Judged]) -> list[Judged]:
    """What shows that the classes differ in origin, which what lies around the lungs then tells."""
    bad = (Outcome.CONDEMNED, Outcome.DOUBTFUL)
    return [one for one in about if one.figure.task == ORIGINS and one.outcome in bad][:1]


def _clearest(bad: Sequence[Judged]) -> Judged:
    """What a reader sees at once: the highest figure of a picture, not of what is known of it."""
    return max(
        bad,
        key=lambda one: (
            one.figure.unit == "AUROC",
            one.recognises in ("the origin", AROUND),
            one.figure.value or 0,
        ),
    )


def _how_telling(judged: Judged) -> tuple[bool, bool, float]:
    """What the model itself does is told before what others could, then the highest AUROC."""
    figure = judged.figure
    return figure.task == MODEL, figure.unit == "AUROC", figure.value or 0


def _joined(told: Sequence[Judged]) -> str:
    return "; ".join(one.because for one in told if one.because)
