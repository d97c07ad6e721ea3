"""What ``hilum twins`` does once its arguments are read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import typer

from hilum.cli.terminal import progress_bars, say, say_error, show_table
from hilum.collections.archives import open_sources
from hilum.report.twins import PAGE_NAME, headline, prepare_twins_folder, summary, write_twins
from hilum.twins.folders import compare_folders


def twins(folders: Sequence[Path], output: Path, *, workers: int, as_json: bool) -> None:
    """Write the folder ``output`` on the twins in ``folders``, and say what is in it.

    Raises:
        HilumError: something cannot be read or written.
    """
    prepare_twins_folder(output)
    with (
        progress_bars(quiet=as_json) as progress,
        open_sources(folders, progress=progress) as sources,
    ):
        found = compare_folders(sources, workers=workers, progress=progress)
        write_twins(found, output)
    figures = summary(found)
    if as_json:
        typer.echo(json.dumps(figures, indent=1, ensure_ascii=False))
        return
    if (first := headline(found)) is not None:
        say(f"{first}.")
    say(
        f"{figures['images']} images compared: {figures['pairs']} pairs in {figures['clusters']} "
        f"clusters, of {figures['images_with_twins']} images"
    )
    if figures["contradicting_clusters"]:
        say(f"Clusters whose labels contradict: {figures['contradicting_clusters']}")
    if figures["changes"]:
        show_table(("change", "pairs"), list(figures["changes"].items()))
    if found.issues:
        say_error(f"Not compared: {len(found.issues)}; issues.csv says why.")
    say(f"Written to {output}; open {output / PAGE_NAME}.")
