"""``hilum predict``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hilum.cli.options import AnyRuntime, OutputFolder, Threads, known_runtime
from hilum.cli.terminal import (
    EXIT_INTERRUPTED,
    EXIT_SOME_FAILED,
    counted,
    progress_bars,
    say,
    say_error,
    show_table,
)
from hilum.errors import ImageError

if TYPE_CHECKING:
    from hilum.collections.archives import Source
    from hilum.inference.inputs import Inputs
    from hilum.inference.predictor import Status

_MOST_SHOWN = 40
"""Up to so many predictions are shown as a table; more are only in the CSV."""

_SHOWN = {
    "path": "image",
    "status": "status",
    "finding": "finding",
    "infected_percent": "infected %",
    "right_lung_infected_percent": "right %",
    "left_lung_infected_percent": "left %",
    "ground_glass_percent": "ground glass %",
    "consolidation_percent": "consolidation %",
}
"""The last two only of models that outline them."""


def predict_images(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH…",
            help="Images, folders to search through, or zip archives, which are unpacked into a "
            "temporary folder (TMPDIR) while the command runs.",
        ),
    ],
    output: OutputFolder,
    model: Annotated[
        Path | None, typer.Option(help="A model file; by default the bundled one.")
    ] = None,
    runtime: AnyRuntime = None,
    threads: Threads = None,
    overlays: Annotated[
        bool, typer.Option("--overlays/--no-overlays", help="Draw each result on its image.")
    ] = True,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Write 8-bit probability maps as well.")
    ] = False,
    severity_scales: Annotated[
        bool,
        typer.Option(
            "--severity-scales",
            help="Write readers' scales as well, geographic extent 0–8 and opacity 0–6, converted "
            "from the percents of films called COVID-19, each with its error.",
        ),
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace predictions that lie in the folder.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with predictions that a stopped run left.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print each row as a line of JSON.")
    ] = False,
) -> None:
    """Outline lungs and infection, measure both, name the finding. Research use only.

    Exit status: 0 when every image is ok or refused, 1 when some failed, 2 for bad usage.
    """
    if overwrite and resume:
        raise typer.BadParameter("give --overwrite or --resume, not both", param_hint="--resume")
    runtime_name = known_runtime(runtime)
    from hilum.inference.bundled import read_bundled_model
    from hilum.inference.conversion import read_conversion
    from hilum.inference.earlier import Earlier
    from hilum.inference.folder import PictureOptions, predict_to_folder
    from hilum.inference.inputs import require_paths
    from hilum.inference.model import read_model
    from hilum.inference.predictor import Predictor, Status
    from hilum.workers import available_cores

    conversion = read_conversion() if severity_scales else None
    require_paths(paths)  # before an archive among them is unpacked
    with _opened(paths, quiet=as_json) as sources:
        images = _find(sources, output).images
        predictor = Predictor(
            read_bundled_model() if model is None else read_model(model),
            threads=min(threads or available_cores(), len(images)),
            runtime=runtime_name,
        )
        work = partial(
            predict_to_folder,
            predictor,
            images,
            output,
            options=PictureOptions(overlays=overlays, probabilities=probabilities),
            conversion=conversion,
            earlier=Earlier.REPLACE if overwrite else Earlier.RESUME if resume else Earlier.REFUSE,
        )
        counts = _watch(work, len(images), output, as_json=as_json)
    summary = ", ".join(f"{count} {status}" for status, count in counts.items())
    say_error(
        f"{counted(len(images), 'image')}: {summary}. Written to {output}. Research use only."
    )
    caution = predictor.model.description.finding_caution
    if caution and counts[Status.OK]:
        say_error(caution)
    for line in conversion.lines if conversion is not None else ():
        say_error(f"{line.scale.column}, converted: {line.error}.")
    if counts[Status.FAILED]:
        raise typer.Exit(EXIT_SOME_FAILED)


@contextmanager
def _opened(paths: Sequence[Path], *, quiet: bool) -> Iterator[tuple[Source, ...]]:
    """The inputs, archives unpacked with a progress bar that is gone while they are predicted."""
    from hilum.collections.archives import open_sources

    with ExitStack() as stack:
        with progress_bars(quiet=quiet) as progress:
            sources = stack.enter_context(open_sources(paths, progress=progress))
        yield sources


def _find(sources: Sequence[Source], output: Path) -> Inputs:
    from hilum.inference.inputs import find_inputs_of

    inputs = find_inputs_of(sources, leave_out=output)
    if inputs.left_out:
        names = ", ".join(str(path) for path in inputs.left_out[:3])
        more = ", …" if len(inputs.left_out) > 3 else ""
        count = len(inputs.left_out)
        say_error(f"Left out, hidden or no readable images: {count} ({names}{more})")
    if not inputs.images:
        raise ImageError(
            "no image was found",
            path=", ".join(str(source.named) for source in sources),
            expected="PNG, JPEG, WebP, TIFF or DICOM files",
        )
    return inputs


def _watch(
    work: Callable[..., Mapping[Status, int]], total: int, output: Path, *, as_json: bool
) -> Mapping[Status, int]:
    """Do ``work`` on ``total`` images, tell each row as it comes and return the counts."""
    done = 0
    shown: list[dict[str, Any]] = []
    try:
        with progress_bars(quiet=as_json) as progress:
            advance = progress("predicting", total)

            def on_row(row: dict[str, Any]) -> None:
                nonlocal done
                done += 1
                advance()
                if as_json:
                    typer.echo(json.dumps(row))
                elif total <= _MOST_SHOWN:
                    shown.append(row)
                elif row["status"] != "ok":
                    say_error(f"{row['path']}: {row['status']}: {row['reason']}")

            def on_kept(count: int) -> None:
                nonlocal done
                done += count
                for _ in range(count):
                    advance()

            counts = work(on_row=on_row, on_kept=on_kept)
    except KeyboardInterrupt:
        say_error(
            f"Interrupted: {done} of {counted(total, 'image')} finished and kept in {output}; "
            "the same command with --resume goes on."
        )
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if shown:
        _show(shown)
    return counts


def _show(rows: Sequence[dict[str, Any]]) -> None:
    """A table that fits 80 columns, and below it the reasons, each with its images."""
    shown = {name: title for name, title in _SHOWN.items() if name in rows[0]}
    lines = [["–" if row[name] is None else row[name] for name in shown] for row in rows]
    show_table(list(shown.values()), lines)
    reasons: dict[str, list[str]] = {}
    for row in rows:
        if row["reason"]:
            reasons.setdefault(f"{row['status']}: {row['reason']}", []).append(row["path"])
    for reason, paths in reasons.items():
        say(f"{reason} ({', '.join(paths)})")
