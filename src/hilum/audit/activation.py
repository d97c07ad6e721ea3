"""Where does the finding come from? The share of the class activation map within the lungs."""

from __future__ import annotations

import numpy as np

from hilum.audit.check import AROUND, Check, Judged, Outcome
from hilum.audit.contrast import groups_of
from hilum.audit.figures import means, said, without
from hilum.audit.films import Films
from hilum.audit.given_model import Asked, judged_films

KEY = "activation"

_TITLE = "Where the finding comes from"
_QUESTION = "Does the model’s finding come from the lungs?"
_RULE = (
    "condemned where the whole interval lies below 0, doubtful where it holds 0:"
    " the map is then in the lungs no more than that of random weights"
)


def check_activation(films: Films, asked: Asked | None) -> Check:
    """The mean share within the lungs, that of randomised weights, and the difference per film."""
    if asked is None or np.isnan(films.activation_in_lungs).all():
        reason = "no model was given"
        if asked is not None and not films.lungs_found.any():
            reason = "no lungs were found on any film"
        elif asked is not None:
            reason = f"{asked.name} exports no activation map"
        figure = without(KEY, "all", "share within the lungs", reason)
        answer = f"Cannot be estimated: {reason}."
        return Check(
            *(KEY, _TITLE, _QUESTION, Outcome.NOT_ESTIMABLE), answer=answer, figures=(figure,)
        )
    part, words = judged_films(films.labels, asked)
    here = np.where(part, films.activation_in_lungs, np.nan)
    chance = np.where(part, films.activation_by_chance, np.nan)
    values = {
        "share within the lungs": here,
        "the same with random weights": chance,
        "the first less the second": here - chance,
    }
    own, random, difference = means(KEY, "all", values, groups_of(films.labels))
    outcome = Outcome.FINE
    if difference.low is None or difference.high is None:
        outcome = Outcome.NOT_ESTIMABLE
    elif difference.high < 0:
        outcome = Outcome.CONDEMNED
    elif difference.low <= 0:
        outcome = Outcome.DOUBTFUL
    because = (
        f"{said(own)} of the activation of the class that {asked.name} called lies within the"
        f" lungs, {said(random)} with random weights"
    )
    return Check(
        KEY,
        _TITLE,
        _QUESTION,
        outcome,
        because[:1].upper() + because[1:] + ".",
        (
            Judged(own, Outcome.NOTED),
            Judged(random, Outcome.NOTED),
            Judged(difference, outcome, 0, _RULE, because, AROUND),
        ),
        caveat=f"Of {words}. The map is as coarse as the network’s last layer, and each place of"
        " it has seen much of the film: a map within the lungs does not prove that only lungs"
        " counted.",
    )
