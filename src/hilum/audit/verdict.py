"""All checks → a verdict on each contrast, in a sentence that needs no statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hilum.audit.check import Check, Judged, Outcome, worst
from hilum.audit.contrast import Contrast, shown
from hilum.audit.given_model import KEY as MODEL
from hilum.audit.splits import KEY as SPLITS
from hilum.evaluation.intervals import LEAST_GROUPS

_MOST_REASONS = 3


@dataclass(frozen=True)
class Verdict:
    """What is to be thought of one score, or of all."""

    subject: str
    """The contrast, or ``the splits``, ``the dataset``."""
    outcome: Outcome
    sentence: str


def give_verdicts(
    checks: Sequence[Check], contrasts: Sequence[Contrast], patients: Mapping[str, int]
) -> tuple[Verdict, ...]:
    """Of each contrast, and before these of the splits where they leak.

    ``patients`` says how many have each finding.
    """
    verdicts = []
    splits = next(check for check in checks if check.key == SPLITS)
    if splits.outcome is Outcome.CONDEMNED:
        verdicts.append(Verdict("the splits", Outcome.CONDEMNED, splits.answer))
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
    outcomes = {verdict.outcome for verdict in verdicts}
    found = worst(outcomes)
    if found is Outcome.FINE and Outcome.NOT_ESTIMABLE in outcomes:
        return Outcome.NOT_ESTIMABLE
    return found


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


def _verdict(contrast: Contrast, about: Sequence[Judged]) -> Verdict:
    score = f"of {shown(contrast.positive)} against {shown(contrast.negative)}"
    by_outcome = {
        outcome: [judged for judged in about if judged.outcome is outcome] for outcome in Outcome
    }
    if bad := by_outcome[Outcome.CONDEMNED]:
        first = _clearest(bad)
        others = sorted((one for one in bad if one is not first), key=_is_not_of_model)
        told = [first, *others][:_MOST_REASONS]
        sentence = (
            f"The score {score} cannot be told apart from recognising"
            f" {first.recognises or 'something else'}: {_joined(told)}."
        )
        return Verdict(contrast.name, Outcome.CONDEMNED, sentence)
    if doubtful := by_outcome[Outcome.DOUBTFUL]:
        sentence = f"The score {score} is doubtful: {_joined(doubtful[:_MOST_REASONS])}."
        return Verdict(contrast.name, Outcome.DOUBTFUL, sentence)
    origin = [one for one in about if one.figure.task == "origins"]
    unknown = [one for one in origin if one.outcome is Outcome.NOT_ESTIMABLE]
    if unknown or not by_outcome[Outcome.FINE]:
        why = _joined(unknown) if unknown else "no control could be estimated"
        end = " No control gave the class away." if by_outcome[Outcome.FINE] else ""
        sentence = f"Whether the score {score} is real cannot be estimated: {why}.{end}"
        return Verdict(contrast.name, Outcome.NOT_ESTIMABLE, sentence)
    sentence = (
        f"Nothing was found by which {score.removeprefix('of ')} could be told without looking at"
        f" the lungs; {_joined(origin)}."
    )
    return Verdict(contrast.name, Outcome.FINE, sentence)


def _clearest(bad: Sequence[Judged]) -> Judged:
    """What a reader sees at once: the highest figure of a picture, not of what is known of it."""
    seen = ("the origin", "what lies around the lungs")
    return max(
        bad,
        key=lambda one: (
            one.figure.unit == "AUROC",
            one.recognises in seen,
            one.figure.value or 0,
        ),
    )


def _is_not_of_model(judged: Judged) -> bool:
    """What the model itself does is told before what others could."""
    return judged.figure.task != MODEL


def _joined(told: Sequence[Judged]) -> str:
    return "; ".join(one.because for one in told if one.because)
