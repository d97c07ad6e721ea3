"""What the pages of this room share: templates, inlined pictures, how writing fails."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import jinja2
from numpy.typing import NDArray

from hilum.errors import OutputError

_FORMATS = {
    "jpeg": (".jpg", cv2.IMWRITE_JPEG_QUALITY),
    "webp": (".webp", cv2.IMWRITE_WEBP_QUALITY),
}


@cache
def templates() -> jinja2.Environment:
    """The pages and pictures of this room, which escape what they are given."""
    loader = jinja2.PackageLoader("hilum.report")
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)


def as_url(pixels: NDArray[Any], *, kind: str = "jpeg", quality: int) -> str:
    """``pixels`` (uint8, H×W or H×W×3: blue, green, red) as a data: URL, ``jpeg`` or ``webp``."""
    suffix, option = _FORMATS[kind]
    _, data = cv2.imencode(suffix, pixels, [option, quality])
    return f"data:image/{kind};base64," + base64.b64encode(data.tobytes()).decode()


def unwritable(output: Path, error: OSError, *, other: str = "folder") -> OutputError:
    """What to raise where ``output`` cannot be written; ``other`` is what to choose instead."""
    return OutputError(
        "cannot be written",
        path=error.filename or output,
        got=error.strerror or type(error).__name__,
        remedy=f"check the permissions and the space left, or choose another {other}",
    )
