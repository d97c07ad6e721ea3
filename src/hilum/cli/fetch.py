"""``hilum fetch``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilum.cli.terminal import EXIT_INTERRUPTED, progress_bars, say, say_error

if TYPE_CHECKING:
    from hilum.collections.fetch.fetch import Fetched


def fetch_collection(
    name: Annotated[str, typer.Argument(help="A collection that 'hilum collections' lists.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="The folder to fill; by default downloads/NAME."),
    ] = None,
    given: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="A zip archive or folder you downloaded: check that it is this collection, and "
            "copy it to the output if one is named.",
        ),
    ] = None,
) -> None:
    """Download a collection from where it is published, or say how to get it.

    Goes on where an earlier download broke off; what is there already is not fetched again.
    """
    from hilum.collections.fetch.fetch import adopt, facts_of, fetch

    facts_of(name)
    if given is not None:
        _tell(adopt(name, given, output))
        return
    folder = output or Path("downloads", name)
    try:
        with progress_bars() as progress:
            fetched = fetch(name, folder, progress=progress)
    except KeyboardInterrupt:
        say_error(
            f"Interrupted: downloaded parts are kept in {folder}, from where the same command goes "
            "on; Git begins anew."
        )
        raise typer.Exit(EXIT_INTERRUPTED) from None
    _tell(fetched)


def _tell(fetched: Fetched) -> None:
    facts, record = fetched.facts, fetched.record
    if fetched.was_there:
        say(f"{facts.name} is there already, complete: {fetched.path}")
    else:
        say(f"{facts.name}  {facts.title}\n  path     {fetched.path}")
    if record is not None and record.commit is not None:
        say(f"  commit   {record.commit}")
    if record is not None and record.sha256 is not None:
        say(f"  SHA-256  {record.sha256}, {record.checksum}")
    if record is not None and record.checksum == "computed here":
        say("           The publisher states no checksum: this one only tells later changes.")
    say(f"  licence  {facts.licence.name}\n  cite     {facts.citation}")
    if fetched.note:
        say(fetched.note)
    say(f"Next: hilum inspect '{fetched.path}'")
