"""``hilum train``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from hilum.cli.options import ModelFile, require_onnx
from hilum.cli.scores import show_scores
from hilum.cli.terminal import EXIT_INTERRUPTED, say, say_error
from hilum.errors import HilumError, OutputError


def train_model(
    recipe: Annotated[Path, typer.Argument(help="A YAML file; hilum's own are in recipes/.")],
    dataset: Annotated[Path, typer.Option(help="A folder made by 'hilum compile'.")],
    output: ModelFile,
    start_from: Annotated[
        Path | None,
        typer.Option(help="The .run folder of an earlier training whose weights are gone on with."),
    ] = None,
) -> None:
    """Train a model; called again after an interruption, it goes on where it was."""
    require_onnx(output)
    if output.exists():
        raise OutputError(
            "the output exists already", path=output, remedy="name a new file, or remove it"
        )
    try:
        from hilum.learning.finish import finish
        from hilum.learning.recipe_file import read_recipe
        from hilum.learning.train import train
    except ModuleNotFoundError as error:
        raise HilumError(
            "training needs more packages",
            got=str(error),
            remedy="in the folder of hilum's clone, run: pip install '.[train]'",
        ) from None
    from hilum.dataset.read import open_dataset
    from hilum.report.curves import draw_curves

    opened, followed = open_dataset(dataset), read_recipe(recipe)
    folder, curves = output.with_suffix(".run"), output.with_suffix(".curves.svg")
    try:
        run = train(
            followed,
            opened,
            folder,
            start_from=start_from,
            tell=say,
            progress_bar=sys.stdout.isatty(),
        )
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
    show_scores(model.description.scores)
    say(f"model  {output}")
