"""``README.md`` of a dataset: what is in it, from where, under which terms, what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hilum.dataset.issues import Issue
from hilum.dataset.write import PlacedRow
from hilum.radiograph import STORED_STRUCTURES, Split

_HEAD = """\
---
configs:
- config_name: default
  data_files:
{data_files}
tags:
- medical
- chest-x-ray
---

# Chest radiographs compiled by hilum

**Research use only; not for diagnosis.** {count} radiographs. Made by hilum {hilum}; content
hash `{content}`; versions, options and the hash of every source image are in `hilum.lock.json`.
"""


def write_card(
    rows: Sequence[PlacedRow], issues: Sequence[Issue], lock: dict[str, Any], path: Path
) -> None:
    """Write the card to ``path``. It holds no dates, so that a repeat is equal."""
    splits = [split for split in Split if any(row.split is split for row in rows)]
    data_files = "\n".join(
        f"  - split: {split}\n    path: data/{split}-*.parquet" for split in splits
    )
    parts = [
        _HEAD.format(
            data_files=data_files,
            count=len(rows),
            hilum=lock["hilum"],
            content=lock["content_sha256"][:16],
        ),
        "## Findings by split\n\n" + _crosstab(rows, splits),
        "## Masks\n\n" + _masks(rows, splits),
        "## Where they come from\n\n" + _sources(rows),
        "## Issues\n\n" + _issues(issues),
    ]
    if lock["variant"] is not None:
        parts.insert(1, "## Images are not as published\n\n" + _variant(lock["variant"]))
    path.write_text("\n".join(parts), encoding="utf-8")


def _crosstab(rows: Sequence[PlacedRow], splits: Sequence[Split]) -> str:
    counts = Counter((str(_finding(row)), row.split) for row in rows)
    return _table(
        ["finding", *splits],
        (
            [finding, *(counts[finding, split] for split in splits)]
            for finding in sorted({finding for finding, _ in counts})
        ),
    )


def _finding(row: PlacedRow) -> str:
    return row.row.prepared.radiograph.finding or "unknown"


def _masks(rows: Sequence[PlacedRow], splits: Sequence[Split]) -> str:
    counts = Counter((name, row.split) for row in rows for name in row.row.prepared.masks)
    lines = (
        [structure, *(counts[structure, split] for split in splits)]
        for structure in STORED_STRUCTURES
        if any(counts[structure, split] for split in splits)
    )
    note = (
        "\nA mask that is missing is unknown; one that is all zero says the structure is absent.\n"
    )
    return _table(["structure", *splits], lines) + note


def _sources(rows: Sequence[PlacedRow]) -> str:
    counts = Counter(
        (r.collection, r.origin or "unknown", r.lung_convention or "–", r.licence.name)
        for r in (row.row.prepared.radiograph for row in rows)
    )
    citations = sorted({row.row.prepared.radiograph.citation for row in rows} - {""})
    table = _table(
        ["collection", "origin", "lung convention", "licence", "radiographs"],
        ([*key, count] for key, count in sorted(counts.items())),
    )
    return table + "\nCite:\n\n" + "".join(f"- {citation}\n" for citation in citations)


def _variant(variant: dict[str, Any]) -> str:
    text = ""
    enhance, lungs = variant["enhance"], variant["lungs_only"]
    if enhance is not None:
        values = ", ".join(f"{name} {value}" for name, value in enhance["parameters"].items())
        text += f"Every image was enhanced: `{enhance['name']}`{values and f' ({values})'}.\n"
    if lungs is not None:
        text += (
            f"Every image was cut to the box around its lungs and is black beside them, as the "
            f"model `{lungs['model']}` ({lungs['model_sha256'][:16]}) outlined them; masks are cut "
            f"by the same box. `crop_left` and `crop_top` tell where it lay in a film of "
            f"`source_width`×`source_height`.\n"
        )
    return text + (
        "\nA model trained on these images has to be given images changed in the same way.\n"
    )


def _issues(issues: Sequence[Issue]) -> str:
    counts = Counter(issue.kind for issue in issues)
    if not counts:
        return "None: every input is in the dataset as it was published.\n"
    lines = ([kind, count] for kind, count in sorted(counts.items()))
    return "Each is a line of `issues.csv`.\n\n" + _table(["kind", "count"], lines)


def _table(head: Sequence[object], lines: Iterable[Sequence[object]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "".join(f"| {' | '.join(_cell(value) for value in row)} |\n" for row in rows)


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|")
