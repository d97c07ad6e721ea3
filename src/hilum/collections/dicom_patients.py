"""What DICOM files say of their patients, added to readings, without saying who they are."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hilum.collections.collection import Problem, Reading
from hilum.collections.pseudonyms import PatientKey
from hilum.imaging.formats import ImageFormat, format_of
from hilum.radiograph import Radiograph

if TYPE_CHECKING:
    from hilum.imaging.dicom_facts import DicomFacts


@dataclass(frozen=True)
class Told:
    """Readings with what their DICOM files tell."""

    readings: tuple[Reading, ...]
    has_pseudonyms: bool
    """Whether some patient is known from a DICOM file."""


def add_dicom_facts(readings: Sequence[Reading], key: PatientKey) -> Told:
    """Fill patient, view, sex, age and day from DICOM files where a collection knows no patient.

    ``patient_id`` is a pseudonym made with ``key``; ``day`` counts from the patient's first film
    in all of ``readings``. No id, name or date itself is kept. A file that says that text is
    burned into its picture is a problem of kind ``burned-in text``.
    """
    facts = dict(_read_facts(readings))
    if not facts:
        return Told(tuple(readings), False)
    from hilum.imaging.dicom_facts import count_days

    days = count_days(facts)
    added = []
    for reading in readings:
        radiographs = tuple(
            _fill(one, facts[one.path], days.get(one.path), key) if one.path in facts else one
            for one in reading.radiographs
        )
        burned = tuple(
            _burned_in(one)
            for one in reading.radiographs
            if one.path in facts and facts[one.path].has_burned_in_text
        )
        problems = reading.problems + burned
        added.append(dataclasses.replace(reading, radiographs=radiographs, problems=problems))
    return Told(tuple(added), any(told.patient is not None for told in facts.values()))


def _read_facts(readings: Sequence[Reading]) -> Iterator[tuple[Path, DicomFacts]]:
    for reading in readings:
        for radiograph in reading.radiographs:
            if radiograph.patient_id is None and format_of(radiograph.path) is ImageFormat.DICOM:
                # pydicom takes a third of a second
                from hilum.imaging.dicom_facts import read_dicom_facts

                facts = read_dicom_facts(radiograph.path)
                if facts is not None:
                    yield radiograph.path, facts


def _fill(
    radiograph: Radiograph, facts: DicomFacts, day: int | None, key: PatientKey
) -> Radiograph:
    patient = None
    if facts.patient is not None:
        patient = f"{radiograph.collection}:{key.pseudonym(facts.patient)}"
    return dataclasses.replace(
        radiograph,
        patient_id=patient,
        view=radiograph.view or facts.view,
        sex=radiograph.sex or facts.sex,
        age=facts.age if radiograph.age is None else radiograph.age,
        day=day if radiograph.day is None else radiograph.day,
    )


def _burned_in(radiograph: Radiograph) -> Problem:
    detail = "the file says that its picture shows text, perhaps a name; the picture is kept as is"
    return Problem(radiograph.source_path, "burned-in text", detail)
