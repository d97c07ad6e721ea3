"""Read a fake in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hilum.collections.collection import Reading
from hilum.collections.registry import read_folder
from hilum.radiograph import Radiograph
from tests.fakes.every import FAKES


def read_fake(name: str, folder: Path) -> Reading:
    """Draw the fake of the collection called ``name`` below ``folder`` and read it."""
    fake = FAKES[name](folder / "download", np.random.default_rng(3))
    return read_folder(fake.folder, others=fake.others)


def by_name(reading: Reading) -> dict[str, Radiograph]:
    """The reading's radiographs by file name."""
    return {radiograph.path.name: radiograph for radiograph in reading.radiographs}


def problems_of(reading: Reading, kind: str) -> dict[str, str]:
    """Details of the problems of one kind by source path."""
    return {p.source_path: p.detail for p in reading.problems if p.kind == kind}
