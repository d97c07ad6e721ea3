"""What the benchmarks share: measuring several things in turn, and printing a table."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence


def measure_in_turn(
    kinds: Mapping[str, Callable[[], float]], rounds: int
) -> dict[str, list[float]]:
    """What each of ``kinds`` returns, ``rounds`` times, after one round that warms up.

    The kinds take turns, so that other work on the machine weighs on all alike.
    """
    measured: dict[str, list[float]] = {name: [] for name in kinds}
    for number in range(-1, rounds):
        for name, run in kinds.items():
            value = run()
            if number >= 0:
                measured[name].append(value)
    return measured


def median_ratio(values: Sequence[float], peers: Sequence[float]) -> float:
    """The median of the ratios within each round."""
    return statistics.median(v / p for v, p in zip(values, peers, strict=True))


def median_and_range(values: Sequence[float], digits: int) -> tuple[str, str]:
    """(median, smallest – largest) as text."""
    return (
        f"{statistics.median(values):.{digits}f}",
        f"{min(values):.{digits}f} – {max(values):.{digits}f}",
    )


def print_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a Markdown table, first column left, the others right."""
    print(f"| {' | '.join(head)} |")
    print(f"| --- |{' ---: |' * (len(head) - 1)}")
    for row in rows:
        print(f"| {' | '.join(str(cell) for cell in row)} |", flush=True)
