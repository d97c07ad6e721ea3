"""The written list of collections hilum knows, in the order they are asked."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from hilum.collections.annotation_export import AnnotationExport
from hilum.collections.archives import Source
from hilum.collections.brixia import Brixia
from hilum.collections.brixia_cohen import BrixiaCohen
from hilum.collections.chestx_ray14 import ChestXray14
from hilum.collections.coco_export import CocoExport
from hilum.collections.collection import Collection, Problem, Reading
from hilum.collections.covid_qu_ex import CovidQuEx
from hilum.collections.cvat_export import CvatExport
from hilum.collections.folders import images_outside
from hilum.collections.general_blockchain import GeneralBlockchain
from hilum.collections.hannover import Hannover
from hilum.collections.ieee8023 import Ieee8023
from hilum.collections.kermany import Kermany
from hilum.collections.label_studio_export import LabelStudioExport
from hilum.collections.montgomery import Montgomery
from hilum.collections.plain_folder import PlainFolder
from hilum.collections.qata_cov19 import QataCov19
from hilum.collections.radiography import RadiographyDatabase
from hilum.collections.rsna_pneumonia import RsnaPneumonia
from hilum.collections.shenzhen import Shenzhen
from hilum.collections.v7 import V7Covid19Xray
from hilum.errors import CollectionError, SeveralCollectionsError
from hilum.radiograph import Radiograph

Named = TypeVar("Named", Radiograph, Problem)

COLLECTIONS: tuple[Collection, ...] = (
    CovidQuEx(),
    QataCov19(),
    RadiographyDatabase(),
    GeneralBlockchain(),
    Ieee8023(),
    V7Covid19Xray(),
    Kermany(),
    Hannover(),
    Shenzhen(),
    Montgomery(),
    ChestXray14(),
    RsnaPneumonia(),
    Brixia(),
    BrixiaCohen(),
    CocoExport(),
    CvatExport(),
    LabelStudioExport(),
    PlainFolder(),  # last: it takes whatever has class names
)


def recognise(folder: Path) -> tuple[Collection, Path]:
    """The collection that ``folder`` holds and the folder at or below it where it begins.

    Raises:
        CollectionError: there is no such folder, it may not be entered, or it is no collection
            hilum knows.
        SeveralCollectionsError: it holds several of them side by side.
    """
    if folder.is_file():
        raise CollectionError(
            "this is a file",
            path=folder,
            expected="a folder, or for 'inspect', 'compile' and 'predict' a zip archive",
            remedy="unpack it and give the folder",
        )
    if not folder.is_dir():
        raise CollectionError("there is no such folder", path=folder, remedy="check the spelling")
    with _readable(folder):
        found = [(c, root) for c in COLLECTIONS[:-1] if (root := c.find_root(folder)) is not None]
        if not found and (root := COLLECTIONS[-1].find_root(folder)) is not None:
            found = [(COLLECTIONS[-1], root)]
    if not found:
        raise CollectionError(
            "this folder is no collection hilum knows",
            path=folder,
            expected="the layout of one listed by 'hilum collections'",
            remedy="put the images into one folder per class, named like "
            + ", ".join(("normal", "covid", "pneumonia"))
            + "; or annotations of them (COCO, CVAT, Label Studio) or named masks beside them",
        )
    first = found[0][1]
    if any(not root.is_relative_to(first) and not first.is_relative_to(root) for _, root in found):
        raise SeveralCollectionsError(
            "this folder holds several collections",
            path=folder,
            got=", ".join(f"{c.facts.name} in {root.relative_to(folder)}" for c, root in found),
            remedy="give each of their folders by itself",
        )
    return found[0]


def read_folder(
    folder: Path,
    *,
    others: Sequence[Path] = (),
    recognised: tuple[Collection, Path] | None = None,
) -> Reading:
    """Recognise and read ``folder``; images beside the collection are problems of the reading.

    ``recognised`` is what :func:`recognise` says of it, where that is known.

    Raises:
        CollectionError: as :func:`recognise` and :meth:`Collection.read` do, or a folder may
            not be entered.
    """
    collection, root = recognised or recognise(folder)
    with _readable(folder):
        reading = collection.read(root, others=others)
        outside = images_outside(folder, root) + _unread_exports(folder, root, collection)
    return dataclasses.replace(
        reading,
        radiographs=tuple(map(_printable, reading.radiographs)),
        problems=tuple(map(_printable, reading.problems + outside)),
    )


def sharing(names: Iterable[str], others: Iterable[str]) -> list[str]:
    """Those of ``names`` that are among ``others`` or may hold films of one, in order.

    >>> sharing(["general-blockchain", "shenzhen", "kermany"], ["ieee8023", "covid-qu-ex"])
    ['general-blockchain', 'kermany']
    """
    holds = {collection.facts.name: collection.facts.holds for collection in COLLECTIONS}
    films = {film for other in others for film in (other, *holds.get(other, ()))}
    return sorted(name for name in names if films & {name, *holds.get(name, ())})


def read_source(
    source: Source,
    *,
    others: Sequence[Path] = (),
    recognised: tuple[Collection, Path] | None = None,
) -> Reading:
    """As :func:`read_folder`; what an archive would not give is among the reading's problems."""
    return source.complete(read_folder(source.path, others=others, recognised=recognised))


def _unread_exports(folder: Path, root: Path, collection: Collection) -> tuple[Problem, ...]:
    """A problem for each tool's annotation file in a collection that has none of its own."""
    if collection.reads_annotations:
        return ()
    problems = []
    for export in COLLECTIONS:
        if isinstance(export, AnnotationExport) and (place := export.find_root(folder)) is not None:
            detail = (
                f"{export.tool} annotations; give them, in a folder of their own, beside this one"
            )
            for path in export.files(place):
                source = Path(os.path.relpath(path, root))
                problems.append(Problem(source.as_posix(), "unused annotation", detail))
    return tuple(problems)


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CollectionError(
            "the folder cannot be read",
            path=error.filename or folder,
            got=error.strerror or type(error).__name__,
            remedy="check your permissions",
        ) from None


def _printable(named: Named) -> Named:
    """A file name may hold bytes that are no UTF-8, JSON half a character; tables cannot.

    They become ``\\udcff``, in every text.
    """
    changed: dict[str, Any] = {}
    for name, text in vars(named).items():
        if isinstance(text, str) and not text.isascii():
            printable = text.encode("utf-8", "backslashreplace").decode("utf-8")
            if printable != text:
                changed[name] = printable
    return dataclasses.replace(named, **changed) if changed else named
