"""The complaints every decoder here makes: damaged, of a kind that is not read, too large."""

from __future__ import annotations

import os

from hilum.errors import ImageError
from hilum.imaging.formats import ImageFormat

AnyPath = str | os.PathLike[str]

MAX_PIXELS = 200_000_000
"""Larger images are taken for decompression bombs. A 43 cm film at 50 µm has 74 million."""


def damaged(image_format: ImageFormat, got: str, *, path: AnyPath) -> ImageError:
    """The error for a file of ``image_format`` whose bytes contradict the format."""
    return ImageError(
        f"this {image_format.upper()} file is damaged",
        path=path,
        got=got,
        remedy="fetch the file again, or leave it out",
    )


def unsupported(
    image_format: ImageFormat, got: str, *, expected: str, remedy: str, path: AnyPath
) -> ImageError:
    """The error for a sound file of a kind of ``image_format`` that hilum does not read."""
    return ImageError(
        f"hilum does not read this kind of {image_format.upper()} file",
        path=path,
        got=got,
        expected=expected,
        remedy=remedy,
    )


def check_size(width: int, height: int, *, path: AnyPath) -> None:
    """Refuse more than :data:`MAX_PIXELS`, before anything is allocated for them.

    Raises:
        ImageError: the image is too large.
    """
    if width * height > MAX_PIXELS:
        raise ImageError(
            "the image is too large to be a radiograph",
            path=path,
            got=f"{width}×{height} pixels",
            expected=f"at most {MAX_PIXELS:,} pixels",
            remedy="reduce it first if it is a real film",
        )
