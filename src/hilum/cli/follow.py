"""``hilum follow``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilum.cli.options import OutputFolder, Salt, is_given
from hilum.cli.terminal import counted, say, say_error, show_table

if TYPE_CHECKING:
    from hilum.evaluation.follow import FollowUp


_ASKED_OF = {"image": "table", "patient": "table", "day": "table", "salt": "dicom"}
"""Options that mean something beside one source of visits only."""


def follow_patients(
    context: typer.Context,
    predictions: Annotated[
        Path, typer.Argument(help="A folder written by 'hilum predict', or its predictions.csv.")
    ],
    output: OutputFolder,
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
    salt: Salt = None,
    mean: Annotated[
        bool, typer.Option("--mean", help="Draw lines through the mean of each day.")
    ] = False,
) -> None:
    """Show the infected percent of each patient's lungs over days. Research use only."""
    from hilum.collections.pseudonyms import PatientKey
    from hilum.dataset.read import open_dataset
    from hilum.evaluation.follow import follow_up
    from hilum.evaluation.visits import (
        Columns,
        Visits,
        visits_from_dataset,
        visits_from_dicom,
        visits_from_table,
    )
    from hilum.inference.note import coverage_of
    from hilum.inference.table import TABLE_NAME, read_predictions
    from hilum.report.follow import write_follow_up

    if sum(source is not None for source in (table, dataset, dicom)) != 1:
        raise typer.BadParameter(
            "name one of --table, --dataset and --dicom: it tells patients and days"
        )
    for name, source in _ASKED_OF.items():
        if context.params[source] is None and is_given(context, name):
            raise typer.BadParameter(
                f"means something beside --{source} only: leave it out", param_hint=f"--{name}"
            )
    is_folder = predictions.is_dir()
    rows = read_predictions(predictions / TABLE_NAME if is_folder else predictions)
    visits = Visits(())
    if table is not None:
        visits = visits_from_table(table, Columns(image, patient, day))
    elif dataset is not None:
        visits = visits_from_dataset(open_dataset(dataset))
    elif dicom is not None:
        key = PatientKey.random() if salt is None else PatientKey.from_salt(salt)
        visits = visits_from_dicom(dicom, [row["path"] for row in rows], key)
    if is_folder and not (coverage := coverage_of(predictions, rows=len(rows))).is_whole:
        total = counted(coverage.total, "image")
        say_error(f"Predicted are {coverage.done} of {total}; the run was stopped.")
    followed = follow_up(rows, visits)
    write_follow_up(followed, output, mean=mean)
    _tell(followed, output)


def _tell(followed: FollowUp, output: Path) -> None:
    from hilum.report.follow import PAGE_NAME

    reasons: dict[str, list[str]] = {}
    for course in followed.not_drawn:
        reasons.setdefault(str(course.reason_not_drawn), []).append(course.patient)
    lines: list[tuple[str, int]] = [("with a course", len(followed.drawn))]
    lines += [(reason, len(patients)) for reason, patients in sorted(reasons.items())]
    show_table(("patients", "count"), lines)
    for sentence in followed.problems:
        say_error(sentence)
    if followed.unplaced:
        say_error(f"Images of nobody known: {len(followed.unplaced)}; the page lists them.")
    if followed.unused:
        say_error(f"Named, but not predicted: {len(followed.unused)}; the page lists them.")
    for caution in followed.cautions:
        say_error(caution)
    if len(followed.models) > 1:
        say_error("These predictions are of different models and are not comparable.")
    say(f"Written to {output}; open {output / PAGE_NAME}. Research use only.")
