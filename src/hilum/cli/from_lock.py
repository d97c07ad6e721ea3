"""What ``hilum compile --from-lock`` does once its arguments are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from hilum.cli.terminal import (
    EXIT_INTERRUPTED,
    EXIT_SOME_FAILED,
    progress_bars,
    say,
    say_error,
    show_table,
)
from hilum.cli.variant import bundled_lungs_finder
from hilum.dataset.from_lock import compile_from_lock
from hilum.workers import available_cores


def make_again(
    lock: Path, folders: Sequence[Path], output: Path, *, workers: int | None, salt: str | None
) -> None:
    """Compile as ``lock`` says and tell whether the same came of it.

    Raises:
        HilumError: the lock cannot be followed, or the inputs are others.
        typer.Exit: with 1 where the content is another.
    """
    try:
        with progress_bars() as progress:
            made = compile_from_lock(
                lock,
                folders,
                output,
                workers=workers or available_cores(),
                salt=salt,
                lungs_finder=bundled_lungs_finder,
                progress=progress,
            )
    except KeyboardInterrupt:
        say_error("Interrupted: what was read is kept; the same command goes on.")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    for warning in made.warnings:
        say_error(f"Warning: {warning}.")
    show_table(("split", "radiographs"), list(made.compiled.rows_by_split.items()))
    if made.is_equal:
        say(f"{made.compiled.folder} holds what the lock says: content {made.content_sha256[:16]}")
        return
    say(
        f"{made.compiled.folder} has the content hash {made.content_sha256[:16]}, the lock "
        f"{made.expected_sha256[:16]}: they differ. 'hilum diff' says in what."
    )
    raise typer.Exit(EXIT_SOME_FAILED)
