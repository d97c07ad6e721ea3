"""How figures and cases are written for other programs: CSV, six significant digits."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_DIGITS = 6


def csv_table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """CSV with a head line; what a row does not have, or is None, is empty."""
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return table.getvalue()


def short(value: Any) -> Any:
    """A float with six significant digits; anything else as it is.

    Whatever shows a figure with fewer digits rounds this one, so that 0.750499 is 0.750 everywhere.

    >>> short(1 / 3), short(1166), short(None)
    (0.333333, 1166, None)
    """
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value
