"""An evaluation → ``scores.csv``, ``scores.json``, ``cases.csv``, which other programs read."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import hilum
from hilum.errors import OutputError
from hilum.evaluation.cases import Case, MaskCase
from hilum.evaluation.figures import Evaluation, Figure
from hilum.evaluation.protocols.protocol import Comparison
from hilum.evaluation.protocols.table import PROTOCOL_TABLE, comparison_table, comparison_values
from hilum.evaluation.segmentation import BASELINE
from hilum.evaluation.tabular import csv_table, short
from hilum.output import write_whole

SCORES_TABLE, SCORES_FILE, CASES_TABLE, DIFFERENCES_TABLE = (
    "scores.csv",
    "scores.json",
    "cases.csv",
    "differences.csv",
)
FORMAT = 1

FIGURE_COLUMNS = tuple(field.name for field in dataclasses.fields(Figure))

_FACTS = (
    *("image_id", "source_path", "group", "collection", "origin", "sex", "age", "projection"),
    *(
        "fold",
        "dataset_finding",
        "truth",
        "predicted",
        "refused",
        "reason",
        "infected_percent",
        "true_infected_percent",
    ),
)
_OF_MASKS = tuple(field.name for field in dataclasses.fields(MaskCase))


def write_evaluation(
    evaluation: Evaluation, folder: Path, comparison: Comparison | None = None
) -> None:
    """Write the three files to ``folder``, which is made, and ``differences.csv`` where there are.

    ``scores.csv`` has a line per figure, ``cases.csv`` one per radiograph; ``scores.json`` says
    also what was judged, and by what. Files of these names are replaced. ``comparison`` is written
    as ``protocol.csv`` and stands in ``scores.json`` as well.

    Raises:
        OutputError: they cannot be written.
    """
    files = {
        SCORES_TABLE: figures_table(evaluation.figures),
        SCORES_FILE: scores_json(evaluation, comparison),
        CASES_TABLE: cases_table(evaluation.cases),
    }
    if evaluation.differences:
        files[DIFFERENCES_TABLE] = figures_table(evaluation.differences)
    if comparison is not None:
        files[PROTOCOL_TABLE] = comparison_table(comparison)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            write_whole(folder / name, text.encode())
    except OSError as error:
        raise _cannot_write(folder, error) from None


def figures_table(figures: Iterable[Figure]) -> str:
    """CSV with the fields of :class:`Figure` as columns; empty where there is none."""
    return csv_table(FIGURE_COLUMNS, map(_rounded, figures))


def scores_json(evaluation: Evaluation, comparison: Comparison | None = None) -> str:
    """JSON of everything but the cases."""
    what = {
        field.name: getattr(evaluation, field.name)
        for field in dataclasses.fields(evaluation)
        if field.name not in ("cases", "figures", "differences")
    }
    document = {
        "format": FORMAT,
        "hilum": hilum.__version__,
        **what,
        "images": len(evaluation.cases),
        "patients": len({case.group for case in evaluation.cases}),
        "figures": list(map(_rounded, evaluation.figures)),
        "differences": list(map(_rounded, evaluation.differences)),
        "protocol": None if comparison is None else comparison_values(comparison),
    }
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def cases_table(cases: Sequence[Case]) -> str:
    """CSV of what is known and was said of each radiograph; empty is unknown."""
    rows = list(map(_case_row, cases))
    others = sorted({name for row in rows for name in row} - set(_FACTS))
    return csv_table((*_FACTS, *others), rows)


def _case_row(case: Case) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(case, name) for name in _FACTS}
    row["refused"] = int(case.refused)
    masks: dict[str, MaskCase] = {name.value: mask for name, mask in case.masks.items()}
    if case.whole_lungs_as_infection is not None:
        masks[BASELINE] = case.whole_lungs_as_infection
    for name, mask in masks.items():
        row |= {f"{name}_{field}": getattr(mask, field) for field in _OF_MASKS}
    row |= {f"p_{name.replace('/', '_')}": p for name, p in case.probabilities.items()}
    return {name: short(value) for name, value in (row | case.severity).items()}


def _rounded(figure: Figure) -> dict[str, Any]:
    return {name: short(getattr(figure, name)) for name in FIGURE_COLUMNS}


def _cannot_write(folder: Path, error: OSError) -> OutputError:
    return OutputError(
        "cannot be written",
        path=error.filename or folder,
        got=error.strerror or type(error).__name__,
        remedy="check the permissions and the space left, or choose another folder",
    )
