"""What a check of the audit says: an outcome in plain words, and the figures it rests on."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Outcome(enum.StrEnum):
    """What became of a check."""

    FINE = "fine"
    DOUBTFUL = "doubtful"
    CONDEMNED = "condemned"
    NOT_ESTIMABLE = "cannot be estimated"
    """The data do not allow an answer; that is not a good sign, nor a bad one."""
    NOTED = "noted"
    """A description without a threshold."""


@dataclass(frozen=True)
class Measure:
    """A figure of a check."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    """Bounds of the 95 % interval."""
    n: int = 0
    """Images it comes from."""
    groups: int = 0
    """Patients (with their copies) among these."""
    threshold: float | None = None
    """From which on (or below which) the check does not pass; ``rule`` says which."""
    rule: str = ""
    reason: str = ""
    """Why there is no value or no interval."""
    unit: str = ""


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
    """``twins``, ``origins``, ``shortcuts``, …: the name in ``audit.json``."""
    title: str
    question: str
    outcome: Outcome
    answer: str
    """One or two sentences that a reader without statistics understands."""
    measures: tuple[Measure, ...] = ()
    tables: tuple[Table, ...] = ()
    films: tuple[ShownFilm, ...] = ()
    caveat: str = ""
    """What the check cannot see."""
