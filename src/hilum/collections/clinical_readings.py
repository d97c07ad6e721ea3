"""The clinical readings that the US National Library of Medicine publishes with its two sets."""

from __future__ import annotations

import re
from pathlib import Path

from hilum.collections.tables import age_in_years, sex_of
from hilum.plain_files import open_plain

_SHENZHEN = r"(?P<sex>female|male)\b[\s,]*"
_MONTGOMERY = r"Patient's Sex:\s*(?P<sex>[FM])\w*\s+Patient's Age:\s*"
_AGE = r"(?P<age>\d+)\s*(?P<unit>y|m|d)"
_READINGS = tuple(
    re.compile(rf"\s*{beginning}{_AGE}", re.IGNORECASE) for beginning in (_SHENZHEN, _MONTGOMERY)
)
_PER_YEAR = {"y": 1.0, "m": 12.0, "d": 365.25}
_READING_BYTES = 4096


def read_clinical_reading(path: Path) -> tuple[str | None, float | None]:
    """(sex, age in years) from the text file at ``path``; None where it is absent or says nothing.

    Shenzhen's begin with ``female 33yrs`` or ``Male, 5 month``, Montgomery's with two lines,
    ``Patient's Sex: F`` and ``Patient's Age: 027Y``.
    """
    try:
        with open_plain(path) as file:
            text = file.read(_READING_BYTES).decode("latin-1")
    except OSError:
        return None, None
    found = next(filter(None, (reading.match(text) for reading in _READINGS)), None)
    if found is None:
        return None, None
    years = int(found["age"][:6]) / _PER_YEAR[found["unit"].lower()]
    return sex_of(found["sex"]), age_in_years(str(years))
