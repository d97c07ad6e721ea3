"""``hilum collections``."""

from __future__ import annotations

import json

import typer

from hilum.cli.options import AsJson
from hilum.cli.terminal import say, say_title

_SHOWN = (
    "images",
    "findings",
    "structures",
    "lung_convention",
    "licence",
    "citation",
    "home_page",
    "how_to_get",
)


def list_collections(as_json: AsJson = False) -> None:
    """List the known collections: images, classes, masks, licence, how to get each."""
    from hilum.collections.table import collection_facts

    facts = collection_facts()
    if as_json:
        typer.echo(json.dumps(facts, indent=1, ensure_ascii=False))
        return
    for one in facts:
        say_title(f"{one['name']}  {one['title']}")
        for name in _SHOWN:
            value = one[name]
            text = ", ".join(value) if isinstance(value, list) else value
            say(f"  {name.replace('_', ' '):16} {text or '–'}")
