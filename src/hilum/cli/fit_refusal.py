"""``hilum fit-refusal``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilum.cli.options import ModelFile, Threads, require_onnx
from hilum.cli.scores import show_scores
from hilum.cli.terminal import counted, progress_bars, say, say_error
from hilum.errors import OutputError

if TYPE_CHECKING:
    from hilum.learning.refusal.sample import Sample


def fit_refusal(
    model: Annotated[Path, typer.Argument(help="A model file written by 'hilum train'.")],
    collections: Annotated[
        list[Path], typer.Argument(metavar="FOLDER…", help="Downloaded collections.")
    ],
    output: ModelFile,
    films: Annotated[
        list[Path] | None,
        typer.Option(help="More frontal films, a file or a folder; may be given several times."),
    ] = None,
    dataset: Annotated[
        Path | None, typer.Option(help="What the model was trained on: tells what it learned from.")
    ] = None,
    threads: Threads = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the output, which may be MODEL itself.")
    ] = False,
) -> None:
    """Fit what MODEL refuses, as no frontal chest film, on collections that have laterals or CT."""
    from hilum.dataset.read import open_dataset
    from hilum.inference.inputs import find_inputs
    from hilum.inference.model import read_model, rewrite_description
    from hilum.learning.refusal.figures import FIGURES, with_film_check
    from hilum.learning.refusal.samples import collect_samples
    from hilum.workers import available_cores

    require_onnx(output)
    if output.exists() and not overwrite:
        raise OutputError(
            "the output exists already",
            path=output,
            remedy="name a new file, or replace it with --overwrite",
        )
    loaded = read_model(model)
    more = {image.path: image.path.parent.name for image in find_inputs(films or []).images}
    with progress_bars() as progress:
        samples = collect_samples(
            loaded,
            collections,
            films=more,
            dataset=None if dataset is None else open_dataset(dataset),
            threads=threads or available_cores(),
            progress=progress,
        )
    description = with_film_check(loaded.description, samples)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        rewrite_description(model, description, output=output)
    except OSError as error:
        raise OutputError(
            "the model cannot be written",
            path=output,
            got=error.strerror or type(error).__name__,
            remedy="choose another place",
        ) from None
    say(f"{counted(len(samples), 'image')} measured and a check fitted.")
    _warn_of_unseen(loaded.description.trained_on, samples)
    show_scores(score for score in description.scores if score.name in FIGURES)
    say(f"model  {output}")


def _warn_of_unseen(trained_on: Sequence[str], samples: Sequence[Sample]) -> None:
    """Copies of films the network learned from are only told where those films are given."""
    missing = sorted(set(trained_on) - {sample.collection for sample in samples})
    if missing:
        say_error(
            f"The model was trained on {', '.join(missing)}, which was not given: copies of its "
            "films count as films that were not learned from. Give its folder too."
        )
