"""The written list of collections hilum knows, in the order they are asked."""

from __future__ import annotations

from pathlib import Path

from hilum.collections.collection import Collection
from hilum.collections.covid_qu_ex import CovidQuEx
from hilum.errors import CollectionError

COLLECTIONS: tuple[Collection, ...] = (CovidQuEx(),)


def recognise(folder: Path) -> tuple[Collection, Path]:
    """The collection that ``folder`` holds and the folder at or below it where it begins.

    Raises:
        CollectionError: there is no such folder, or it is no collection hilum knows.
    """
    if not folder.is_dir():
        raise CollectionError("there is no such folder", path=folder, remedy="check the spelling")
    for collection in COLLECTIONS:
        root = collection.find_root(folder)
        if root is not None:
            return collection, root
    raise CollectionError(
        "this folder is no collection hilum knows",
        path=folder,
        expected="the layout of one listed by 'hilum collections'",
        remedy="put the images into one folder per class, named like "
        + ", ".join(("normal", "covid", "pneumonia")),
    )
