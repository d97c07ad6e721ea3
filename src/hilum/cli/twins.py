"""``hilum twins``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from hilum.cli.options import AsJson, OutputFolder, Workers
from hilum.cli.terminal import progress_bars, say, say_error, show_table


def find_twins(
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="FOLDER…",
            help="Folders of images, or zip archives; known collections are read as such.",
        ),
    ],
    output: OutputFolder,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Find files that show one exposure, within and across folders, splits and classes."""
    from hilum.collections.archives import open_sources
    from hilum.report.twins import PAGE_NAME, headline, prepare_twins_folder, summary, write_twins
    from hilum.twins.folders import compare_folders
    from hilum.workers import available_cores

    prepare_twins_folder(output)
    with (
        progress_bars(quiet=as_json) as progress,
        open_sources(folders, progress=progress) as sources,
    ):
        found = compare_folders(sources, workers=workers or available_cores(), progress=progress)
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
