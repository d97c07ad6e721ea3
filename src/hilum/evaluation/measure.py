"""How a figure is computed from cases, so that drawn cases give it too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Needed:
    """Cases without which there is no figure, and without enough patients no interval."""

    cases: Flags
    """N: which they are."""
    words: str
    """``with covid``"""


@dataclass(frozen=True)
class Measure:
    """A figure of N cases before it is computed.

    Either ``columns`` are given, and the figure follows from their sums over the cases, or it
    needs the cases' order and ``formula`` does all.
    """

    task: str
    subject: str
    name: str
    needed: tuple[Needed, ...]
    """The union of these is what the figure counts."""
    columns: Floats | None
    """N×K; 0 where a case does not count."""
    formula: Callable[[Floats], Floats]
    """Of columns: D×K sums → D figures. Else: N×D, how often each case was drawn → D figures. NaN
    where it is not defined."""
    unit: str = ""
    definition: str = ""
    undefined: str = ""
    """Why, where the formula gives NaN."""
    is_share: bool = False
    """Whether it is a share of images, each in or out."""
    is_area: bool = False
    """Whether it is the area under the ROC curve of the first of ``needed`` against the second."""

    @property
    def counted(self) -> Flags:
        """N: the cases that it comes from."""
        counted = self.needed[0].cases
        for other in self.needed[1:]:
            counted = counted | other.cases
        return counted

    @property
    def missing(self) -> str:
        """Why there is no figure at all; empty where there is one."""
        lacking = [needed.words for needed in self.needed if not needed.cases.any()]
        return f"no image {' and none '.join(lacking)}" if lacking else ""

    def of_all(self) -> float:
        """The figure of the cases as they are."""
        if self.columns is not None:
            return float(self.formula(self.columns.sum(axis=0)[None])[0])
        return float(self.formula(np.ones((len(self.needed[0].cases), 1)))[0])


def quotient(sums: Floats) -> Floats:
    """D×2 sums → the first ÷ the second; NaN where that is 0."""
    return divide(sums[:, 0], sums[:, 1])


def divide(above: Floats, below: Floats) -> Floats:
    """``above`` ÷ ``below``, NaN where that is 0."""
    result: Floats = np.full(above.shape, np.nan)
    np.divide(above, below, out=result, where=below != 0)
    return result


def mean_columns(values: Floats, counted: Flags) -> Floats:
    """N×2 columns whose :func:`quotient` is the mean of ``values`` over the counted cases."""
    return np.column_stack([np.where(counted, values, 0.0), counted])
