"""What ``hilum train`` does once its arguments are read."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from hilum.cli.terminal import EXIT_INTERRUPTED, say, say_error
from hilum.dataset.read import open_dataset
from hilum.errors import HilumError, OutputError
from hilum.inference.model import Model


def train(recipe: Path, dataset: Path, output: Path, *, start_from: Path | None) -> Model:
    """Train ``recipe`` on ``dataset`` and return the model written to ``output``.

    Raises:
        HilumError: the training cannot be done or written, or torch is not installed.
        typer.Exit: the user stopped it; finished epochs are kept.
    """
    if output.exists():
        raise OutputError(
            "the output exists already", path=output, remedy="name a new file, or remove it"
        )
    try:
        from hilum.learning.finish import finish
        from hilum.learning.recipe import read_recipe
        from hilum.learning.train import train as fit
    except ModuleNotFoundError as error:
        raise HilumError(
            "training needs more packages",
            got=str(error),
            remedy="in the folder of hilum's clone, run: pip install '.[train]'",
        ) from None
    from hilum.report.curves import draw_curves

    opened, followed = open_dataset(dataset), read_recipe(recipe)
    folder = output.with_suffix(".run")
    try:
        run = fit(
            followed,
            opened,
            folder,
            start_from=start_from,
            tell=say,
            progress_bar=sys.stdout.isatty(),
        )
        curves = output.with_suffix(".curves.svg")
        draw_curves(run.history, curves)
        model = finish(run, followed, opened, output, tell=say)
    except KeyboardInterrupt:
        say_error(f"Interrupted: finished epochs are kept in {folder}; the same command goes on.")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    except OSError as error:
        raise OutputError(
            "the training cannot write its files",
            path=error.filename or folder,
            got=error.strerror or type(error).__name__,
            remedy="make room or choose another output; the same command goes on",
        ) from None
    say(f"curves {curves}\nrun    {folder} (may be removed)")
    return model
