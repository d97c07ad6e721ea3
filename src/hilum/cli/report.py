"""``hilum report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hilum.cli.terminal import say


def report_predictions(
    predictions: Annotated[Path, typer.Argument(help="A folder written by 'hilum predict'.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The page, .html.")],
) -> None:
    """Make one HTML page, readable offline, of a folder of predictions."""
    from hilum.report.predictions import write_predictions_page

    count = write_predictions_page(predictions, output)
    say(f"{count} images on {output}")
