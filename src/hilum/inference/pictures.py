"""The pictures that lie beside ``predictions.csv``, marked as hilum's own."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.errors import OutputError
from hilum.imaging.masks import BinaryMask

PICTURE_FOLDERS = ("masks", "overlays", "probabilities")

# Fast, and masks hardly grow: runs of one value are what this strategy is made for.
# Without a filter, since trying them all takes three quarters of the time.
_MASK_PNG = [
    *(cv2.IMWRITE_PNG_COMPRESSION, 1),
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE),
]
# Two and a half times as fast on overlays as level 3 with all filters, for a tenth more bytes.
_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP]

_AFTER_HEADER = 33
"""A PNG's signature and its first chunk, IHDR, take so many bytes."""


def _text_chunk(keyword: bytes, text: bytes) -> bytes:
    content = b"tEXt" + keyword + b"\0" + text
    length = (len(content) - 4).to_bytes(4, "big")
    return length + content + zlib.crc32(content).to_bytes(4, "big")


_MARK = _text_chunk(b"Software", b"hilum")


def write_mask(path: Path, mask: BinaryMask) -> None:
    """Write ``mask`` (H×W bool) to ``path`` as an 8-bit grey PNG of 0 and 255.

    Raises:
        OutputError: see :func:`write_picture`.
    """
    _write(path, mask.view(np.uint8) * np.uint8(255), _MASK_PNG)


def write_picture(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write ``pixels`` (H×W, or H×W×3 blue, green, red) to ``path`` as PNG; folders are made.

    Raises:
        OutputError: something lies at ``path`` already, or it cannot be written.
    """
    _write(path, pixels, _PNG)


def remove_pictures(folder: Path) -> None:
    """Remove the pictures hilum wrote below ``folder``, and nothing else."""
    for name in PICTURE_FOLDERS:
        for parent, _, files in os.walk(folder / name, topdown=False):
            for file in files:
                path = Path(parent, file)
                if path.suffix == ".png" and _is_own(path):
                    path.unlink()
            if not any(Path(parent).iterdir()):
                Path(parent).rmdir()


def remove_picture(path: Path) -> None:
    """Remove the picture at ``path`` if hilum wrote it."""
    try:
        if _is_own(path):
            path.unlink()
    except OSError as error:
        raise cannot_write(path, error) from None


def cannot_write(path: Path, error: OSError) -> OutputError:
    """The error for a ``path`` that the system does not let hilum write."""
    return OutputError(
        "cannot be written",
        path=path,
        got=error.strerror or type(error).__name__,
        remedy="check the permissions and the space left, or choose another folder",
    )


def _write(path: Path, pixels: NDArray[np.uint8], settings: list[int]) -> None:
    ok, encoded = cv2.imencode(".png", pixels, settings)
    if not ok:
        raise OutputError("the picture cannot be encoded as PNG", path=path)
    data = encoded.tobytes()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("xb")
    except FileExistsError:
        raise OutputError(
            "a file that this run did not write is in the way",
            path=path,
            remedy="move it, or choose another output folder",
        ) from None
    except OSError as error:
        raise cannot_write(path, error) from None
    try:
        with file:
            file.write(data[:_AFTER_HEADER] + _MARK + data[_AFTER_HEADER:])
    except OSError as error:
        path.unlink(missing_ok=True)
        raise cannot_write(path, error) from None


def is_marked(path: Path) -> bool:
    """Whether hilum wrote the picture at ``path``.

    Raises:
        OSError: it cannot be read.
    """
    return _head(path).endswith(_MARK)


def _is_own(path: Path) -> bool:
    """Told by the mark; or it is empty, as a run leaves it that is killed at the first byte."""
    return path.is_file() and (not (head := _head(path)) or head.endswith(_MARK))


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_AFTER_HEADER + len(_MARK))
