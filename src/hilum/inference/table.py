"""``predictions.csv``: one row per image. Other tools rely on these columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hilum.inference.predictor import Prediction
from hilum.inference.severity import ZONES
from hilum.radiograph import Finding

TABLE_NAME = "predictions.csv"

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


def column_names(findings: Sequence[Finding]) -> list[str]:
    """The columns for a model with these classes, in order."""
    zones = [f"zone_{side}_{zone}_infected_percent" for side in ("right", "left") for zone in ZONES]
    return [
        *_FIRST_COLUMNS,
        *(probability_column(finding) for finding in findings),
        *("infected_percent", "right_lung_infected_percent", "left_lung_infected_percent"),
        *zones,
        *("lungs_percent", "model"),
    ]


def probability_column(finding: Finding) -> str:
    """The column of a class's probability: ``p_covid``, ``p_pneumonia_viral``."""
    return f"p_{finding.replace('/', '_')}"


def table_row(
    prediction: Prediction, *, path: str, findings: Sequence[Finding], model_sha256: str
) -> dict[str, str | int | float | None]:
    """The values of one image by column; None where unknown.

    Percents have two decimals, probabilities four.
    """
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
        _rounded(prediction.lungs_percent),
        model_sha256,
    ]
    return dict(zip(column_names(findings), values, strict=True))


def _rounded(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(value, digits)
