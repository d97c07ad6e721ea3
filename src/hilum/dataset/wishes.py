"""Wishes that no image can meet are refused before images are read, with what there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from hilum.collections.archives import is_archive
from hilum.collections.collection import Reading
from hilum.collections.origins import ORIGINS
from hilum.collections.registry import COLLECTIONS, recognise
from hilum.dataset.holdout import require_homes
from hilum.dataset.licences import LICENCE_CLASSES, is_known, is_permitted
from hilum.dataset.select import SelectionOptions, require_classes
from hilum.dataset.split import SplitOptions
from hilum.errors import DatasetError


def check_names(folders: Sequence[Path], selection: SelectionOptions, split: SplitOptions) -> None:
    """Check what can be known before anything is unpacked or read.

    Collections that name origins and licences of their own can bring any, and what is in an archive
    is not known yet.

    Raises:
        CollectionError: a folder is not there, or no known collection.
        DatasetError: a collection, origin or licence that ``folders`` cannot have.
    """
    for folder in folders:
        if not folder.exists():
            recognise(folder)
    if not (split.holdout or selection.licences) or any(map(is_archive, folders)):
        return
    collections = [recognise(folder)[0] for folder in folders]
    if any(collection.names_own for collection in collections):
        return
    names = [collection.facts.name for collection in collections]
    origins = set(map(str.casefold, ORIGINS))
    others = [name for name in split.holdout if name.strip().casefold() not in origins]
    require_homes(others, dict.fromkeys(names))
    licences = [collection.facts.licence.name for collection in collections]
    _require_licences(selection.licences, licences)


def check_readings(
    readings: Sequence[Reading], selection: SelectionOptions, split: SplitOptions
) -> None:
    """Check against all that tables and names tell, before an image is read.

    Raises:
        DatasetError: a collection or origin that does not occur, a licence that nobody knows or
            that no image is under, or a class without image.
    """
    records = [record for reading in readings for record in reading.radiographs]
    if not records:
        return  # of which the issues tell
    homes = Counter(record.collection for record in records)
    homes += Counter(record.origin for record in records if record.origin)
    require_homes(split.holdout, homes)
    require_classes([record.finding for record in records], selection.classes)
    licences = Counter(record.licence.name for record in records)
    _require_licences(selection.licences, list(licences))
    if selection.licences and not any(is_permitted(one, selection.licences) for one in licences):
        raise DatasetError(
            "no image is under these licences",
            got=", ".join(selection.licences),
            expected=", ".join(f"{name} ({count})" for name, count in licences.most_common()),
        )


def _require_licences(wishes: Sequence[str], found: Sequence[str]) -> None:
    known = [*found, *(collection.facts.licence.name for collection in COLLECTIONS)]
    missing = [wish for wish in wishes if not is_known(wish, known)]
    if missing:
        expected = ", ".join((*LICENCE_CLASSES, *sorted({*found})))
        raise DatasetError("there is no such licence", got=", ".join(missing), expected=expected)
