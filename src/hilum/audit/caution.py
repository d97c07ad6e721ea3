"""An audit → the sentence that a model file carries beside its finding."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from hilum.audit.audit import Audit
from hilum.audit.check import Outcome
from hilum.audit.contrast import in_words
from hilum.audit.given_model import class_of
from hilum.audit.verdict import THE_MODEL, Verdict, overall
from hilum.radiograph import Finding

_FOUND = {
    Outcome.CONDEMNED: "An audit condemned this model's finding on {films}: in {contrasts} it"
    " cannot be told apart from recognising something other than disease.",
    Outcome.DOUBTFUL: "An audit found this model's finding doubtful on {films}: in {contrasts}"
    " something other than disease may tell the classes apart.",
    Outcome.NOT_ESTIMABLE: "An audit on {films} could not estimate whether this model's finding"
    " is of disease, in {contrasts}.",
}
"""Worst first. In a model file each is known again by its beginning and its number of films."""


def word_caution(
    audit: Audit, findings: Sequence[Finding], collections: Sequence[str]
) -> str | None:
    """What ``audit`` found against telling ``findings`` apart; empty where nothing was found.

    None where no verdict is about the model or two of them, so that the audit says nothing of it.

    Args:
        audit: of a dataset and the model.
        findings: the model's classes.
        collections: which the audited films are of.
    """
    told = [verdict for verdict in audit.verdicts if _is_about(verdict, findings)]
    if not told:
        return None
    outcome = overall(told)
    if outcome not in _FOUND:
        return ""
    bad = [verdict.subject for verdict in told if verdict.outcome is outcome]
    which = ", ".join(map(in_words, bad))
    if THE_MODEL in bad:
        which = "every pair of findings"
    elif len(bad) == len(told) > 1:
        which = f"all {len(told)} pairs of findings"
    films = f"{audit.images:,} films of {', '.join(sorted(collections))}"
    return _FOUND[outcome].format(films=films, contrasts=which)


def why_kept(standing: str, caution: str, images: int) -> str:
    """Why ``standing`` stays in a model file, two sentences; empty where ``caution`` replaces it.

    It stays unless the new one is graver, or of as many films: a small audit that finds less does
    not outweigh a large one.

    Args:
        standing: the caution in the file, empty where there is none.
        caution: of the new audit, as :func:`word_caution` gives it.
        images: the films of the new audit.
    """
    if not standing:
        return ""
    (gravity, films), (new, _) = _weigh(standing), _weigh(caution)
    if new < gravity or images >= films:
        return ""
    found = f"this audit, of {images:,}, found nothing worse."
    if films == math.inf:
        return f"It does not say of how many films it is; {found} One that finds worse replaces it."
    return (
        f"It is of {films:,} films; {found} An audit of at least {films:,}, or one that finds"
        " worse, replaces it."
    )


def _weigh(caution: str) -> tuple[int, float]:
    """Its place among the worst, from 0, and its films; foreign words are a doubt of endless."""
    for place, words in enumerate(_FOUND.values()):
        beginning = re.escape(words.partition("{films}")[0])
        if found := re.match(rf"{beginning}([\d,]+) films of ", caution):
            return place, int(found[1].replace(",", ""))
    return (1, math.inf) if caution else (len(_FOUND), 0)


def _is_about(verdict: Verdict, findings: Sequence[Finding]) -> bool:
    """Whether it is on the model, or a contrast whose sides are two classes of it."""
    if verdict.subject == THE_MODEL:
        return True
    sides = verdict.subject.split(" against ")
    classes = {class_of(Finding(side), findings) for side in sides if side in list(Finding)}
    return len(classes - {None}) == 2
