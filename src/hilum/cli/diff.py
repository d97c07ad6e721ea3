"""``hilum diff``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hilum.cli.options import AsJson
from hilum.cli.terminal import EXIT_SOME_FAILED, say, say_title, show_table

if TYPE_CHECKING:
    from hilum.dataset.diff import Difference, Gone

_EXAMPLES = 5


def diff_compiled(
    first: Annotated[Path, typer.Argument(metavar="A", help="A folder made by 'hilum compile'.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
    as_json: AsJson = False,
) -> None:
    """Tell what came, went and changed from dataset A to dataset B, and why.

    Exit status: 0 when both hold the same rows and tell the same issues, 1 when a row or an issue
    differs, 2 for bad usage. Other options or packages that led to the same are shown, no more.
    """
    from hilum.dataset.diff import diff_datasets

    found = diff_datasets(first, second)
    if as_json:
        typer.echo(json.dumps(found.to_dict(), indent=1, ensure_ascii=False))
    else:
        _show(found)
    if not found.is_equal:
        raise typer.Exit(EXIT_SOME_FAILED)


def _show(found: Difference) -> None:
    if found.same_rows:
        told = "the same issues" if found.is_equal else "other issues"
        say(f"Both hold the same radiographs with the same labels, masks and splits, and {told}.")
    else:
        counts = (len(found.came), len(found.went), len(found.changed))
        say_title("{} came, {} went, {} changed".format(*counts))
        if not any(counts):
            say("Labels, masks and splits agree; pictures differ, by the options below.")
    _show_rows("came; not in A because", found.came)
    _show_rows("went; not in B because", found.went)
    if found.changed:
        show_table(("column changed", "rows", "for example", "A", "B"), _examples(found))
    _show_pairs("option", found.options)
    _show_pairs("package", found.packages)
    if found.issues:
        lines = [(kind, *counts) for kind, counts in found.issues.items()]
        show_table(("issue", "only in A", "only in B"), lines)
    if found.inputs:
        show_table(("input", "files from A to B"), list(found.inputs.items()))


def _show_rows(title: str, rows: Sequence[Gone]) -> None:
    if not rows:
        return
    reasons = Counter(row.reason for row in rows)
    shown = reasons.most_common(_EXAMPLES)
    first = {row.reason: f"{row.collection}:{row.source_path}" for row in reversed(rows)}
    lines: list[Sequence[object]] = [(reason, count, first[reason]) for reason, count in shown]
    rest = reasons.total() - sum(count for _, count in shown)
    lines += [(f"{len(reasons) - len(shown)} further reasons", rest, "--json")] if rest else []
    show_table((title, "rows", "for example"), lines)


def _examples(found: Difference) -> Iterator[Sequence[object]]:
    for column, count in found.changed_columns.items():
        one = next(change for change in found.changed if column in change.columns)
        a, b = (_word(value) for value in one.columns[column])
        yield column, count, one.source_path, a, b


def _show_pairs(title: str, pairs: Mapping[str, tuple[Any, Any]]) -> None:
    if pairs:
        lines = [(name, _word(a), _word(b)) for name, (a, b) in pairs.items()]
        show_table((title, "A", "B"), lines)


def _word(value: object) -> str:
    return "unknown" if value is None else str(value)
