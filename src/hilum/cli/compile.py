"""``hilum compile``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilum.cli.options import Downloads, Salt, Workers
from hilum.cli.terminal import EXIT_INTERRUPTED, counted, progress_bars, say, say_error, show_table

if TYPE_CHECKING:
    from hilum.dataset.compile import Compiled


def compile_folders(
    folders: Downloads,
    output: Annotated[Path, typer.Option("-o", "--output", help="The dataset folder to make.")],
    split: Annotated[
        str, typer.Option(help="'official' keeps published splits; 'patient' draws all anew.")
    ] = "official",
    seed: Annotated[int, typer.Option(help="For drawn splits.")] = 0,
    salt: Salt = None,
    workers: Workers = None,
) -> None:
    """Make one dataset out of downloaded collections; stopped, it goes on when called again."""
    from hilum.dataset.compile import CompileOptions, compile_dataset
    from hilum.dataset.split import SplitOptions
    from hilum.workers import available_cores

    if split not in ("official", "patient"):
        raise typer.BadParameter(f"{split!r} is neither official nor patient", param_hint="--split")
    drawing = SplitOptions(keep_official=split == "official", seed=seed)
    options = CompileOptions(drawing, workers or available_cores(), salt)
    try:
        with progress_bars() as progress:
            compiled = compile_dataset(folders, output, options=options, progress=progress)
    except KeyboardInterrupt:
        say_error("Interrupted: what was read is kept; the same command goes on.")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    _tell(compiled)


def _tell(compiled: Compiled) -> None:
    rows = sum(compiled.rows_by_split.values())
    read, written = counted(compiled.images_read, "image"), counted(rows, "radiograph")
    say(f"{read} read, {written} written to {compiled.folder}")
    show_table(("split", "radiographs"), list(compiled.rows_by_split.items()))
    if compiled.issues_by_kind:
        show_table(("issue", "count"), list(compiled.issues_by_kind.items()))
        say(f"Each is a line of {compiled.folder / 'issues.csv'}")
    if compiled.has_passing_pseudonyms:
        say(
            "Patients of DICOM files were given pseudonyms for this dataset only, and splits drawn"
            " by them. To get the same again, set HILUM_SALT to a secret text of your own."
        )
