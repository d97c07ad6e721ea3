"""The ``metadata.csv`` of covid-chestxray-dataset, which General Blockchain ships as well.

One row per image: patient, days since the first symptom, finding, view, modality, place,
licence, doi. Older releases write a finding plainly (``COVID-19``, ``SARS``), newer ones as a
path (``Pneumonia/Viral/COVID-19``); its last part decides here. ``todo``, ``Unknown`` and
blanks mean that nobody has said yet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hilum.collections.collection import Problem
from hilum.collections.folders import is_safe_path
from hilum.collections.origins import HANNOVER
from hilum.collections.tables import Row, age_in_years, day_of, first_rows, read_table, sex_of
from hilum.radiograph import UNSTATED_LICENCE, Finding, Licence, Radiograph, View, unite_texts

PATIENTS = "ieee8023"
"""The collection that numbered the patients; every set built on it keeps its numbers."""

_REQUIRED = ("patientid", "finding", "view", "modality", "filename")
_UNSAID = frozenset({"", "?", "todo", "unknown"})
_BACTERIAL = (
    "bacterial,streptococcus,klebsiella,legionella,mycoplasma,mycoplasma bacterial pneumonia,"
    "e.coli,chlamydophila,nocardia,staphylococcus,mrsa"
)
_VIRAL = "viral,sars,mers,mers-cov,influenza,h1n1,varicella,herpes"
_OTHER_PNEUMONIA = "fungal,pneumocystis,aspergillosis,lipoid,aspiration"
_FINDINGS = {
    "no finding": Finding.NORMAL,
    "covid-19": Finding.COVID,
    "covid-19, ards": Finding.COVID,
    "pneumonia": Finding.PNEUMONIA,
    "tuberculosis": Finding.TUBERCULOSIS,
    "ards": Finding.OTHER,
} | {
    name: finding
    for names, finding in (
        (_BACTERIAL, Finding.BACTERIAL_PNEUMONIA),
        (_VIRAL, Finding.VIRAL_PNEUMONIA),
        (_OTHER_PNEUMONIA, Finding.OTHER_PNEUMONIA),
    )
    for name in names.split(",")
}
_VIEWS = {
    "pa": View.PA,
    "ap": View.AP,
    "ap erect": View.AP,
    "ap supine": View.AP_SUPINE,
    "l": View.LATERAL,
    "lateral": View.LATERAL,
}
_SLICES = frozenset({"axial", "coronal", "sagittal"})
_CREATIVE_COMMONS = re.compile(r"CC[ -](BY(?:-[A-Z]{2})*)[ -](\d\.\d)", re.IGNORECASE)


@dataclass(frozen=True)
class Metadata:
    """The rows of one ``metadata.csv`` by file name, in the order of the file."""

    rows: Mapping[str, Row]
    problems: tuple[Problem, ...]


def read_metadata(path: Path) -> Metadata:
    """Read ``metadata.csv`` at ``path``.

    Of several rows for one file the first counts; if they disagree, that is a problem.

    Raises:
        CollectionError: the table is damaged or of another kind.
    """
    table = read_table(path, required=_REQUIRED)
    problems = list(table.problems)
    sound = []
    for row in table.rows:
        name = row["filename"]
        if not is_safe_path(name) or "/" in name:
            problems.append(Problem(path.name, "unsafe path", f"a row names the file {name!r}"))
        else:
            sound.append(row)
    rows = first_rows(sound, problems, key=lambda row: row["filename"], place=place_of)
    return Metadata(rows, tuple(problems))


def place_of(row: Row) -> str:
    """Where the image of ``row`` lies, relative to the collection's folder."""
    folder = row.get("folder", "")
    return f"{folder if folder == 'volumes' else 'images'}/{row['filename']}"


def is_radiograph(row: Row) -> bool:
    """Whether ``row`` is about a radiograph; otherwise it is a CT slice or volume."""
    return row["modality"].upper() != "CT" and row["view"].lower() not in _SLICES


def finding_of(text: str) -> Finding | None:
    """What column ``finding`` means; None where nobody has said yet.

    Raises:
        KeyError: the word is not known.
    """
    words = text.strip().lower().rstrip("/").split("/")
    if words[-1] in _UNSAID:
        return None
    for word in reversed(words):
        if word in _FINDINGS:
            return _FINDINGS[word]
    raise KeyError(text)


def view_of(text: str) -> View | None:
    """The view that column ``view`` or a V7 tag names; None where it is not known."""
    return _VIEWS.get(text.strip().lower().replace("_", " "))


def origin_of(location: str) -> str | None:
    """The place a radiograph came from; None where it is not known."""
    if location.startswith(HANNOVER):
        return HANNOVER
    return location if location.lower() not in _UNSAID else None


def licence_of(text: str) -> Licence:
    """An image's licence, with its SPDX name where the version is given.

    >>> licence_of("CC BY-NC-SA 4.0").name, licence_of("CC BY").name
    ('CC-BY-NC-SA-4.0', 'CC BY')
    """
    found = _CREATIVE_COMMONS.fullmatch(text)
    if found:
        kind, version = found[1], found[2]
        url = f"https://creativecommons.org/licenses/{kind.lower()}/{version}/"
        return Licence(f"CC-{kind.upper()}-{version}", url)
    if text == "Apache 2.0":
        return Licence("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0")
    return Licence(text) if text.lower() not in _UNSAID else UNSTATED_LICENCE


def patient_of(text: str) -> str | None:
    """The patient that a number of this dataset means, in any collection built on it."""
    return f"{PATIENTS}:{text}" if text not in ("", "?") else None


def describe_image(
    row: Row, *, path: Path, collection: str, citation: str, problems: list[Problem]
) -> Radiograph:
    """The radiograph at ``path`` with all that ``row`` says of it; no masks.

    A finding that is not known is added to ``problems`` and left unknown. ``citation`` is the
    collection's; it follows the source that the row names.
    """
    source_path = place_of(row)
    try:
        finding = finding_of(row["finding"])
    except KeyError:
        finding = None
        problems.append(Problem(source_path, "unknown finding", row["finding"][:80]))
    return Radiograph(
        path=path,
        source_path=source_path,
        collection=collection,
        finding=finding,
        patient_id=patient_of(row["patientid"]),
        origin=origin_of(row.get("location", "")),
        licence=licence_of(row.get("license", "")),
        citation=unite_texts(_source_of(row), citation),
        view=view_of(row["view"]),
        age=age_in_years(row.get("age", "")),
        sex=sex_of(row.get("sex", "")),
        day=day_of(row.get("offset", "")),
        label_source="metadata.csv",
    )


def _source_of(row: Row) -> str | None:
    doi = row.get("doi", "").removeprefix("https://doi.org/")
    if doi.startswith("10."):
        return f"doi {doi}"
    return row.get("url") or None
