"""What ``hilum follow`` does once its arguments are read."""

from __future__ import annotations

from pathlib import Path

import typer

from hilum.cli.terminal import say, say_error, show_table
from hilum.collections.pseudonyms import PatientKey
from hilum.dataset.read import open_dataset
from hilum.evaluation.follow import FollowUp, follow_up
from hilum.evaluation.visits import (
    Columns,
    Visits,
    visits_from_dataset,
    visits_from_dicom,
    visits_from_table,
)
from hilum.inference.table import TABLE_NAME, read_predictions
from hilum.report.follow import PAGE_NAME, write_follow_up


def follow(
    predictions: Path,
    output: Path,
    *,
    table: Path | None,
    columns: Columns,
    dataset: Path | None,
    dicom: Path | None,
    salt: str | None,
    mean: bool,
) -> None:
    """Write the folder ``output`` on ``predictions``, and say what is in it.

    Raises:
        HilumError: something cannot be read or written.
        typer.BadParameter: not exactly one source of patients and days is named.
    """
    if sum(source is not None for source in (table, dataset, dicom)) != 1:
        raise typer.BadParameter(
            "name one of --table, --dataset and --dicom: it tells patients and days"
        )
    is_folder = predictions.is_dir()
    rows = read_predictions(predictions / TABLE_NAME if is_folder else predictions)
    visits = Visits(())
    if table is not None:
        visits = visits_from_table(table, columns)
    elif dataset is not None:
        visits = visits_from_dataset(open_dataset(dataset))
    elif dicom is not None:
        key = PatientKey.random() if salt is None else PatientKey.from_salt(salt)
        visits = visits_from_dicom(dicom, [row["path"] for row in rows], key)
    followed = follow_up(rows, visits)
    write_follow_up(followed, output, mean=mean)
    _tell(followed, output)


def _tell(followed: FollowUp, output: Path) -> None:
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
    if len(followed.models) > 1:
        say_error("These predictions are of different models and are not comparable.")
    say(f"Written to {output}; open {output / PAGE_NAME}. Research use only.")
