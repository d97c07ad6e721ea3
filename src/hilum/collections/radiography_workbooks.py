"""The workbooks of the Radiography Database: from where each image of a class came."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hilum.collections.collection import Problem
from hilum.collections.origins import origin_of_url
from hilum.collections.tables import Row, first_rows
from hilum.collections.workbooks import read_workbook
from hilum.errors import CollectionError
from hilum.radiograph import Radiograph

_FILE_NAME, _URL = "FILE NAME", "URL"
_WORKBOOK = re.compile(r"(?P<class_name>.+)\.m[ae]tadata\.xlsx", re.IGNORECASE)


@dataclass(frozen=True)
class Workbook:
    """What one class's workbook says; without a workbook, nothing."""

    name: str | None = None
    origins: Mapping[str, str | None] = field(default_factory=dict)
    """Image's :func:`_key` → origin, None where the URL is not known."""

    def origin_of(self, path: Path) -> str | None:
        """The origin of the image at ``path``; None where it is not known."""
        return self.origins.get(_key(path.name))

    def compare(self, radiographs: Sequence[Radiograph]) -> Iterator[Problem]:
        """Images without a row; one problem for all rows without an image, of most in a part."""
        if self.name is None:
            return
        present = {_key(radiograph.path.name): radiograph for radiograph in radiographs}
        for key, radiograph in present.items():
            if key not in self.origins:
                detail = f"{self.name} has no sound row for it"
                yield Problem(radiograph.source_path, "not in metadata", detail)
        absent = sorted(self.origins.keys() - present.keys())
        if absent:
            detail = f"images of {self.name} that are not here: {len(absent):,}, first {absent[0]}"
            yield Problem(self.name, "missing images", detail)


def read_workbooks(root: Path, problems: list[Problem]) -> dict[str, Workbook]:
    """The workbooks in ``root`` by class name in lower case; a damaged one is a problem."""
    workbooks = {}
    for path in sorted(root.iterdir()):
        found = _WORKBOOK.fullmatch(path.name)
        if found is None or path.name.startswith((".", "~$")):  # "~$": Excel has it open
            continue
        try:
            table = read_workbook(path, required=(_FILE_NAME, _URL))
        except CollectionError as error:  # the images can be read without their origins
            problems.append(Problem(path.name, "damaged table", error.reason))
            continue
        problems += table.problems
        origins = _origins(table.rows, path.name, problems)
        workbooks[found["class_name"].casefold()] = Workbook(path.name, origins)
    return workbooks


def _origins(rows: Sequence[Row], name: str, problems: list[Problem]) -> dict[str, str | None]:
    first = first_rows(
        *(rows, problems), key=lambda row: _key(row[_FILE_NAME]), place=lambda _: name
    )
    return {key: origin_of_url(row[_URL]) for key, row in first.items()}


def _key(name: str) -> str:
    """What a name on disk and in a workbook have in common.

    >>> _key("COVID-19 (1).png") == _key("Covid-19(1)")
    True
    """
    return re.sub(r"\s+", "", name.casefold()).removesuffix(".png")
