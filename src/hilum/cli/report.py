"""``hilum report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hilum.cli.terminal import counted, say, say_error


def report_predictions(
    predictions: Annotated[Path, typer.Argument(help="A folder written by 'hilum predict'.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The page, .html.")],
) -> None:
    """Make one HTML page, readable offline, of a folder of predictions."""
    from hilum.report.predictions import write_predictions_page

    coverage = write_predictions_page(predictions, output)
    if coverage.is_whole:
        say(f"{counted(coverage.done, 'image')} on {output}")
        return
    stopped = f"{coverage.done} of {counted(coverage.total, 'image')}; the run was stopped"
    say_error(f"{stopped}. 'hilum predict' with --resume goes on.")
    say(f"{counted(coverage.done, 'image')} on {output}")
