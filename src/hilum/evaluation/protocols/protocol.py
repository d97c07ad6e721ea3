"""A publication's figures, how each is measured here, and ours beside theirs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hilum.evaluation.cases import Case
from hilum.evaluation.figures import Evaluation, Figure
from hilum.evaluation.intervals import compute_figures
from hilum.evaluation.measure import Measure
from hilum.imaging.vary import PLAIN, FilmVariant
from hilum.radiograph import Finding, Split, Structure

UNKNOWN = "–"
"""What stands for a figure that a publication does not print, or that we do not know."""


@dataclass(frozen=True)
class Setting:
    """What was judged, as far as protocols ask."""

    evaluation: Evaluation
    findings: tuple[Finding, ...]
    """The model's classes."""
    targets: tuple[Structure, ...]
    """What the model outlines."""
    variant: FilmVariant = PLAIN
    """What is done to every film before the network sees it."""
    folds: int | None = None
    """How many folds the dataset has."""

    @property
    def cases(self) -> tuple[Case, ...]:
        """The judged radiographs."""
        return self.evaluation.cases


@dataclass(frozen=True)
class Missing:
    """Why a dataset or a model cannot serve a figure."""

    sentence: str


Measured = Measure | Figure | Missing


@dataclass(frozen=True)
class Published:
    """One figure of a publication."""

    name: str
    printed: str
    """Shares between 0 and 1; :data:`UNKNOWN` where it prints none."""
    definition: str
    """The publication's, as far as known."""
    measure: Callable[[Setting], Measured]
    """Ours by the same definition."""


@dataclass(frozen=True)
class Protocol:
    """How one publication measures."""

    name: str
    """As on the command line."""
    title: str
    source: str
    data: str
    """Which images, with their counts."""
    splits: str
    published: tuple[Published, ...]
    collections: frozenset[str]
    """Where its images can be had, as hilum names them."""
    differs: tuple[str, ...] = ()
    """What is never the same here, a sentence each."""
    differs_here: Callable[[Setting], Sequence[str]] = lambda setting: ()
    """What is not the same in one evaluation."""


@dataclass(frozen=True)
class Compared:
    """Ours beside theirs."""

    theirs: Published
    ours: Figure


@dataclass(frozen=True)
class Comparison:
    """One evaluation by one protocol."""

    protocol: Protocol
    evaluation: Evaluation
    lines: tuple[Compared, ...]
    differs: tuple[str, ...]
    """All that is not the same, a sentence each."""


def compare_with(protocol: Protocol, setting: Setting) -> Comparison:
    """Measure what ``protocol`` prints; what cannot be measured has its reason in place of it."""
    measured = [published.measure(setting) for published in protocol.published]
    measures = [one for one in measured if isinstance(one, Measure)]
    figures = iter(compute_figures(measures, [case.group for case in setting.cases]))
    ours = [
        next(figures)
        if isinstance(one, Measure)
        else one
        if isinstance(one, Figure)
        else _without_value(published, one.sentence)
        for published, one in zip(protocol.published, measured, strict=True)
    ]
    return Comparison(
        protocol,
        setting.evaluation,
        tuple(map(Compared, protocol.published, ours)),
        (*_other_data(protocol, setting), *protocol.differs_here(setting), *protocol.differs),
    )


def _without_value(published: Published, reason: str) -> Figure:
    return Figure("protocol", published.name, "", None, None, None, 0, 0, reason=reason)


def _other_data(protocol: Protocol, setting: Setting) -> list[str]:
    told = []
    found = {case.collection for case in setting.cases}
    if others := sorted(found - protocol.collections):
        wanted = " or ".join(sorted(protocol.collections))
        told.append(f"Here also or only images of {', '.join(others)}; theirs are in {wanted}.")
    images, split = len(setting.cases), setting.evaluation.split
    told.append(f"Here {images:,} images, the {split} split; theirs: {protocol.splits}.")
    if split == Split.VALIDATION:
        told.append("A model's operating points are chosen on validation images, maybe on these.")
    return told
