"""Twins found in folders → a folder: a table, one page with pictures side by side."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from hilum.errors import ImageError, OutputError
from hilum.imaging.read import read_picture, to_uint8
from hilum.radiograph import Split
from hilum.report.page import as_url, templates, unwritable
from hilum.twins.find import TwinPair
from hilum.twins.folders import Comparison, Film

TWINS_TABLE, PAGE_NAME, ISSUES_TABLE = "twins.csv", "twins.html", "issues.csv"

COLUMNS = ("path_a", "path_b", "change", "score")

MAX_PICTURES = 100
"""Pairs shown; the table has every pair."""

_SIDE = 224

_QUALITY = 80


@dataclass(frozen=True)
class _Figure:
    a: Film
    b: Film
    pair: TwinPair
    pictures: tuple[str, str]
    """data: URLs."""
    remarks: tuple[str, ...]


def prepare_twins_folder(folder: Path) -> None:
    """Make ``folder``, before long work begins.

    Raises:
        OutputError: it holds something, or cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise OutputError(
                "the output folder is not empty", path=folder, remedy="name a new folder"
            )
    except OSError as error:
        raise unwritable(folder, error) from None


def write_twins(found: Comparison, folder: Path) -> None:
    """Write ``twins.csv``, ``twins.html`` and, where there are any, ``issues.csv`` to ``folder``.

    Raises:
        OutputError: something cannot be written.
    """
    films = found.films
    rows = [(films[p.a].shown, films[p.b].shown, p.change, f"{p.score:.3f}") for p in found.pairs]
    try:
        _write_csv(folder / TWINS_TABLE, COLUMNS, rows)
        if found.issues:
            _write_csv(folder / ISSUES_TABLE, ("path", "reason"), found.issues)
        (folder / PAGE_NAME).write_text(_page(found), encoding="utf-8", errors="replace")
    except OSError as error:
        raise unwritable(folder, error) from None


def headline(found: Comparison) -> str | None:
    """How many test images are copies of training images; None where there are not both."""
    counts = {split: sum(film.split is split for film in found.films) for split in Split}
    parts = []
    for split in (Split.TEST, Split.VALIDATION):
        if counts[split] and counts[Split.TRAIN]:
            copied = len(found.copies_of(split, Split.TRAIN))
            parts.append(
                f"{copied} of {counts[split]} {split} images are copies of training images"
            )
    return "; ".join(parts) or None


def summary(found: Comparison) -> dict[str, Any]:
    """The figures of ``found``, for programs."""
    changes: dict[str, int] = {}
    for pair in found.pairs:
        changes[pair.change] = changes.get(pair.change, 0) + 1
    return {
        "images": len(found.films),
        "not_compared": len(found.issues),
        "blank": len(found.blank),
        "pairs": len(found.pairs),
        "clusters": len(found.clusters),
        "images_with_twins": sum(map(len, found.clusters)),
        "test_copies_of_train": len(found.copies_of(Split.TEST, Split.TRAIN)),
        "validation_copies_of_train": len(found.copies_of(Split.VALIDATION, Split.TRAIN)),
        "contradicting_clusters": len(found.contradictions()),
        "changes": dict(sorted(changes.items(), key=lambda item: (-item[1], item[0]))),
    }


def _page(found: Comparison) -> str:
    contradicting = {n for cluster in found.contradictions() for n in cluster}

    def remarks(pair: TwinPair) -> tuple[str, ...]:
        a, b = found.films[pair.a], found.films[pair.b]
        told = []
        if a.split is not b.split and a.split is not None and b.split is not None:
            told.append(f"{a.split} and {b.split}")
        if pair.a in contradicting and pair.b in contradicting and a.label != b.label:
            told.append(f"labels differ: {a.label} and {b.label}")
        return tuple(told)

    # Most telling first: what leaks, then what contradicts, then the least alike.
    order = sorted(found.pairs, key=lambda p: (-len(remarks(p)), p.score, p.a, p.b))
    figures = [
        _Figure(
            *(found.films[pair.a], found.films[pair.b], pair),
            pictures=(_picture(found.films[pair.a]), _picture(found.films[pair.b])),
            remarks=remarks(pair),
        )
        for pair in order[:MAX_PICTURES]
    ]
    return (
        templates()
        .get_template("twins.html")
        .render(
            headline=headline(found),
            summary=summary(found),
            figures=figures,
            not_shown=len(found.pairs) - len(figures),
            issues=found.issues[:MAX_PICTURES],
            more_issues=max(0, len(found.issues) - MAX_PICTURES),
        )
    )


def _picture(film: Film) -> str:
    """A data: URL; empty where the file is gone meanwhile."""
    try:
        pixels = to_uint8(read_picture(film.path, at_least=_SIDE).pixels)
    except ImageError:
        return ""
    scale = min(1.0, _SIDE / max(pixels.shape))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    return as_url(small, quality=_QUALITY)


def _write_csv(path: Path, head: tuple[str, ...], rows: Any) -> None:
    with path.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)
