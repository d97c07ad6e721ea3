"""The command line: reads arguments, calls the rooms, prints what came of it.

Each command imports what it needs when it runs, so that ``hilum --help`` is quick.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

import hilum
from hilum.cli.terminal import progress_bars, say, say_error, say_title, show_table
from hilum.errors import HilumError

EXIT_SOME_FAILED = 1
EXIT_BAD_USAGE = 2
EXIT_INTERRUPTED = 130

_SHOWN_ROWS = 40
"""Up to so many predictions are shown as a table; more are only in the CSV."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="COVID-19 chest radiographs: compile, train, predict and measure. Research use only.",
)

Folders = Annotated[list[Path], typer.Argument(metavar="FOLDER…", help="Downloaded collections.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def main() -> None:
    """Entry point: turns errors a user can understand into one sentence and an exit status."""
    try:
        app()
    except HilumError as error:
        say_error(str(error))
        sys.exit(EXIT_BAD_USAGE)
    except KeyboardInterrupt:
        say_error("Interrupted.")
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:  # the reader of our output, such as head, has gone
        sys.stderr.close()
        sys.exit(EXIT_SOME_FAILED)


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    if version:
        typer.echo(f"hilum {hilum.__version__}")
        raise typer.Exit


@app.command("collections")
def list_collections(as_json: AsJson = False) -> None:
    """List the known collections: images, classes, masks, licence, how to get each."""
    from hilum.collections.table import collection_facts

    facts = collection_facts()
    if as_json:
        typer.echo(json.dumps(facts, indent=1, ensure_ascii=False))
        return
    for one in facts:
        say_title(f"{one['name']}  {one['title']}")
        for name in (
            "images",
            "findings",
            "structures",
            "lung_convention",
            "licence",
            "citation",
            "home_page",
            "how_to_get",
        ):
            value = one[name]
            text = ", ".join(value) if isinstance(value, list) else value
            say(f"  {name.replace('_', ' '):16} {text or '–'}")


@app.command("inspect")
def inspect_folders(
    folders: Folders,
    names_only: Annotated[
        bool, typer.Option("--names-only", help="Do not decode images and masks; quick.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Recognise each FOLDER, count what it holds and list every problem found."""
    from hilum.collections.inspect import inspect_all

    with progress_bars(quiet=as_json) as progress:
        inspections = inspect_all(folders, check_pixels=not names_only, progress=progress)
    if as_json:
        typer.echo(json.dumps([one.to_dict() for one in inspections], indent=1, ensure_ascii=False))
        return
    for one in inspections:
        _show_inspection(one.to_dict())


def _show_inspection(values: dict[str, Any]) -> None:
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
    rows = [(p["kind"], p["count"], p["example"], p["detail"]) for p in values["problems"]]
    if rows:
        show_table(("problem", "count", "for example", "detail"), rows)
    else:
        say("  no problems")


@app.command("compile")
def compile_folders(
    folders: Folders,
    output: Annotated[Path, typer.Option("-o", "--output", help="The dataset folder to make.")],
    split: Annotated[
        str, typer.Option(help="'official' keeps published splits; 'patient' draws all anew.")
    ] = "official",
    seed: Annotated[int, typer.Option(help="For drawn splits.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that read images.")] = 1,
) -> None:
    """Make one dataset out of downloaded collections."""
    from hilum.dataset.compile import CompileOptions, compile_dataset
    from hilum.dataset.split import SplitOptions

    if split not in ("official", "patient"):
        raise typer.BadParameter(f"{split!r} is neither official nor patient", param_hint="--split")
    options = CompileOptions(SplitOptions(keep_official=split == "official", seed=seed), workers)
    with progress_bars() as progress:
        compiled = compile_dataset(folders, output, options=options, progress=progress)
    rows = sum(compiled.rows_by_split.values())
    say(f"{compiled.images_read} images read, {rows} radiographs written to {compiled.folder}")
    show_table(("split", "radiographs"), list(compiled.rows_by_split.items()))
    if compiled.issues_by_kind:
        show_table(("issue", "count"), list(compiled.issues_by_kind.items()))
        say(f"Each is a line of {compiled.folder / 'issues.csv'}")


@app.command("train")
def train_model(
    recipe: Annotated[Path, typer.Argument(help="A YAML file; hilum's own are in recipes/.")],
    dataset: Annotated[Path, typer.Option(help="A folder made by 'hilum compile'.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The model file, .onnx.")],
) -> None:
    """Train a model; called again after an interruption, it goes on where it was."""
    from hilum.dataset.read import open_dataset
    from hilum.errors import OutputError

    if output.suffix != ".onnx":
        raise typer.BadParameter(f"{output} does not end in .onnx", param_hint="--output")
    if output.exists():
        raise OutputError(
            "the output exists already", path=output, remedy="name a new file, or remove it"
        )
    try:
        from hilum.learning.finish import finish
        from hilum.learning.recipe import read_recipe
        from hilum.learning.train import train
    except ModuleNotFoundError as error:
        raise HilumError(
            "training needs more packages", got=str(error), remedy="pip install 'hilum[train]'"
        ) from None
    from hilum.report.curves import draw_curves

    opened, followed = open_dataset(dataset), read_recipe(recipe)
    folder = output.with_suffix(".run")
    run = train(followed, opened, folder, tell=say, progress_bar=sys.stdout.isatty())
    model = finish(run, followed, opened, output, tell=say)
    curves = output.with_suffix(".curves.svg")
    draw_curves(run.history, curves)
    _show_scores(model.description.scores)
    say(f"model  {output}\ncurves {curves}\nrun    {folder} (may be removed)")


def _show_scores(scores: Any) -> None:
    rows = [
        (s.name, f"{s.value:.3f}", f"{s.low:.3f} – {s.high:.3f}", s.n, s.protocol) for s in scores
    ]
    show_table(("score", "value", "95 % interval", "n", "protocol"), rows)


@app.command("predict")
def predict_images(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH…", help="Images, or folders to search through.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write.")],
    model: Annotated[
        Path | None, typer.Option(help="A model file; by default the bundled one.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Images worked on at once; by default one per core.")
    ] = None,
    overlays: Annotated[
        bool, typer.Option("--overlays/--no-overlays", help="Draw each result on its image.")
    ] = True,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Write 8-bit probability maps as well.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace predictions that lie in the folder.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print each row as a line of JSON.")
    ] = False,
) -> None:
    """Outline lungs and infection, measure both, name the finding. Research use only.

    Exit status: 0 when every image is ok or refused, 1 when some failed, 2 for bad usage.
    """
    from hilum.inference.folder import PictureOptions, predict_to_folder
    from hilum.inference.inputs import find_inputs
    from hilum.inference.model import BUNDLED_MODEL, read_model
    from hilum.inference.predictor import Predictor, Status
    from hilum.workers import available_cores

    inputs = find_inputs(paths, leave_out=output)
    if inputs.left_out:
        names = ", ".join(str(path) for path in inputs.left_out[:3])
        more = ", …" if len(inputs.left_out) > 3 else ""
        say_error(f"Left out, no images: {len(inputs.left_out)} files ({names}{more})")
    if not inputs.images:
        raise HilumError(
            "no image was found",
            path=", ".join(map(str, paths)),
            expected="PNG, JPEG, WebP, TIFF or DICOM files",
        )
    streams = min(threads or available_cores(), len(inputs.images))
    predictor = Predictor(read_model(model or BUNDLED_MODEL), threads=streams)
    done = 0
    shown: list[dict[str, Any]] = []

    try:
        with progress_bars(quiet=as_json) as progress:
            advance = progress("predicting", len(inputs.images))

            def on_row(row: dict[str, Any]) -> None:
                nonlocal done
                done += 1
                advance()
                if len(shown) <= _SHOWN_ROWS:
                    shown.append(row)
                if as_json:
                    typer.echo(json.dumps(row, ensure_ascii=False))
                elif row["status"] != Status.OK:
                    say_error(f"{row['path']}: {row['status']}: {row['reason']}")

            counts = predict_to_folder(
                predictor,
                inputs.images,
                output,
                options=PictureOptions(overlays=overlays, probabilities=probabilities),
                overwrite=overwrite,
                on_row=on_row,
            )
    except KeyboardInterrupt:
        say_error(f"Interrupted: {done} of {len(inputs.images)} images are finished in {output}")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    if not as_json and len(shown) <= _SHOWN_ROWS:
        _show_predictions(shown)
    summary = ", ".join(f"{count} {status}" for status, count in counts.items())
    say_error(f"{len(inputs.images)} images: {summary}. Written to {output}. Research use only.")
    if counts[Status.FAILED]:
        raise typer.Exit(EXIT_SOME_FAILED)


def _show_predictions(rows: list[dict[str, Any]]) -> None:
    columns = {
        "path": "image",
        "status": "status",
        "finding": "finding",
        "infected_percent": "infected %",
        "right_lung_infected_percent": "right %",
        "left_lung_infected_percent": "left %",
        "reason": "reason",
    }
    lines = [["" if row[name] is None else row[name] for name in columns] for row in rows]
    show_table(list(columns.values()), lines)


@app.command("report")
def report_predictions(
    predictions: Annotated[Path, typer.Argument(help="A folder written by 'hilum predict'.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The page, .html.")],
) -> None:
    """Make one HTML page, readable offline, of a folder of predictions."""
    from hilum.report.predictions import write_predictions_page

    count = write_predictions_page(predictions, output)
    say(f"{count} images on {output}")
