"""A dataset as a folder per class: ``SPLIT/CLASS/`` and ``SPLIT/metadata.csv``.

Format: Hugging Face's ``imagefolder``, whose ``metadata.csv`` names each image in ``file_name``.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from hilum.dataset.classes import class_of
from hilum.dataset.read import Row
from hilum.dataset.schema import LABEL_COLUMNS, dataset_schema
from hilum.exchange.pictures import picture_name
from hilum.exchange.tables import ExportTables
from hilum.radiograph import Finding, Split, Structure

ABOUT = """
One folder per split, in it one per class, and a `metadata.csv` with a line for each image:
`file_name`, `label` (the class) and the labels of the dataset. What is unknown is `unknown`, or an
empty cell between numbers.
`load_dataset("imagefolder", data_dir=…)` of Hugging Face reads it.

A folder per class cannot say that a finding is unknown: those radiographs are left out. Masks are
not part of this format.
"""

_COLUMNS = tuple(name for name in LABEL_COLUMNS if name != "lung_convention")
_NUMBERS = frozenset(
    field.name
    for field in dataset_schema()
    if pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
)
_CLASSES = {
    1: [finding for finding in Finding if "/" not in finding],
    2: [f for f in Finding if not any(one != f and one.is_a(f) for one in Finding)],
}
"""By level of the hierarchy; at 2 a pneumonia of unknown cause has no class."""


def _cell(value: Any, column: str) -> str:
    """Numbers as floats, texts never empty: so a column has one type in the tables of all splits.

    Hugging Face guesses types from the cells, and loads no folder whose tables differ.
    """
    if column in _NUMBERS:
        return "" if value is None else str(float(value))
    return "unknown" if value in (None, "") else str(value)


class ImageFolderExport:
    """Writes rows one by one; nothing of them is kept."""

    structures: tuple[Structure, ...] = ()
    title = "Chest radiographs in a folder per class, exported by hilum"
    about = ABOUT

    def __init__(self, folder: Path, tables: ExportTables, *, level: int) -> None:
        self._folder, self._tables, self._level = folder, tables, level
        self._files: dict[Split, IO[str]] = {}
        self._writers: dict[Split, Any] = {}

    def add(self, row: Row, split: Split) -> None:
        """Write one row, or note that its finding is unknown at the level that was asked for."""
        finding = class_of(row.finding, _CLASSES[self._level])
        if finding is None:
            self._tables.leave_out(
                row, "finding" if row.finding is None else f"kind of {row.finding}"
            )
            return
        label = finding.replace("/", "_")
        name = f"{label}/{picture_name(row)}"
        path = self._folder / split / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(row.image)
        if split not in self._writers:
            table = self._folder / split / "metadata.csv"
            self._files[split] = table.open("w", newline="", encoding="utf-8")
            self._writers[split] = csv.writer(self._files[split], lineterminator="\n")
            self._writers[split].writerow(("file_name", "label", *_COLUMNS))
        values = (_cell(row.labels[column], column) for column in _COLUMNS)
        self._writers[split].writerow((name, label, *values))
        self._tables.add(row, split, [f"{split}/{name}"])

    def finish(self) -> dict[str, int]:
        """Close the tables. Returns nothing that is not counted elsewhere."""
        self.close()
        return {}

    def close(self) -> None:
        """Close what is open, after an error too."""
        for file in self._files.values():
            file.close()
