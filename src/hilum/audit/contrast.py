"""Which classes are told apart: one finding against another, over the films that have them."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hilum.evaluation.intervals import LEAST_GROUPS
from hilum.radiograph import Finding

Label = Mapping[str, Any]
"""The columns of a row but its pictures; None is unknown."""


@dataclass(frozen=True)
class Contrast:
    """M films of ``positive`` or ``negative``."""

    positive: str
    negative: str
    index: NDArray[np.intp]
    """M: which of all films they are."""
    truth: NDArray[np.bool_]
    """M: whether each is ``positive``."""
    groups: NDArray[np.str_]
    """M: whose each is."""

    @property
    def name(self) -> str:
        """``covid against normal``."""
        return f"{self.positive} against {self.negative}"

    def too_few(self, part: NDArray[np.bool_] | None = None) -> str:
        """Why nothing can be estimated of ``part`` (M; None: all); empty where something can."""
        part = np.ones(len(self.truth), np.bool_) if part is None else part
        for name, side in ((self.positive, self.truth), (self.negative, ~self.truth)):
            count = len(set(self.groups[side & part].tolist()))
            if count < LEAST_GROUPS:
                have = "patient" if count == 1 else "patients"
                return f"{name} has {count} {have} here, and {LEAST_GROUPS} are needed"
        return ""


def groups_of(labels: Sequence[Label]) -> NDArray[np.str_]:
    """N: what each film is held out with: its patient and copies; where unknown, it alone."""
    return np.array([label["group_id"] or label["image_id"] for label in labels], np.str_)


def patients_by_finding(labels: Sequence[Label]) -> dict[str, int]:
    """How many patients (with their copies) have each finding, by name."""
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for label, group in zip(labels, groups_of(labels).tolist(), strict=True):
        if label["finding"] is not None:
            groups[label["finding"]].add(group)
    return {name: len(groups[name]) for name in sorted(groups)}


def contrasts(labels: Sequence[Label]) -> list[Contrast]:
    """Every pair of findings that exclude each other and have patients enough.

    COVID-19 comes first as the positive one, normal last as the negative one.
    """
    enough = [name for name, n in patients_by_finding(labels).items() if n >= LEAST_GROUPS]
    names = sorted(enough, key=lambda name: (name != Finding.COVID, name == Finding.NORMAL, name))
    of_each = np.array([label["finding"] or "" for label in labels], np.str_)
    groups = groups_of(labels)
    made = []
    for positive, negative in itertools.combinations(names, 2):
        one, other = Finding(positive), Finding(negative)
        if not (one.is_a(other) or other.is_a(one)):
            index = np.flatnonzero((of_each == positive) | (of_each == negative))
            truth = of_each[index] == positive
            made.append(Contrast(positive, negative, index, truth, groups[index]))
    return made


def shown(finding: str) -> str:
    """How a finding is written in a sentence.

    >>> shown("covid"), shown("pneumonia/viral"), shown("lung_opacity")
    ('COVID-19', 'viral pneumonia', 'lung opacity')
    """
    if finding == "covid":
        return "COVID-19"
    kind, _, narrower = finding.partition("/")
    return f"{narrower} {kind}".strip().replace("_", " ")


def in_words(subject: str) -> str:
    """What a figure is of: a contrast, a class, or all.

    >>> in_words("covid against pneumonia/viral"), in_words("within covid"), in_words("all")
    ('COVID-19 against viral pneumonia', 'within COVID-19', 'all films')
    """
    if subject == "all":
        return "all films"
    if subject.startswith("within "):
        return f"within {shown(subject.removeprefix('within '))}"
    return " against ".join(map(shown, subject.split(" against ")))
