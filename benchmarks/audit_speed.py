"""How long an audit takes, step by step, and how much memory.

    python benchmarks/audit_speed.py DATASET [--model MODEL.onnx]

DATASET is a folder made by ``hilum compile``; benchmarks/README.md has the figures of 5,000 films.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hilum.audit.audit import Audited, audit
from hilum.audit.measure import measure_films
from hilum.audit.pairs import find_pairs
from hilum.dataset.lock import read_lock
from hilum.dataset.read import open_dataset
from hilum.inference.model import read_model
from hilum.report.audit.page import audit_page
from hilum.report.audit.pictures import draw_pictures
from hilum.workers import available_cores

Result = TypeVar("Result")


def main() -> None:
    """Print a line per step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--model", type=Path)
    options = parser.parse_args()
    dataset, cores = open_dataset(options.dataset), available_cores()
    model = None if options.model is None else read_model(options.model)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        measured = _timed(
            "measuring every film",
            lambda: measure_films(dataset, Path(folder), model=model, threads=cores),
        )
        labels = measured.films.labels
        pairs = _timed("finding twins", lambda: find_pairs(dataset, labels, workers=cores))
        lock = read_lock(dataset.folder)
        audited = Audited("benchmark", dataset.content_sha256, lock, model, measured, pairs)
        found = _timed("checks", lambda: audit(audited))
        _timed("page", lambda: audit_page(found, draw_pictures(found, dataset)))
        seconds = time.perf_counter() - start
        _timed(
            "measuring again, from what is kept",
            lambda: measure_films(dataset, Path(folder), model=model, threads=cores),
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(labels):,} films, {cores} cores: {seconds:.0f} s, {len(labels) / seconds:.1f}"
        f" films/s, peak memory of this process {peak:.0f} MiB; {found.outcome}"
    )


def _timed(step: str, work: Callable[[], Result]) -> Result:
    start = time.perf_counter()
    result = work()
    print(f"{step:<36} {time.perf_counter() - start:8.1f} s")
    return result


if __name__ == "__main__":
    main()
