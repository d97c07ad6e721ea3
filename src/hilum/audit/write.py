"""An audit → ``audit.json``: every figure with its interval, threshold, outcome and reason."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import hilum
from hilum.audit.audit import Audit
from hilum.audit.check import Check, Judged
from hilum.output import write_whole

AUDIT_FILE = "audit.json"
FORMAT = 1

_DIGITS = 6


def write_audit(audit: Audit, folder: Path) -> None:
    """Write ``audit.json`` to ``folder``; an earlier one is replaced.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / AUDIT_FILE, audit_json(audit).encode(errors="replace"))


def audit_json(audit: Audit) -> str:
    """The audit as JSON; the same audit gives the same text."""
    values = {
        "format": FORMAT,
        "hilum": hilum.__version__,
        "outcome": audit.outcome,
        "verdicts": [dataclasses.asdict(verdict) for verdict in audit.verdicts],
        "dataset": audit.dataset,
        "dataset_sha256": audit.dataset_sha256,
        "model": audit.model,
        "model_sha256": audit.model_sha256,
        "features_of": audit.features_of,
        "images": audit.images,
        "patients": dict(audit.patients),
        "checks": list(map(_check, audit.checks)),
        "remarks": list(audit.remarks),
        "not_measured": dict(audit.lost),
    }
    return json.dumps(values, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _check(check: Check) -> dict[str, Any]:
    values = dataclasses.asdict(check)
    values["figures"] = list(map(_judged, check.figures))
    return values


def _judged(judged: Judged) -> dict[str, Any]:
    figure = judged.figure
    return {
        "subject": figure.subject,
        "name": figure.name,
        "value": _short(figure.value),
        "low": _short(figure.low),
        "high": _short(figure.high),
        "unit": figure.unit,
        "images": figure.n,
        "patients": figure.groups,
        "threshold": judged.threshold,
        "rule": judged.rule,
        "outcome": judged.outcome,
        "because": judged.because,
        "reason": figure.reason,
    }


def _short(value: float | None) -> float | None:
    if value is None or math.isnan(value):
        return None
    return float(f"{value:.{_DIGITS}g}")
