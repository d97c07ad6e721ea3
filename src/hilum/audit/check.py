"""What a check of the audit says: an outcome in plain words, and the figures it rests on."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass

from hilum.evaluation.figures import Figure

AROUND = "what lies around the lungs"
"""What a network recognises that can do without them."""


class Outcome(enum.StrEnum):
    """What became of a check."""

    FINE = "fine"
    DOUBTFUL = "doubtful"
    CONDEMNED = "condemned"
    NOT_ESTIMABLE = "cannot be estimated"
    """The data do not allow an answer; that is not a good sign, nor a bad one."""
    NOTED = "noted"
    """A description without a threshold."""


_WORST_FIRST = (
    *(Outcome.CONDEMNED, Outcome.DOUBTFUL, Outcome.FINE, Outcome.NOT_ESTIMABLE),
    Outcome.NOTED,
)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """What a whole is whose parts are ``outcomes``; what was estimated counts before what was not.

    >>> worst([Outcome.FINE, Outcome.NOT_ESTIMABLE]), worst([])
    (<Outcome.FINE: 'fine'>, <Outcome.NOT_ESTIMABLE: 'cannot be estimated'>)
    """
    found = set(outcomes) or {Outcome.NOT_ESTIMABLE}
    return next(outcome for outcome in _WORST_FIRST if outcome in found)


def worst_of_all(outcomes: Iterable[Outcome]) -> Outcome:
    """The same, but one part that is not estimable keeps the whole from being fine.

    >>> worst_of_all([Outcome.FINE, Outcome.NOT_ESTIMABLE]), worst_of_all([Outcome.FINE])
    (<Outcome.NOT_ESTIMABLE: 'cannot be estimated'>, <Outcome.FINE: 'fine'>)
    """
    found = set(outcomes)
    if Outcome.NOT_ESTIMABLE in found:
        found.discard(Outcome.FINE)
    return worst(found)


@dataclass(frozen=True)
class Judged:
    """A figure and what it means."""

    figure: Figure
    """Its subject is the contrast or class that it speaks of; its task the check's key."""
    outcome: Outcome
    threshold: float | None = None
    rule: str = ""
    """When the figure does not pass, in words."""
    because: str = ""
    """The figure as a clause of the verdict: ``the border of the film alone gives 0.97``."""
    recognises: str = ""
    """What a network may recognise in place of the finding: ``the origin``."""


@dataclass(frozen=True)
class Table:
    """Counts or descriptions beside the figures."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class ShownFilm:
    """A radiograph a person should look at."""

    image_id: str
    caption: str
    beside: str | None = None
    """The image it is to be compared with."""


@dataclass(frozen=True)
class Check:
    """One question put to a dataset, with its answer."""

    key: str
    """``splits``, ``origins``, ``shortcuts``, …: the name in ``audit.json``."""
    title: str
    question: str
    outcome: Outcome
    answer: str
    """One or two sentences that a reader without statistics understands."""
    figures: tuple[Judged, ...] = ()
    tables: tuple[Table, ...] = ()
    films: tuple[ShownFilm, ...] = ()
    films_title: str = ""
    caveat: str = ""
    """What the check cannot see."""

    @property
    def told(self) -> str:
        """The answer beside the outcome, which it does not say again."""
        return re.sub(rf"^{self.outcome}[:;] ", "", self.answer, flags=re.IGNORECASE)
