"""What may be done to a film before a network sees it: enhanced, or only its lungs kept.

Datasets are compiled and models are run through here, so that both do the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hilum.imaging.enhance import Enhancement, Grey8, enhance
from hilum.imaging.masks import BinaryMask


@dataclass(frozen=True)
class FilmVariant:
    """How films are changed; by default they are not."""

    enhancement: Enhancement | None = None
    lungs_only: bool = False
    """Cut to the least box around the lungs, black beside them."""

    def __str__(self) -> str:
        """In the words of the command line: ``--enhance bcet --lungs-only``, or ``plain films``."""
        options = [f"--enhance {self.enhancement}"] if self.enhancement else []
        options += ["--lungs-only"] if self.lungs_only else []
        return " ".join(options) or "plain films"


PLAIN = FilmVariant()


@dataclass(frozen=True)
class PlacedMask:
    """A mask of a part of an image, and where in the image its upper left corner lies."""

    mask: BinaryMask
    left: int
    top: int

    def part_of(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """What of ``pixels``, of the whole image, lies where the mask does."""
        height, width = self.mask.shape
        return pixels[self.top : self.top + height, self.left : self.left + width]


def least_box(mask: BinaryMask) -> PlacedMask:
    """``mask`` (H×W, not all False) within the least box around it."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    box = np.ascontiguousarray(mask[top : rows[-1] + 1, left : columns[-1] + 1])
    return PlacedMask(box, left, top)


def vary(pixels: Grey8, enhancement: Enhancement | None, lungs: PlacedMask | None) -> Grey8:
    """``pixels`` (H×W) enhanced as a whole, then cut to ``lungs`` and black beside them.

    In this order, so that an enhancement sees the film: black pixels of our own would weigh in
    every histogram. Where there is nothing to do, ``pixels`` themselves.
    """
    changed = pixels if enhancement is None else enhance(pixels, enhancement)
    if lungs is None:
        return changed
    return np.where(lungs.mask, lungs.part_of(changed), np.uint8(0))
