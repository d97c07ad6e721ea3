"""What ``hilum fetch`` does once its arguments are read."""

from __future__ import annotations

from pathlib import Path

import typer

from hilum.cli.terminal import EXIT_INTERRUPTED, progress_bars, say, say_error
from hilum.collections.fetch.fetch import Fetched, adopt, facts_of
from hilum.collections.fetch.fetch import fetch as fetch_collection


def fetch(name: str, output: Path | None, given: Path | None) -> None:
    """Fetch the collection called ``name``, or take ``given`` for it, and say what to do next.

    Raises:
        HilumError: it cannot be fetched, or is not that collection.
        typer.Exit: the user stopped it.
    """
    facts_of(name)
    if given is not None:
        _tell(adopt(name, given, output))
        return
    folder = output or Path("downloads", name)
    try:
        with progress_bars() as progress:
            fetched = fetch_collection(name, folder, progress=progress)
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
