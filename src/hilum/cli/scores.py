"""The scores of a model file as a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from hilum.cli.terminal import show_table

if TYPE_CHECKING:
    from hilum.inference.model import Score


def show_scores(scores: Iterable[Score]) -> None:
    """Print ``scores``, each with its interval, n and protocol."""
    rows = [(s.name, f"{s.value:.3f}", s.interval, s.n, s.protocol) for s in scores]
    show_table(("score", "value", "95 % interval", "n", "protocol"), rows)
