"""Cases → the confusion matrix: of each true finding, how often it was called what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hilum.evaluation.cases import Case
from hilum.evaluation.detection import TASK
from hilum.evaluation.figures import Figure
from hilum.radiograph import Finding

CALLED, REFUSED = "called ", "called nothing, refused"
"""How the names of the matrix' cells begin, and that of refused images."""


def confusion_figures(
    cases: Sequence[Case], findings: Sequence[Finding], stratum: str
) -> list[Figure]:
    """A count for each true finding (rows) and class of the model, and for what was refused."""
    if not findings:
        return []
    order = {finding: place for place, finding in enumerate(findings)}
    known = sorted({case.truth for case in cases if case.truth is not None})
    truths = sorted(known, key=lambda truth: order.get(truth, len(order)))
    figures = []
    for truth in truths:
        of_it = [case for case in cases if case.truth == truth]
        groups = len({case.group for case in of_it})
        counts = Counter(REFUSED if c.refused else f"{CALLED}{c.predicted}" for c in of_it)
        figures += [
            Figure(
                task=TASK,
                subject=truth.value,
                name=name,
                value=counts[name],
                low=None,
                high=None,
                n=len(of_it),
                groups=groups,
                stratum=stratum,
                unit="images",
                definition=f"of the images whose true finding is {truth}",
                reason="a count has no interval",
            )
            for name in (*(f"{CALLED}{finding}" for finding in findings), REFUSED)
        ]
    return figures
