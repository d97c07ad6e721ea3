"""What ``hilum predict`` does once its arguments are read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import typer

from hilum.cli.terminal import (
    EXIT_INTERRUPTED,
    EXIT_SOME_FAILED,
    progress_bars,
    say,
    say_error,
    show_table,
)
from hilum.collections.archives import Source, open_sources
from hilum.errors import ImageError
from hilum.inference.earlier import Earlier
from hilum.inference.folder import PictureOptions, predict_to_folder
from hilum.inference.inputs import Inputs, find_inputs_of
from hilum.inference.model import BUNDLED_MODEL, read_model
from hilum.inference.predictor import Predictor, Status
from hilum.inference.runtime import RuntimeName
from hilum.workers import available_cores

_MOST_SHOWN = 40
"""Up to so many predictions are shown as a table; more are only in the CSV."""

_SHOWN = {
    "path": "image",
    "status": "status",
    "finding": "finding",
    "infected_percent": "infected %",
    "right_lung_infected_percent": "right %",
    "left_lung_infected_percent": "left %",
}


def predict(
    paths: Sequence[Path],
    output: Path,
    *,
    model: Path | None,
    runtime: RuntimeName | None,
    threads: int | None,
    options: PictureOptions,
    earlier: Earlier,
    as_json: bool,
) -> None:
    """Predict everything at ``paths`` into the folder ``output``, telling how it goes.

    Raises:
        HilumError: nothing can be predicted or written.
        typer.Exit: some images failed, or it was interrupted.
    """
    with _opened(paths, quiet=as_json) as sources:
        _predict(
            _find(sources, output),
            output,
            model=model,
            runtime=runtime,
            threads=threads,
            options=options,
            earlier=earlier,
            as_json=as_json,
        )


@contextmanager
def _opened(paths: Sequence[Path], *, quiet: bool) -> Iterator[tuple[Source, ...]]:
    """The inputs, archives unpacked with a progress bar that is gone while they are predicted."""
    with ExitStack() as stack:
        with progress_bars(quiet=quiet) as progress:
            sources = stack.enter_context(open_sources(paths, progress=progress))
        yield sources


def _predict(
    inputs: Inputs,
    output: Path,
    *,
    model: Path | None,
    runtime: RuntimeName | None,
    threads: int | None,
    options: PictureOptions,
    earlier: Earlier,
    as_json: bool,
) -> None:
    total = len(inputs.images)
    predictor = Predictor(
        read_model(model or BUNDLED_MODEL),
        threads=min(threads or available_cores(), total),
        runtime=runtime,
    )
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
                elif row["status"] != Status.OK:
                    say_error(f"{row['path']}: {row['status']}: {row['reason']}")

            def on_kept(count: int) -> None:
                nonlocal done
                done += count
                for _ in range(count):
                    advance()

            counts = predict_to_folder(
                predictor,
                inputs.images,
                output,
                options=options,
                earlier=earlier,
                on_row=on_row,
                on_kept=on_kept,
            )
    except KeyboardInterrupt:
        say_error(
            f"Interrupted: {done} of {total} images are finished and kept in {output}; "
            "the same command with --resume goes on."
        )
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if shown:
        _show(shown)
    summary = ", ".join(f"{count} {status}" for status, count in counts.items())
    say_error(f"{total} images: {summary}. Written to {output}. Research use only.")
    if counts[Status.FAILED]:
        raise typer.Exit(EXIT_SOME_FAILED)


def _show(rows: Sequence[dict[str, Any]]) -> None:
    """A table that fits 80 columns, and below it the reasons, each with its images."""
    lines = [["–" if row[name] is None else row[name] for name in _SHOWN] for row in rows]
    show_table(list(_SHOWN.values()), lines)
    reasons: dict[str, list[str]] = {}
    for row in rows:
        if row["reason"]:
            reasons.setdefault(f"{row['status']}: {row['reason']}", []).append(row["path"])
    for reason, paths in reasons.items():
        say(f"{reason} ({', '.join(paths)})")


def _find(sources: Sequence[Source], output: Path) -> Inputs:
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
