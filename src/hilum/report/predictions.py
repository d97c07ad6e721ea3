"""A folder of predictions → one HTML page that opens anywhere, offline."""

from __future__ import annotations

import base64
import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2
import jinja2

from hilum.errors import OutputError

MAX_PICTURES = 200
"""More overlays than this would make a page no browser likes; the table has every image."""

_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 88]


@dataclass(frozen=True)
class _Figure:
    row: dict[str, str]
    picture: str
    """data: URL of the overlay."""


def write_predictions_page(folder: Path, output: Path) -> int:
    """Write the page on ``folder`` (as ``hilum predict`` left it) to ``output``.

    Returns how many images it tells of.

    Raises:
        OutputError: ``folder`` holds no predictions, or ``output`` cannot be written.
    """
    rows = _read_table(folder)
    figures = []
    for row in rows:
        overlay = _overlay_of(folder, row["path"])
        if row["status"] == "ok" and overlay is not None and len(figures) < MAX_PICTURES:
            figures.append(_Figure(row, _as_jpeg_url(overlay)))
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("hilum.report"), autoescape=True, trim_blocks=True
    )
    page = environment.get_template("predictions.html").render(
        rows=rows,
        figures=figures,
        classes=[name for name in rows[0] if name.startswith("p_")] if rows else [],
        by_status=Counter(row["status"] for row in rows),
        by_finding=Counter(row["finding"] or "none" for row in rows if row["status"] == "ok"),
        model=rows[0]["model"] if rows else "",
    )
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(page, encoding="utf-8")
    except OSError as error:
        raise OutputError(
            "cannot be written", path=output, got=error.strerror or type(error).__name__
        ) from None
    return len(rows)


def _read_table(folder: Path) -> list[dict[str, str]]:
    path = folder / "predictions.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except OSError as error:
        raise OutputError(
            "there are no predictions",
            path=path,
            got=error.strerror or type(error).__name__,
            remedy="run 'hilum predict' first and give its output folder",
        ) from None


def _overlay_of(folder: Path, path: str) -> Path | None:
    """The overlay of the image ``path``, named with or without the image's extension."""
    without = PurePosixPath(path).with_suffix("")
    for name in (f"{path}.png", f"{without}.png"):
        candidate = folder / "overlays" / name
        if candidate.is_file():
            return candidate
    return None


def _as_jpeg_url(picture: Path) -> str:
    pixels = cv2.imread(str(picture))
    if pixels is None:
        raise OutputError(
            "the overlay cannot be read", path=picture, remedy="run 'hilum predict' again"
        )
    _, data = cv2.imencode(".jpg", pixels, _JPEG)
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode()
