"""The command line: reads arguments, calls the rooms, prints what came of it.

Each command imports what it needs when it runs, so that ``hilum --help`` is quick.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import hilum
from hilum.cli.terminal import (
    EXIT_BAD_USAGE,
    EXIT_INTERRUPTED,
    progress_bars,
    say,
    say_error,
    say_title,
    show_table,
)
from hilum.errors import HilumError

if TYPE_CHECKING:
    from hilum.inference.runtime import RuntimeName

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="COVID-19 chest radiographs: compile, train, predict and measure. Research use only.",
)

Folders = Annotated[list[Path], typer.Argument(metavar="FOLDER…", help="Downloaded collections.")]
Downloads = Annotated[
    list[Path],
    typer.Argument(
        metavar="FOLDER…",
        help="Downloaded collections: folders, or zip archives, which are unpacked into a "
        "temporary folder (TMPDIR) while the command runs.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Workers = Annotated[
    int | None,
    typer.Option(min=1, help="Processes that read images; by default one per core."),
]

AnyRuntime = Annotated[str | None, typer.Option("--runtime", help="'openvino' or 'onnxruntime'.")]


def main() -> None:
    """Entry point: turns errors a user can understand into one sentence and an exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that knows no … or – gets a ?
            stream.reconfigure(errors="replace")
    try:
        app()
    except HilumError as error:
        say_error(str(error))
        sys.exit(EXIT_BAD_USAGE)


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


@app.command("fetch")
def fetch_collection(
    name: Annotated[str, typer.Argument(help="A collection that 'hilum collections' lists.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="The folder to fill; by default downloads/NAME."),
    ] = None,
    given: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="A zip archive or folder you downloaded: check that it is this collection, and "
            "copy it to the output if one is named.",
        ),
    ] = None,
) -> None:
    """Download a collection from where it is published, or say how to get it.

    Goes on where an earlier download broke off; what is there already is not fetched again.
    """
    from hilum.cli.fetch import fetch

    fetch(name, output, given)


@app.command("inspect")
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
    for group in values["problems"]:
        say(f"  {group['kind']}: {group['count']}")
        for problem in group["each"]:
            say(f"    {problem['source_path']}: {problem['detail']}")
    if not values["problems"]:
        say("  no problems")


@app.command("compile")
def compile_folders(
    folders: Downloads,
    output: Annotated[Path, typer.Option("-o", "--output", help="The dataset folder to make.")],
    split: Annotated[
        str, typer.Option(help="'official' keeps published splits; 'patient' draws all anew.")
    ] = "official",
    seed: Annotated[int, typer.Option(help="For drawn splits.")] = 0,
    salt: Annotated[
        str | None,
        typer.Option(envvar="HILUM_SALT", help="Hides who the patients of DICOM files are."),
    ] = None,
    workers: Workers = None,
) -> None:
    """Make one dataset out of downloaded collections; stopped, it goes on when called again."""
    from hilum.dataset.compile import CompileOptions, compile_dataset
    from hilum.dataset.split import SplitOptions
    from hilum.workers import available_cores

    if split not in ("official", "patient"):
        raise typer.BadParameter(f"{split!r} is neither official nor patient", param_hint="--split")
    drawing = SplitOptions(keep_official=split == "official", seed=seed)
    options = CompileOptions(drawing, workers or available_cores(), salt)
    try:
        with progress_bars() as progress:
            compiled = compile_dataset(folders, output, options=options, progress=progress)
    except KeyboardInterrupt:
        say_error("Interrupted: what was read is kept; the same command goes on.")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    rows = sum(compiled.rows_by_split.values())
    say(f"{compiled.images_read} images read, {rows} radiographs written to {compiled.folder}")
    show_table(("split", "radiographs"), list(compiled.rows_by_split.items()))
    if compiled.issues_by_kind:
        show_table(("issue", "count"), list(compiled.issues_by_kind.items()))
        say(f"Each is a line of {compiled.folder / 'issues.csv'}")
    if compiled.has_passing_pseudonyms:
        say(
            "Patients of DICOM files were given pseudonyms for this dataset only, and splits drawn"
            " by them. To get the same again, set HILUM_SALT to a secret text of your own."
        )


@app.command("twins")
def find_twins(
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="FOLDER…",
            help="Folders of images, or zip archives; known collections are read as such.",
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write.")],
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Find files that show one exposure, within and across folders, splits and classes."""
    from hilum.cli.twins import twins
    from hilum.workers import available_cores

    twins(folders, output, workers=workers or available_cores(), as_json=as_json)


@app.command("train")
def train_model(
    recipe: Annotated[Path, typer.Argument(help="A YAML file; hilum's own are in recipes/.")],
    dataset: Annotated[Path, typer.Option(help="A folder made by 'hilum compile'.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The model file, .onnx.")],
    start_from: Annotated[
        Path | None,
        typer.Option(help="The .run folder of an earlier training whose weights are gone on with."),
    ] = None,
) -> None:
    """Train a model; called again after an interruption, it goes on where it was."""
    from hilum.cli.train import train

    _require_onnx(output)
    _show_scores(train(recipe, dataset, output, start_from=start_from).description.scores)
    say(f"model  {output}")


def _require_onnx(output: Path) -> None:
    if output.suffix != ".onnx":
        raise typer.BadParameter(f"{output} does not end in .onnx", param_hint="--output")


def _show_scores(scores: Any) -> None:
    rows = [
        (s.name, f"{s.value:.3f}", f"{s.low:.3f} – {s.high:.3f}", s.n, s.protocol) for s in scores
    ]
    show_table(("score", "value", "95 % interval", "n", "protocol"), rows)


@app.command("fit-refusal")
def fit_refusal_check(
    model: Annotated[Path, typer.Argument(help="A model file written by 'hilum train'.")],
    collections: Folders,
    output: Annotated[Path, typer.Option("-o", "--output", help="The model file, .onnx.")],
    films: Annotated[
        list[Path] | None,
        typer.Option(help="More frontal films, a file or a folder; may be given several times."),
    ] = None,
    dataset: Annotated[
        Path | None, typer.Option(help="What the model was trained on: tells what it learned from.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Images worked on at once; by default one per core.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the output, which may be MODEL itself.")
    ] = False,
) -> None:
    """Fit what MODEL refuses, as no frontal chest film, on collections that have laterals or CT."""
    from hilum.cli.fit_refusal import fit_refusal

    _require_onnx(output)
    scores = fit_refusal(
        model,
        collections,
        output,
        films=films or [],
        dataset=dataset,
        threads=threads,
        overwrite=overwrite,
    )
    _show_scores(scores)
    say(f"model  {output}")


@app.command("predict")
def predict_images(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH…",
            help="Images, folders to search through, or zip archives, which are unpacked into a "
            "temporary folder (TMPDIR) while the command runs.",
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write.")],
    model: Annotated[
        Path | None, typer.Option(help="A model file; by default the bundled one.")
    ] = None,
    runtime: AnyRuntime = None,
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
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with predictions that a stopped run left.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print each row as a line of JSON.")
    ] = False,
) -> None:
    """Outline lungs and infection, measure both, name the finding. Research use only.

    Exit status: 0 when every image is ok or refused, 1 when some failed, 2 for bad usage.
    """
    from hilum.cli.predict import predict
    from hilum.inference.earlier import Earlier
    from hilum.inference.folder import PictureOptions

    if overwrite and resume:
        raise typer.BadParameter("give --overwrite or --resume, not both", param_hint="--resume")
    earlier = Earlier.REPLACE if overwrite else Earlier.RESUME if resume else Earlier.REFUSE
    predict(
        paths,
        output,
        model=model,
        runtime=_runtime(runtime),
        threads=threads,
        options=PictureOptions(overlays=overlays, probabilities=probabilities),
        earlier=earlier,
        as_json=as_json,
    )


@app.command("report")
def report_predictions(
    predictions: Annotated[Path, typer.Argument(help="A folder written by 'hilum predict'.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The page, .html.")],
) -> None:
    """Make one HTML page, readable offline, of a folder of predictions."""
    from hilum.report.predictions import write_predictions_page

    count = write_predictions_page(predictions, output)
    say(f"{count} images on {output}")


@app.command("follow")
def follow_patients(
    predictions: Annotated[
        Path, typer.Argument(help="A folder written by 'hilum predict', or its predictions.csv.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write.")],
    table: Annotated[
        Path | None, typer.Option(help="A CSV file with the columns image, patient and day.")
    ] = None,
    image: Annotated[str, typer.Option(help="What the table calls the image.")] = "image",
    patient: Annotated[str, typer.Option(help="What it calls the patient.")] = "patient",
    day: Annotated[
        str, typer.Option(help="What it calls the day: a number, or a date YYYY-MM-DD.")
    ] = "day",
    dataset: Annotated[
        Path | None, typer.Option(help="Instead: a folder made by 'hilum compile'.")
    ] = None,
    dicom: Annotated[
        Path | None, typer.Option(help="Instead: the folder of DICOM files that was predicted.")
    ] = None,
    salt: Annotated[
        str | None,
        typer.Option(envvar="HILUM_SALT", help="Hides who the patients of DICOM files are."),
    ] = None,
    mean: Annotated[
        bool, typer.Option("--mean", help="Draw lines through the mean of each day.")
    ] = False,
) -> None:
    """Show the infected percent of each patient's lungs over days. Research use only."""
    from hilum.cli.follow import follow
    from hilum.evaluation.visits import Columns

    follow(
        predictions,
        output,
        table=table,
        columns=Columns(image, patient, day),
        dataset=dataset,
        dicom=dicom,
        salt=salt,
        mean=mean,
    )


@app.command("verify")
def verify_installation(runtime: AnyRuntime = None, as_json: AsJson = False) -> None:
    """Check that the bundled model gives here what it gave where it was made.

    Predicts bundled images in every installed runtime and compares decoded pixels, the network's
    input and the results with stored ones. Exit status: 0 when all agree, 1 when not.
    """
    from hilum.cli.verify import verify

    verify(_runtime(runtime), as_json=as_json)


def _runtime(name: str | None) -> RuntimeName | None:
    from typing import get_args

    from hilum.inference.runtime import RuntimeName

    names: tuple[RuntimeName, ...] = get_args(RuntimeName)
    for known in names:
        if name == known:
            return known
    if name is None:
        return None
    raise typer.BadParameter(f"{name!r} is neither {' nor '.join(names)}", param_hint="--runtime")
