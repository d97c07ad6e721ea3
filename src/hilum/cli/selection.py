"""What ``hilum compile`` makes of its words on selection and balance."""

from __future__ import annotations

from collections.abc import Sequence

from hilum.dataset.balance import BalanceOptions
from hilum.dataset.classes import parse_classes
from hilum.dataset.select import SelectionOptions


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
