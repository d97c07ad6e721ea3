"""``hilum inspect``."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from hilum.cli.options import AsJson, Downloads, Workers
from hilum.cli.terminal import progress_bars, say, say_title


def inspect_folders(
    folders: Downloads,
    names_only: Annotated[
        bool, typer.Option("--names-only", help="Do not decode images and masks; quick.")
    ] = False,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Recognise each FOLDER, count what it holds and list every problem found."""
    from hilum.collections.inspect import inspect_all
    from hilum.workers import available_cores

    with progress_bars(quiet=as_json) as progress:
        inspections = inspect_all(
            folders,
            check_pixels=not names_only,
            workers=workers or available_cores(),
            progress=progress,
        )
    if as_json:
        typer.echo(json.dumps([one.to_dict() for one in inspections], indent=1, ensure_ascii=False))
        return
    for one in inspections:
        _show(one.to_dict())


def _show(values: dict[str, Any]) -> None:
    say_title(f"{values['collection']}  {values['title']}  ({values['root']})")
    for name, value in values.items():
        if name in ("collection", "title", "root", "problems"):
            continue
        text = (
            ", ".join(f"{key} {count}" for key, count in value.items())
            if isinstance(value, dict)
            else str(value)
        )
        say(f"  {name.replace('_', ' '):16} {text or '–'}")
    for group in values["problems"]:
        say(f"  {group['kind']}: {group['count']}")
        for problem in group["each"]:
            say(f"    {problem['source_path']}: {problem['detail']}")
    if not values["problems"]:
        say("  no problems")
