"""The finding, and what it says of the infection that was outlined."""

from __future__ import annotations

import numpy as np

from hilum.imaging.masks import BinaryMask
from hilum.inference.postprocess import OutlinedLungs
from hilum.inference.severity import UNMEASURED, Severity, measure_severity
from hilum.radiograph import Finding

OTHER_CAUSE = "opacity of other cause is not measured"
NOTHING_OUTLINED = "this model outlines no lungs: nothing is measured"
NO_FILM_NOT_REFUSED = "what is no film is not refused"
NO_INFECTION_TARGET = "this model does not outline infection"


def decide_finding(
    probabilities: dict[Finding, float], points: dict[Finding, float]
) -> Finding | None:
    """The finding: the first whose operating point is reached, else the likeliest other.

    None where the model has no finding head.
    """
    for finding, point in points.items():
        if probabilities[finding] >= point:
            return finding
    others = {f: p for f, p in probabilities.items() if f not in points}
    return max(others, key=lambda finding: others[finding], default=None)


def doubt(
    finding: Finding | None, probabilities: dict[Finding, float], points: dict[Finding, float]
) -> str:
    """What to say where another finding is likelier than the one called; else nothing.

    An operating point lets a finding be called before a likelier one, or not until it is likelier
    than all others together.
    """
    likeliest = max(probabilities, key=lambda one: probabilities[one], default=None)
    if finding is None or likeliest in (None, finding):
        return ""
    if finding in points:
        return f"{finding} is called early, {likeliest} is likelier"
    return f"{likeliest} is likelier, but below its operating point"


def judge(
    outlined: OutlinedLungs, finding: Finding | None
) -> tuple[BinaryMask | None, Severity, str]:
    """(infection mask, severity, reason) once the finding is known.

    The masks that a network learns mean COVID-19 infection. Without COVID-19 there is none;
    an opacity of another cause is not 0 % infected but not measured.
    """
    reasons = []
    absent = [
        side
        for side, lung in (("right", outlined.right_lung), ("left", outlined.left_lung))
        if not lung.any()
    ]
    if absent:
        reasons.append(f"the {absent[0]} lung was not found")
    infection = outlined.infection
    if infection is None:
        return None, UNMEASURED, "; ".join([*reasons, NO_INFECTION_TARGET])
    if finding not in (None, Finding.COVID):
        infection = np.zeros_like(infection)
    if finding not in (None, Finding.COVID, Finding.NORMAL):
        return infection, UNMEASURED, "; ".join([*reasons, OTHER_CAUSE])
    severity = measure_severity(outlined.right_lung, outlined.left_lung, infection)
    return infection, severity, "; ".join(reasons)
