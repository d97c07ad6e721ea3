"""``hilum export``: its arguments, and what it does once they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hilum.cli.options import one_of
from hilum.cli.terminal import progress_bars, say, show_table
from hilum.radiograph import Split


def export(
    dataset: Annotated[Path, typer.Argument(help="A folder made by 'hilum compile'.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to make.")],
    to: Annotated[str, typer.Option(help="The format: 'coco', 'nnunet' or 'imagefolder'.")],
    split: Annotated[
        list[Split] | None,
        typer.Option(help="Only this split; may be given several times."),
    ] = None,
    masks: Annotated[str, typer.Option(help="COCO: 'rle' (run lengths) or 'polygons'.")] = "rle",
    level: Annotated[
        int, typer.Option(min=1, max=2, help="imagefolder: 2 tells kinds of pneumonia apart.")
    ] = 1,
) -> None:
    """Write a dataset as COCO, as nnU-Net's raw data or in a folder per class."""
    from hilum.dataset.read import open_dataset
    from hilum.exchange.coco import MaskFormat
    from hilum.exchange.export import ExportOptions, Format, export_dataset
    from hilum.exchange.tables import UNKNOWN

    form = one_of(Format, to, "--to")
    options = ExportOptions(one_of(MaskFormat, masks, "--masks"), level, split or tuple(Split))
    with progress_bars() as progress:
        exported = export_dataset(
            open_dataset(dataset), output, form, options=options, progress=progress
        )
    show_table(("split", "radiographs"), list(exported.rows_by_split.items()))
    if exported.parts:
        show_table(("nnU-Net dataset", "training images"), list(exported.parts.items()))
    if exported.left_out:
        say(f"{exported.left_out} radiographs left out, since {to} cannot say unknown: {UNKNOWN}")
    if exported.left_out_in_part:
        part = exported.left_out_in_part
        say(f"{part} radiographs are left out of some datasets, as {UNKNOWN} says")
    say(f"Written to {exported.folder}. Licences of all files are in ATTRIBUTION.csv.")
