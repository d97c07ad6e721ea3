"""File names of BIMCV-COVID19+, which sets made from it keep: the patient and the view in them."""

from __future__ import annotations

import re

from hilum.radiograph import View

PATIENTS = "covid-qu-ex"
"""The prefix under which BIMCV's numbers are kept, in every collection that has its images."""

_NAME = re.compile(r"sub-(S\d+)_", re.IGNORECASE)
_VIEW = re.compile(r"_vp-(ap|pa)_", re.IGNORECASE)


def patient_of_name(name: str) -> str | None:
    """The patient of BIMCV that a file's name carries; None for names of another kind.

    >>> patient_of_name("sub-S09340_ses-E17059_run-1_bp-chest_vp-pa_dx.png")
    'covid-qu-ex:S09340'
    """
    found = _NAME.match(name)
    return f"{PATIENTS}:{found[1].upper()}" if found else None


def view_of_name(name: str) -> View | None:
    """The projection that a file's name carries; None where it carries none.

    >>> view_of_name("sub-S09340_ses-E17059_run-1_bp-chest_vp-pa_dx.png")
    <View.PA: 'PA'>
    """
    found = _VIEW.search(name)
    return View(found[1].upper()) if found else None
