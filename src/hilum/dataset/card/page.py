"""The card, section by section."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from hilum.dataset.card.confounding import confounding, finding_of
from hilum.dataset.card.head import yaml_head
from hilum.dataset.card.markdown import bullets, table, text_block
from hilum.dataset.card.origins import origins_table
from hilum.dataset.card.variant import variant
from hilum.dataset.card.warnings import warnings
from hilum.dataset.classes import class_of
from hilum.dataset.exposures import Twins
from hilum.dataset.issues import Issue
from hilum.dataset.split import LEAK
from hilum.dataset.write import PlacedRow
from hilum.radiograph import STORED_STRUCTURES, Finding, Split

_TITLE = """\

# Chest radiographs compiled by hilum

**Research use only; not for diagnosis.** {count} radiographs. Made by hilum {hilum}; content
hash `{content}`; versions, options and the hash of every input file are in `hilum.lock.json`.

"""


def write_card(
    rows: Sequence[PlacedRow],
    issues: Sequence[Issue],
    lock: dict[str, Any],
    path: Path,
    *,
    classes: Sequence[Finding] = (),
) -> None:
    """Write the card to ``path``. It holds no dates, so that a repeat is equal.

    Where ``classes`` were chosen, findings are counted by class, and by themselves in one table.
    """
    finer = _findings(rows, [split for split in Split if any(row.split is split for row in rows)])
    rows = [_of_class(row, classes) for row in rows]
    splits = [split for split in Split if any(row.split is split for row in rows)]
    title = _TITLE.format(count=len(rows), hilum=lock["hilum"], content=lock["content_sha256"][:16])
    changed = lock["variant"]
    sections = (
        *([] if changed is None else [("Images are not as published", variant(changed))]),
        ("What to watch out for", bullets([*_ignored_twins(lock), *warnings(rows)])),
        ("Findings by split", _findings(rows, splits)),
        *([("Findings within the classes", finer)] if classes else []),
        ("Does the source give the finding away?", confounding(rows)),
        ("Masks", _masks(rows, splits)),
        ("Where they come from", origins_table(rows, splits)),
        ("Ages", _ages(rows)),
        ("Views", _views(rows)),
        ("Licences", _licences(rows)),
        ("Cite", text_block(sorted(set(_citations(rows))))),
        ("How the split was made", _split(rows, issues, lock)),
        ("Issues", _issues(issues)),
    )
    body = "\n".join(f"## {name}\n\n{text}" for name, text in sections)
    path.write_text(yaml_head(rows, splits) + title + body, encoding="utf-8")


def _ignored_twins(lock: dict[str, Any]) -> list[str]:
    if lock["options"]["twins"] != Twins.IGNORE:
        return []
    return [
        "**Copies were not looked for** (`--twins ignore`): test images may be training images."
    ]


def _of_class(placed: PlacedRow, classes: Sequence[Finding]) -> PlacedRow:
    """``placed`` with its class for a finding."""
    prepared = placed.row.prepared
    finding = class_of(prepared.radiograph.finding, classes)
    radiograph = replace(prepared.radiograph, finding=finding)
    row = replace(placed.row, prepared=replace(prepared, radiograph=radiograph))
    return replace(placed, row=row)


def _findings(rows: Sequence[PlacedRow], splits: Sequence[Split]) -> str:
    counts = Counter((finding_of(row) or "unknown", row.split) for row in rows)
    findings = sorted({finding for finding, _ in counts})
    return table(
        ["finding", *splits],
        ([finding, *(counts[finding, split] for split in splits)] for finding in findings),
    )


def _masks(rows: Sequence[PlacedRow], splits: Sequence[Split]) -> str:
    counts = Counter((name, row.split) for row in rows for name in row.row.prepared.masks)
    lines = (
        [structure, *(counts[structure, split] for split in splits)]
        for structure in STORED_STRUCTURES
        if any(counts[structure, split] for split in splits)
    )
    conventions = Counter(
        (r.collection, r.lung_convention)
        for r in (row.row.prepared.radiograph for row in rows)
        if r.lung_convention
    )
    note = "\nA mask that is missing is unknown; one that is all zero says it is absent.\n"
    drawn = table(
        ["collection", "lung convention", "radiographs"],
        ([*key, count] for key, count in sorted(conventions.items())),
    )
    return table(["structure", *splits], lines) + note + ("\n" + drawn if conventions else "")


def _ages(rows: Sequence[PlacedRow]) -> str:
    def line(finding: str) -> list[object]:
        ages = [
            row.row.prepared.radiograph.age
            for row in rows
            if (finding_of(row) or "unknown") == finding
        ]
        known = sorted(age for age in ages if age is not None)
        spread = (f"{median(known):g}", f"{known[0]:g} – {known[-1]:g}") if known else ("–", "–")
        return [finding, len(known), len(ages) - len(known), *spread]

    findings = sorted({finding_of(row) or "unknown" for row in rows})
    return table(["finding", "known", "unknown", "median, years", "range"], map(line, findings))


def _views(rows: Sequence[PlacedRow]) -> str:
    counts = Counter(
        (str(row.row.prepared.radiograph.view or "unknown"), finding_of(row) or "unknown")
        for row in rows
    )
    views, findings = ([*sorted({key[side] for key in counts})] for side in (0, 1))
    lines = ([view, *(counts[view, finding] for finding in findings)] for view in views)
    return table(["view", *findings], lines)


def _licences(rows: Sequence[PlacedRow]) -> str:
    licences = Counter(row.row.prepared.radiograph.licence.name for row in rows)
    lines = sorted(licences.items(), key=lambda item: (-item[1], item[0]))
    note = "\nThe column `licence` has that of each image. No licence stated is no permission.\n"
    return table(["licence", "radiographs"], lines) + note


def _citations(rows: Sequence[PlacedRow]) -> Iterator[str]:
    for row in rows:
        yield from filter(None, row.row.prepared.radiograph.citation.split("; "))


def _split(rows: Sequence[PlacedRow], issues: Sequence[Issue], lock: dict[str, Any]) -> str:
    groups = Counter(row.group_id for row in rows)
    several = [count for count in groups.values() if count > 1]
    patients = sum(1 for row in rows if row.row.patients)
    moved = sum(issue.kind == LEAK for issue in issues)
    return bullets(
        (
            f"{len(groups)} groups, none of which is in two splits; {len(several)} of them hold "
            f"several radiographs, {sum(several)} in all.",
            f"The patient is known for {patients} of {len(rows)} radiographs; others could be of "
            "one patient without anyone knowing.",
            f"Leaks in the official splits: {moved} images moved so that their group stays "
            "together." + (f" Each is in `issues.csv` as '{LEAK}'." if moved else ""),
            "Options: "
            + ", ".join(f"`{name}` {value}" for name, value in _flat(lock["options"]))
            + ".",
        )
    )


def _flat(values: dict[str, Any], place: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{place}{name}.")
        else:
            told = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            yield f"{place}{name}", told or "none"


def _issues(issues: Sequence[Issue]) -> str:
    counts = Counter(issue.kind for issue in issues)
    if not counts:
        return "None: every input is in the dataset as it was published.\n"
    lines = sorted(counts.items())
    return "Each is a line of `issues.csv`.\n\n" + table(["kind", "count"], lines)
