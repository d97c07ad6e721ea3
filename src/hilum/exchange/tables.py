"""What every export carries beside its images: terms and sources, and what it had to leave out."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any

from hilum.dataset.read import Row
from hilum.radiograph import Split

ATTRIBUTION = "ATTRIBUTION.csv"
UNKNOWN = "unknown.csv"

_ATTRIBUTED = ("collection", "source_path", "origin", "licence", "citation", "label_source")


class ExportTables:
    """``ATTRIBUTION.csv`` and ``unknown.csv``, line by line, and ``README.md`` at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = [
            (folder / name).open("w", newline="", encoding="utf-8")
            for name in (ATTRIBUTION, UNKNOWN)
        ]
        self._attribution, self._unknown = (
            csv.writer(file, lineterminator="\n") for file in self._files
        )
        self._attribution.writerow(("file", "image_id", "split", *_ATTRIBUTED))
        self._unknown.writerow(("image_id", "source", "unknown"))
        self._terms: Counter[tuple[str, str]] = Counter()
        self._citations: set[str] = set()
        self.written: Counter[Split] = Counter()
        self.left_out = self.left_out_in_part = 0
        self.notes: list[str] = []
        """Sentences for the README, each a list item."""

    def __enter__(self) -> ExportTables:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file in self._files:
            file.close()

    def add(self, row: Row, split: Split, files: list[str]) -> None:
        """Note under which terms ``files``, relative to the folder, were published."""
        labels = row.labels
        for file in files:
            values = (labels[name] for name in _ATTRIBUTED)
            self._attribution.writerow((file, row.image_id, split, *values))
        self._terms[labels["collection"], labels["licence"]] += 1
        if labels["citation"]:
            self._citations.add(labels["citation"])
        self.written[split] += 1

    def leave_out(self, row: Row, what: str, *, wholly: bool = True) -> None:
        """Note ``what`` is unknown of ``row``, which is therefore not written, at least partly."""
        source = f"{row.labels['collection']}:{row.labels['source_path']}"
        self._unknown.writerow((row.image_id, source, what))
        self.left_out += wholly
        self.left_out_in_part += not wholly

    def write_readme(self, title: str, text: str, facts: dict[str, Any]) -> None:
        """Write ``README.md``: what the folder is, how unknown is told, licences, citations."""
        lines = [
            f"# {title}",
            "",
            "**Research use only; not for diagnosis.**",
            "",
            *(f"- {name}: {value}" for name, value in facts.items()),
            *(f"- {split}: {count} radiographs" for split, count in sorted(self.written.items())),
            f"- left out, in `{UNKNOWN}` with what is unknown: {self.left_out}",
            *(
                [f"- left out of a part, in `{UNKNOWN}` too: {self.left_out_in_part}"]
                if self.left_out_in_part
                else []
            ),
            *(f"- {note}" for note in self.notes),
            "",
            text.strip(),
            "",
            "## Licences",
            "",
            f"`{ATTRIBUTION}` has licence, source and citation of each file.",
            "",
            "| collection | licence | radiographs |",
            "| --- | --- | --- |",
            *(
                f"| {collection} | {licence.replace('|', '/')} | {count} |"
                for (collection, licence), count in sorted(self._terms.items())
            ),
            "",
            "Cite:",
            "",
            *(f"- {citation}" for citation in sorted(self._citations)),
            "",
        ]
        (self._folder / "README.md").write_text("\n".join(lines), encoding="utf-8")
