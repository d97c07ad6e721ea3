"""How an exported image's file is called."""

from __future__ import annotations

from hilum.dataset.read import Row
from hilum.imaging.read import identify


def picture_name(row: Row) -> str:
    """The image's id with the ending of its format, as a dataset stores its bytes: png or jpg."""
    ending = str(identify(row.image, path=row.image_id)).lower()
    return f"{row.image_id}.{'jpg' if ending == 'jpeg' else ending}"
