"""What ``hilum compile`` makes of its words on selection and balance."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

from hilum.dataset.balance import BalanceOptions
from hilum.dataset.classes import parse_classes
from hilum.dataset.select import SelectionOptions
from hilum.radiograph import Finding


def selection_of(
    classes: str | None,
    views: str,
    adults_only: bool,
    licences: Sequence[str] | None,
    unlabelled: bool,
) -> SelectionOptions:
    """Raises:
    DatasetError: a word that is not known.
    """
    return SelectionOptions(
        classes=() if classes is None else parse_classes(classes),
        views=views,  # type: ignore[arg-type]  # checked there
        adults_only=adults_only,
        licences=tuple(licences or ()),
        unlabelled=unlabelled,
    )


def balance_of(how: str, on: str) -> BalanceOptions:
    """Raises:
    DatasetError: a word that is not known.
    """
    return BalanceOptions(how, on)  # type: ignore[arg-type]  # checked there


def default_folder(classes: Sequence[Finding]) -> Path:
    """Named after the task and today's date, as ``covid-pneumonia-normal-2026-11-21``."""
    task = "-".join(name.replace("/", "_") for name in classes) or "radiographs"
    return Path(f"{task}-{datetime.date.today().isoformat()}")
