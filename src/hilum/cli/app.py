"""The command line: its commands, each in a file of its own, and how it ends.

A command imports the rooms it needs when it runs, so that ``hilum --help`` is quick.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated, NoReturn

import typer

import hilum
from hilum.cli.audit import audit_dataset
from hilum.cli.collections import list_collections
from hilum.cli.compile import compile_folders
from hilum.cli.diff import diff_compiled
from hilum.cli.evaluate import evaluate_model
from hilum.cli.export import export
from hilum.cli.fetch import fetch_collection
from hilum.cli.fit_refusal import fit_refusal
from hilum.cli.follow import follow_patients
from hilum.cli.inspect import inspect_folders
from hilum.cli.predict import predict_images
from hilum.cli.report import report_predictions
from hilum.cli.terminal import EXIT_BAD_USAGE, say_error
from hilum.cli.train import train_model
from hilum.cli.twins import find_twins
from hilum.cli.verify import verify_installation
from hilum.errors import HilumError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="COVID-19 chest radiographs: compile, train, predict and measure. Research use only.",
)
app.command("collections")(list_collections)
app.command("fetch")(fetch_collection)
app.command("inspect")(inspect_folders)
app.command("compile")(compile_folders)
app.command("twins")(find_twins)
app.command("diff")(diff_compiled)
app.command("export")(export)
app.command("train")(train_model)
app.command("evaluate")(evaluate_model)
app.command("audit")(audit_dataset)
app.command("fit-refusal")(fit_refusal)
app.command("predict")(predict_images)
app.command("report")(report_predictions)
app.command("follow")(follow_patients)
app.command("verify")(verify_installation)


def main() -> None:
    """Entry point: turns errors a user can understand into one sentence and an exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that knows no … or – gets a ?
            stream.reconfigure(errors="replace")
    try:
        app()
    except HilumError as error:
        _end(str(error))
    except MemoryError:
        _end(
            "This takes more memory than this process may have. Give fewer --threads or --workers."
        )
    except OSError as error:  # no room foresaw it: standard output on a full disk, no folder
        place = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
        _end(f"{place}the system refused; got {error.strerror or error}.")


def _end(sentence: str) -> NoReturn:
    """Tell why it ends; what standard output could not take is given up."""
    say_error(sentence)
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        sys.stdout = None  # else its last flush fails again, loudly
    sys.exit(EXIT_BAD_USAGE)


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    if version:
        typer.echo(f"hilum {hilum.__version__}")
        raise typer.Exit
