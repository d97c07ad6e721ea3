"""What a DICOM file says of its patient and its view, besides the pixels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar

from pydicom import dcmread
from pydicom.dataset import Dataset

from hilum.imaging.dicom import parse_dicom, says_deflated
from hilum.imaging.quiet import quiet_warnings
from hilum.imaging.read import read_file
from hilum.plain_files import open_plain
from hilum.radiograph import View

OLDEST = 90.0
"""Years. Greater ages are given as this one: so few people reach them that they tell who it is."""

_TAGS = [
    *("PatientID", "IssuerOfPatientID", "PatientSex", "PatientAge", "ViewPosition"),
    *("StudyDate", "AcquisitionDate", "BurnedInAnnotation"),
]
_VIEWS = {
    "PA": View.PA,
    "AP": View.AP,
    **dict.fromkeys(("LL", "RL", "LAT", "LATERAL"), View.LATERAL),
}
_UNITS_PER_YEAR = {"Y": 1.0, "M": 12.0, "W": 52.18, "D": 365.25}
"""How many of an age's units (PS3.5, 6.2) make a year."""

_NOBODY = re.compile(
    r"|0+|x+|none|null|na|nil|test|unknown|no ?id|patient ?id|"
    r"anon(ym)?(ous|i[sz]ed)?|de ?identified|removed|redacted",
    re.IGNORECASE,
)
"""What stands where a patient's id was taken out: the same for people who are not the same."""


@dataclass(frozen=True)
class DicomFacts:
    """Some tags of one file; None where absent, empty or of no meaning."""

    patient: str | None = field(repr=False)
    """The patient's id and who issued it, in clear. **Never to be written or shown.**"""
    date: date | None = field(repr=False)
    """Of the study, else of the acquisition. **Never to be written or shown.**"""
    view: View | None
    sex: str | None
    """``F`` or ``M``."""
    age: float | None
    """Years, at most :data:`OLDEST`."""
    has_burned_in_text: bool
    """Whether the file says that its pixels show text which may tell who it is."""


def read_dicom_facts(path: Path) -> DicomFacts | None:
    """The facts of the DICOM file at ``path``; None if it cannot be read as one."""
    try:
        with open_plain(path) as file, quiet_warnings():
            if says_deflated(file.read(2048)):
                return _facts(parse_dicom(read_file(path), path))
            file.seek(0)
            return _facts(
                dcmread(file, stop_before_pixels=True, force=True, specific_tags=list(_TAGS))
            )
    except Exception:  # pydicom raises whatever a damaged byte leads it to; pixels tell of it
        return None


Key = TypeVar("Key")


def count_days(facts: Mapping[Key, DicomFacts]) -> dict[Key, int]:
    """For each file the days since its patient's first one, where patient and date are known."""
    first: dict[str, date] = {}
    for told in facts.values():
        if told.patient is not None and told.date is not None:
            first[told.patient] = min(first.get(told.patient, told.date), told.date)
    return {
        key: (told.date - first[told.patient]).days
        for key, told in facts.items()
        if told.patient is not None and told.date is not None
    }


def _facts(dataset: Dataset) -> DicomFacts:
    identifier, issuer, sex, age, view, studied, acquired, burned = (
        str(dataset.get(name) or "").strip() for name in _TAGS
    )
    named = re.sub(r"[\W_]+", " ", identifier).strip()
    return DicomFacts(
        patient=None if _NOBODY.fullmatch(named) else f"{issuer}\0{identifier}",
        date=_date(studied) or _date(acquired),
        view=_VIEWS.get(view.upper()),
        sex=sex.upper() if sex.upper() in ("F", "M") else None,
        age=_age(age),
        has_burned_in_text=burned.upper() == "YES",
    )


def _age(text: str) -> float | None:
    """Years of an age such as ``045Y`` or ``018M``.

    >>> _age("045Y"), _age("018M"), _age("101Y"), _age("45"), _age("999Y")
    (45.0, 1.5, 90.0, None, None)
    """
    found = re.fullmatch(r"(\d{1,3})([YMWD])", text.upper())
    if found is None:
        return None
    years = int(found[1]) / _UNITS_PER_YEAR[found[2]]
    return min(round(years, 2), OLDEST) if years <= 120 else None


def _date(text: str) -> date | None:
    """The day of a date as DICOM writes it, now (``20200314``) and formerly (``2020.03.14``)."""
    found = re.match(r"(\d{4})\.?(\d{2})\.?(\d{2})(?!\d)", text)
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
