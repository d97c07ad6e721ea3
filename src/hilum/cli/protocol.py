"""``--protocol`` of ``hilum evaluate``: ours beside a publication's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from hilum.cli.terminal import say, say_title, show_table

if TYPE_CHECKING:
    from hilum.evaluation.protocols.protocol import Comparison, Protocol


def known_protocol(name: str | None) -> Protocol | None:
    """The protocol called ``name``; none if none was named.

    Raises:
        typer.BadParameter: there is no protocol of that name.
    """
    from hilum.evaluation.protocols.registry import PROTOCOLS

    if name is None or name in PROTOCOLS:
        return None if name is None else PROTOCOLS[name]
    names = ", ".join(PROTOCOLS)
    raise typer.BadParameter(f"{name!r} is none of {names}", param_hint="--protocol")


def show_comparison(comparison: Comparison) -> None:
    """Print ours beside theirs, why figures are missing, and what is not the same."""
    from hilum.evaluation.protocols.table import told_interval, told_reasons, told_value

    protocol = comparison.protocol
    say_title(f"{protocol.name}: {protocol.source}")
    rows = [
        (
            line.theirs.name,
            line.theirs.printed,
            told_value(line.ours),
            told_interval(line.ours),
            line.ours.n,
        )
        for line in comparison.lines
    ]
    show_table(("figure", "theirs", "ours", "95 % interval", "n"), rows)
    for sentence in (*told_reasons(comparison), *comparison.differs):
        say(f"– {sentence}")
