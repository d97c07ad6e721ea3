"""A folder of predictions → one HTML page that opens anywhere, offline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from hilum.errors import OutputError
from hilum.inference.inputs import output_stems
from hilum.inference.note import Coverage, coverage_of
from hilum.inference.table import TABLE_NAME, cautions_of, percent_column, read_predictions
from hilum.output import write_whole
from hilum.plain_files import read_plain
from hilum.radiograph import LUNG_OPACITIES
from hilum.report.page import as_url, templates, unwritable

MAX_PICTURES = 200
"""More overlays than this would make a page no browser likes; the table has every image."""

_PAGE_BEGINS = b"<!doctype html>"

_QUALITY = 88

_Row = dict[str, str]


@dataclass(frozen=True)
class _Figure:
    row: _Row
    picture: str
    """data: URL of the overlay."""


def write_predictions_page(folder: Path, output: Path) -> Coverage:
    """Write the page on ``folder`` (as ``hilum predict`` left it) to ``output``.

    Returns of how many images it tells, and how many there should be.

    Raises:
        OutputError: ``folder`` holds no predictions, or ``output`` cannot be written or is
            something else than a page.
    """
    _refuse_other_files(output)
    rows = read_predictions(folder / TABLE_NAME)
    coverage = coverage_of(folder, rows=len(rows))
    good = [row for row in rows if row["status"] == "ok"]
    pictures = _pictures(folder, rows)
    figures = [_Figure(row, _as_jpeg_url(path)) for row, path in pictures[:MAX_PICTURES]]
    extents = [name for name in map(percent_column, LUNG_OPACITIES) if rows and name in rows[0]]
    page = (
        templates()
        .get_template("predictions.html")
        .render(
            rows=rows,
            coverage=coverage,
            others=[row for row in rows if row["status"] != "ok"],
            figures=figures,
            not_shown=len(good) - len(figures),
            classes=[name for name in rows[0] if name.startswith("p_")] if rows else [],
            by_status=Counter(row["status"] for row in rows),
            by_finding=Counter(row["finding"] or "none" for row in good),
            extents=extents,
            outlined=any(row["lungs_percent"] for row in good),
            model=rows[0]["model"] if rows else "",
            runtimes=sorted({row.get("runtime") or "" for row in rows} - {""}),
            cautions=cautions_of(rows),
        )
    )
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_whole(output, page.encode())
    except OSError as error:
        raise unwritable(output, error, other="file") from None
    return coverage


def _refuse_other_files(output: Path) -> None:
    """An earlier page may be replaced, and nothing else."""
    if output.suffix.lower() not in (".html", ".htm"):
        raise OutputError(
            "the page needs a name that ends in .html", path=output, remedy="name another file"
        )
    try:
        with output.open("rb") as file:
            begins = file.read(len(_PAGE_BEGINS))
    except OSError:
        return  # not there; or not writable either, which is told when it is written
    if begins.lower() != _PAGE_BEGINS:
        raise OutputError(
            "this file is no page of hilum and is not replaced",
            path=output,
            remedy="name another file",
        )


def _pictures(folder: Path, rows: Sequence[_Row]) -> list[tuple[_Row, Path]]:
    """Each row that is ok, with its overlay, as far as there is one."""
    pictures = []
    stems = output_stems([row["path"] for row in rows])
    for row, stem in zip(rows, stems, strict=True):
        # By its full name where an interrupted run has no row of the image it is told apart from.
        for name in (stem, row["path"]):
            overlay = folder / "overlays" / f"{name}.png"
            if row["status"] == "ok" and overlay.is_file():
                pictures.append((row, overlay))
                break
    return pictures


def _as_jpeg_url(picture: Path) -> str:
    try:  # not by name: OpenCV crashes at names that are no UTF-8
        data = np.frombuffer(read_plain(picture), np.uint8)
    except OSError:
        data = np.empty(0, np.uint8)
    pixels = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if pixels is None:
        raise OutputError(
            "the overlay cannot be read", path=picture, remedy="run 'hilum predict' again"
        )
    return as_url(pixels, quality=_QUALITY)
