"""A comparison → rows for ``protocol.csv``, ``scores.json`` and people."""

from __future__ import annotations

import statistics
from typing import Any

from hilum.evaluation.figures import Figure
from hilum.evaluation.protocols.protocol import Compared, Comparison
from hilum.evaluation.tabular import csv_table, short

PROTOCOL_TABLE = "protocol.csv"

COLUMNS = (
    *("protocol", "figure", "theirs", "their_definition", "ours", "low", "high", "n", "patients"),
    *("fold_mean", "fold_sd", "unit", "our_definition", "reason", "differs"),
    *("model", "model_sha256", "dataset_sha256", "split"),
)


def comparison_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """A row of :data:`COLUMNS` for each published figure; None is unknown or has a reason.

    ``fold_mean`` and ``fold_sd`` are of the folds' own figures, which weigh alike.
    """
    evaluation = comparison.evaluation
    return [
        {
            "protocol": comparison.protocol.name,
            "figure": line.theirs.name,
            "theirs": line.theirs.printed,
            "their_definition": line.theirs.definition,
            "ours": short(line.ours.value),
            "low": short(line.ours.low),
            "high": short(line.ours.high),
            "n": line.ours.n,
            "patients": line.ours.groups,
            "fold_mean": short(statistics.fmean(line.by_fold)) if line.by_fold else None,
            "fold_sd": short(statistics.stdev(line.by_fold)) if line.by_fold else None,
            "unit": line.ours.unit,
            "our_definition": line.ours.definition,
            "reason": line.ours.reason,
            "differs": " ".join(comparison.differs),
            "model": evaluation.model,
            "model_sha256": evaluation.model_sha256,
            "dataset_sha256": evaluation.dataset_sha256,
            "split": evaluation.split,
        }
        for line in comparison.lines
    ]


def comparison_table(comparison: Comparison) -> str:
    """CSV of :func:`comparison_rows`."""
    return csv_table(COLUMNS, comparison_rows(comparison))


def comparison_values(comparison: Comparison) -> dict[str, Any]:
    """The part of ``scores.json``."""
    protocol = comparison.protocol
    said_once = {"protocol", "differs", "model", "model_sha256", "dataset_sha256", "split"}
    return {
        "name": protocol.name,
        "title": protocol.title,
        "source": protocol.source,
        "data": protocol.data,
        "splits": protocol.splits,
        "differs": list(comparison.differs),
        "figures": [
            {name: value for name, value in row.items() if name not in said_once}
            for row in comparison_rows(comparison)
        ],
    }


def told_interval(figure: Figure) -> str:
    """The 95 % interval with three decimals, else what is said of a value without one."""
    if figure.value is None:
        return "–"
    if figure.low is None or figure.high is None:
        return figure.reason
    return f"{short(figure.low):.3f} – {short(figure.high):.3f}"


def told_value(figure: Figure) -> str:
    """The value with three decimals, – where there is none."""
    return "–" if figure.value is None else f"{short(figure.value):.3f}"


def told_folds(line: Compared) -> str:
    """Mean and standard deviation over the folds with three decimals, empty without folds."""
    if not line.by_fold:
        return ""
    return f"{statistics.fmean(line.by_fold):.3f} ± {statistics.stdev(line.by_fold):.3f}"


def told_reasons(comparison: Comparison) -> list[str]:
    """Why figures are missing, a sentence for each reason."""
    names: dict[str, list[str]] = {}
    for line in comparison.lines:
        if line.ours.value is None:
            names.setdefault(line.ours.reason, []).append(line.theirs.name)
    return [f"No {'; no '.join(found)}: {reason}." for reason, found in names.items()]
