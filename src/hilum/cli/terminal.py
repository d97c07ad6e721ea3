"""What a person sees on the terminal: sentences, tables, progress and the exit status."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

# Without emoji: a file may be called :x:.png.
EXIT_SOME_FAILED = 1
EXIT_BAD_USAGE = 2
EXIT_INTERRUPTED = 130

_OUT = Console(soft_wrap=True, emoji=False)
_ERR = Console(stderr=True, soft_wrap=True, emoji=False)


def say(text: str) -> None:
    """Print ``text`` as it is to standard output."""
    _OUT.print(text, markup=False, highlight=False)


def say_title(text: str) -> None:
    """Print ``text`` in bold to standard output."""
    _OUT.print(text, style="bold", markup=False, highlight=False)


def say_error(text: str) -> None:
    """Print ``text`` as it is to standard error."""
    _ERR.print(text, markup=False, highlight=False)


def counted(number: int, noun: str) -> str:
    """``number`` of what ``noun`` names in the singular.

    >>> counted(1, "image"), counted(0, "image")
    ('1 image', '0 images')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def show_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table to standard output."""
    # Few lines and little padding: paths need the room of an 80-column terminal.
    table = Table(
        *(Column(name, overflow="fold") for name in head), box=SIMPLE_HEAD, pad_edge=False
    )
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    _OUT.print(table)


@contextmanager
def progress_bars(*, quiet: bool = False) -> Iterator[Callable[[str, int], Callable[[], None]]]:
    """Progress bars on standard error, if that is a terminal and unless ``quiet``.

    What it yields takes a step's name and its number of items and returns what to call after
    each item.
    """
    if quiet or not _ERR.is_terminal:
        yield lambda step, total: lambda: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_ERR) as bars:
        yield lambda step, total: partial(bars.advance, bars.add_task(step, total=total))
