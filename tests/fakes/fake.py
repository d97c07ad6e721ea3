"""What a fake collection tells the tests about itself, and how its images are written."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.fakes.chest import Chest, draw_chest

SIZE = (48, 40)
"""Height and width of the fakes' images: small, so that tests are fast."""


@dataclass(frozen=True)
class FakeCollection:
    """A drawn collection and what a right reading of it gives."""

    folder: Path
    """What a user would give: the top of the download."""
    radiographs: int
    problems: Mapping[str, int]
    """Kind → number of problems a right reading finds."""
    others: tuple[Path, ...] = ()
    """Further folders it needs."""
    table: Path | None = None
    """A file without which nothing can be read."""
    mask: Path | None = None
    """A mask whose absence is a problem."""
    findings: Mapping[str | None, int] = field(default_factory=dict)


DrawFake = Callable[[Path, np.random.Generator], FakeCollection]


def draw_small_chest(rng: np.random.Generator, *, infected: bool = False) -> Chest:
    """A chest of the fakes' size."""
    return draw_chest(rng, size=SIZE, infected=infected)


def write_image(path: Path, pixels: NDArray[np.uint8]) -> Path:
    """Write ``pixels`` in the format its name asks for; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ok, data = cv2.imencode(path.suffix, pixels)
    if not ok:
        raise AssertionError(f"OpenCV cannot write {path}")
    path.write_bytes(data.tobytes())
    return path


def write_chest(path: Path, rng: np.random.Generator, *, infected: bool = False) -> Chest:
    """Draw a chest and write it."""
    chest = draw_small_chest(rng, infected=infected)
    write_image(path, chest.pixels)
    return chest


def write_mask(path: Path, mask: NDArray[np.bool_]) -> Path:
    """Write ``mask`` as 8-bit grey, 0 and 255."""
    return write_image(path, mask.astype(np.uint8) * np.uint8(255))


def write_table(
    path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]], *, before: str = ""
) -> Path:
    """Write a CSV file; cells that a row does not name stay empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write(before)
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path
