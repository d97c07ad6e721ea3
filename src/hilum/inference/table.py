"""``predictions.csv``: one row per image. Other tools rely on these columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from hilum.errors import OutputError
from hilum.inference.conversion import Conversion, Line
from hilum.inference.predictor import Prediction, Predictor
from hilum.inference.severity import ZONES
from hilum.plain_files import open_plain
from hilum.radiograph import LUNG_OPACITIES, Finding, Structure
from hilum.scales import Scale

TABLE_NAME = "predictions.csv"

_ADDED_LATER = ("image_sha256", "runtime", "finding_caution")
"""Columns that tables of earlier versions lack."""

_FIRST_COLUMNS = ("path", "status", "reason", "width", "height", "finding")


def is_own_table(path: Path) -> bool:
    """Whether ``path`` is a file that ``hilum predict`` wrote, or began to.

    Raises:
        OSError: it cannot be read.
    """
    if not path.is_file():
        return False
    head = ",".join(_FIRST_COLUMNS).encode()
    with path.open("rb") as file:
        return file.read(len(head)) in (head, b"")


def read_predictions(path: Path) -> list[dict[str, str]]:
    """The rows of the ``predictions.csv`` at ``path``, cells as they are written.

    Raises:
        OutputError: it cannot be read, or is no such table.
    """
    remedy = "run 'hilum predict' first and give its output folder"
    try:
        # A spreadsheet that saves the table again may put a byte order mark before it.
        with io.TextIOWrapper(open_plain(path), "utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            rows = list(table)
            columns = table.fieldnames or ()
    except OSError as error:
        raise OutputError(
            "there are no predictions",
            path=path,
            got=error.strerror or type(error).__name__,
            remedy=remedy,
        ) from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise OutputError(
            "this is no table of predictions", path=path, got=str(error), remedy=remedy
        ) from None
    needed = [name for name in column_names(()) if name not in _ADDED_LATER]
    missing = [name for name in needed if name not in columns]
    if missing:
        raise OutputError(
            "this is no table of predictions",
            path=path,
            got=f"no column {', '.join(missing)}",
            remedy=remedy,
        )
    # The last line of a run that was killed while writing it may be cut off.
    return [row for row in rows if row["model"]]


def cautions_of(rows: Iterable[Mapping[str, str]]) -> list[str]:
    """What audits found against the findings of ``rows``, each sentence once."""
    return sorted({row.get("finding_caution") or "" for row in rows} - {""})


def column_names(
    findings: Sequence[Finding],
    targets: Sequence[Structure] = (),
    conversion: Conversion | None = None,
) -> list[str]:
    """The columns for a model with these classes and targets, in order; ``conversion`` adds its
    scales."""
    zones = [f"zone_{side}_{zone}_infected_percent" for side in ("right", "left") for zone in ZONES]
    return [
        *_FIRST_COLUMNS,
        *(probability_column(finding) for finding in findings),
        *("infected_percent", "right_lung_infected_percent", "left_lung_infected_percent"),
        *zones,
        *(percent_column(target) for target in LUNG_OPACITIES if target in targets),
        *(column for line in _lines(conversion) for column in scale_columns(line.scale)),
        *("lungs_percent", *_ADDED_LATER, "model"),
    ]


def scale_columns(scale: Scale) -> tuple[str, str]:
    """The columns of a score on ``scale`` and of its error.

    >>> from hilum.scales import OPACITY
    >>> scale_columns(OPACITY)
    ('opacity_0_to_6', 'opacity_mean_absolute_error')
    """
    return scale.column, f"{scale.name}_mean_absolute_error"


def _lines(conversion: Conversion | None) -> tuple[Line, ...]:
    return () if conversion is None else conversion.lines


def probability_column(finding: Finding) -> str:
    """The column of a class's probability: ``p_covid``, ``p_pneumonia_viral``."""
    return f"p_{finding.replace('/', '_')}"


def percent_column(structure: Structure) -> str:
    """The column of how much of the lungs a structure takes: ``ground_glass_percent``."""
    return f"{structure}_percent"


def table_row(
    prediction: Prediction,
    predictor: Predictor,
    *,
    path: str,
    image_sha256: str | None,
    conversion: Conversion | None = None,
) -> dict[str, str | int | float | None]:
    """The values of one image by column; None where unknown.

    Percents have two decimals, probabilities four, scores on readers' scales one.
    """
    findings = predictor.model.description.findings
    targets = predictor.model.description.targets
    severity = prediction.severity
    sides = (severity.right_lung, severity.left_lung)
    values: list[str | int | float | None] = [
        path,
        prediction.status.value,
        prediction.reason,
        prediction.width,
        prediction.height,
        None if prediction.finding is None else prediction.finding.value,
        *(_rounded(prediction.probabilities.get(finding), 4) for finding in findings),
        _rounded(severity.infected_percent),
        *(_rounded(side.infected_percent) for side in sides),
        *(_rounded(zone) for side in sides for zone in side.zones),
        *(_rounded(prediction.percent_of_lungs(t)) for t in LUNG_OPACITIES if t in targets),
        *_converted(prediction, conversion),
        _rounded(prediction.lungs_percent),
        image_sha256,
        predictor.runtime,
        prediction.finding_caution or None,
        predictor.model.sha256,
    ]
    return dict(zip(column_names(findings, targets, conversion), values, strict=True))


def _converted(prediction: Prediction, conversion: Conversion | None) -> list[float | None]:
    """Score and error of each scale; neither where the score is unknown."""
    if conversion is None:
        return []
    scores = conversion(prediction)
    return [
        value
        for line in conversion.lines
        for value in (
            _rounded(scores.get(line.scale), 1),
            _rounded(line.error.mean_absolute if line.scale in scores else None),
        )
    ]


def _rounded(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(value, digits)
