"""Markdown of tables, lists and blocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[object], lines: Iterable[Sequence[object]]) -> str:
    """A table with ``head`` above ``lines``."""
    rows = [head, ["---"] * len(head), *lines]
    return "".join(f"| {' | '.join(_cell(value) for value in row)} |\n" for row in rows)


def _cell(value: object) -> str:
    text = " ".join(str(value).split()).replace("&", "&amp;").replace("<", "&lt;")
    for mark in "\\|*`[]":
        text = text.replace(mark, f"\\{mark}")
    return text


def bullets(lines: Iterable[str]) -> str:
    """A list, one line each."""
    return "".join(f"- {line}\n" for line in lines)


def text_block(lines: Iterable[str]) -> str:
    """Text to copy as it is."""
    return "```text\n" + "".join(f"{line}\n" for line in lines) + "```\n"
