"""Are the predictions that are gone on with of the images that are given now?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from hilum.errors import OutputError
from hilum.inference.inputs import InputImage, output_stems
from hilum.plain_files import open_plain

_REMEDY = "give those, or say --overwrite to predict all anew"


def hash_of(image: InputImage) -> str | None:
    """SHA-256 of the image's file; None if it cannot be read."""
    if image.trouble is not None:
        return None
    try:
        with open_plain(image.path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def refuse_other_images(
    done: Mapping[str, str], images: Sequence[InputImage], folder: Path
) -> None:
    """Refuse to go on in ``folder`` unless what is done there is of ``images``.

    Pictures have to be named as they were, and files to have the content they had.

    Args:
        done: path → SHA-256 of each image that has a row; empty where it could not be read.
        images: all that are to be predicted.
        folder: where the rows lie.

    Raises:
        OutputError: one is no longer there, or another one lies behind its name.
    """
    now = {image.relative: image for image in images}
    names = sorted(done)
    for name, stem in zip(names, output_stems(names), strict=True):
        if name not in now or now[name].stem != stem:
            raise OutputError(
                "the predictions in the folder are of other images",
                path=folder,
                got=name,
                expected="the paths of the run that was stopped; more may have come",
                remedy=_REMEDY,
            )
    changed = [name for name in names if done[name] and hash_of(now[name]) != done[name]]
    if changed:
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise OutputError(
            "images were changed since they were predicted",
            path=folder,
            got=f"other content in {', '.join(changed[:3])}{more}",
            expected="the images of the run that was stopped",
            remedy=_REMEDY,
        )
