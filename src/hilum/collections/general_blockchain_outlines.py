"""The two places in which General Blockchain's set has its outlines: a table and a COCO file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection as Names
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from hilum.collections.annotated import AnnotatedImage
from hilum.collections.coco import read_coco
from hilum.collections.collection import Problem
from hilum.collections.folders import is_safe_path
from hilum.collections.image_search import name_parts
from hilum.collections.json_files import read_json
from hilum.collections.tables import read_table
from hilum.errors import CollectionError
from hilum.imaging.read import MAX_PIXELS
from hilum.plain_files import open_plain
from hilum.radiograph import Mask, MaskFile, Structure

STRUCTURES = {
    "right lung": Structure.RIGHT_LUNG,
    "left lung": Structure.LEFT_LUNG,
    "cardiomediastinum": Structure.CARDIOMEDIASTINUM,
    "airways": Structure.AIRWAYS,
    "ground glass opacities": Structure.GROUND_GLASS,
    "consolidation": Structure.CONSOLIDATION,
    "pleural effusion": Structure.PLEURAL_EFFUSION,
    "pneumothorax": Structure.PNEUMOTHORAX,
    "endotracheal tube": Structure.ENDOTRACHEAL_TUBE,
    "central venous line": Structure.CENTRAL_VENOUS_LINE,
    "monitoring probes": Structure.MONITORING_PROBES,
    "nasogastric tube": Structure.NASOGASTRIC_TUBE,
    "chest tube": Structure.CHEST_TUBE,
    "tubings": Structure.TUBINGS,
}
"""Each class in lower case, without ``COVID-19``."""

_SPELLINGS = {"nosogastric": "nasogastric", "veinous": "venous"}
_TABLE = "structure.csv"
_COLUMNS = ("Class", "Filename", "Mask", "Resolution", "Top", "Left", "Width", "Height")
_COCO_PLACES = ("annotation/results.json", "annotations/results.json", "results.json")
_TELLING = (b"ardiomediastinum", b"osogastric")
"""Words by which this set's COCO file is told from others at the same place."""
_MOST_BYTES = 256_000_000

_Masks = dict[Structure, tuple[Mask, ...]]


@dataclass(frozen=True)
class Outlines:
    """Each image's masks by structure, and where the COCO file gave them."""

    masks: Mapping[str, Mapping[Structure, tuple[Mask, ...]]]
    problems: tuple[Problem, ...]
    from_coco: Mapping[str, tuple[Structure, ...]]
    named_by: Mapping[str, str]
    """The file that names each image."""


@dataclass
class _Found:
    masks: dict[str, _Masks] = field(default_factory=dict)
    problems: list[tuple[str, Structure | None, str, str]] = field(default_factory=list)
    """Source path, structure, kind and detail."""
    files: dict[str, str] = field(default_factory=dict)
    """The last part of column ``Image`` → ``Filename``: what other files may call an image."""


def has_outlines(root: Path) -> bool:
    """Whether ``root`` has ``structure.csv``, or the COCO file that says the same."""
    if (root / _TABLE).exists():
        return True
    coco = _coco_place(root)
    if coco is None:
        return False
    try:
        with open_plain(coco) as file:
            data = file.read(_MOST_BYTES)
    except OSError:
        return False
    return any(word in data for word in _TELLING)


def read_outlines(root: Path, present: Names[str]) -> Outlines:
    """The table's masks; the COCO file's where the table has none for a structure.

    A structure of which one mask is missing or damaged is as if the table had none.

    Args:
        root: the collection's folder.
        present: the names of the images that are there.

    Raises:
        CollectionError: the table is damaged; or it is missing, and the COCO file is damaged.
    """
    place = _coco_place(root)
    table = _Found()
    if (root / _TABLE).exists() or place is None:
        table = _read_table(root)
    else:
        told = f"the outlines are those of {place.name}"
        table.problems.append((_TABLE, None, "missing table", told))
    coco = _Found()
    if place is not None:
        try:
            coco = _read_coco(root, place, present, table.files)
        except CollectionError as error:
            if not (root / _TABLE).exists():
                raise
            source = place.relative_to(root).as_posix()
            coco.problems.append((source, None, "damaged annotation", error.reason))
    masks: dict[str, _Masks] = {name: dict(found) for name, found in table.masks.items()}
    filled: dict[str, tuple[Structure, ...]] = {}
    for name, found in coco.masks.items():
        known = masks.setdefault(name, {})
        filled[name] = tuple(structure for structure in found if structure not in known)
        known |= {structure: found[structure] for structure in filled[name]}
    problems = list(coco.problems)
    for source, structure, kind, detail in table.problems:
        name = source.removeprefix("images/")
        given = f"; {place.name} gives it" if place and structure in filled.get(name, ()) else ""
        problems.append((source, structure, kind, detail + given))
    coco_name = place.name if place else ""
    return Outlines(
        masks,
        tuple(Problem(source, kind, detail) for source, _, kind, detail in problems),
        {name: structures for name, structures in filled.items() if structures},
        dict.fromkeys(coco.masks, coco_name) | dict.fromkeys(table.masks, _TABLE),
    )


def _coco_place(root: Path) -> Path | None:
    return next((root / name for name in _COCO_PLACES if (root / name).is_file()), None)


def _read_table(root: Path) -> _Found:
    table = read_table(root / _TABLE, required=_COLUMNS)
    found = _Found(problems=[(p.source_path, None, p.kind, p.detail) for p in table.problems])
    drawn: dict[str, dict[Structure, list[MaskFile | None]]] = defaultdict(dict)
    for row in table.rows:
        name = row["Filename"]
        if not is_safe_path(name) or "/" in name:
            found.problems.append((_TABLE, None, "unsafe path", f"Filename is {name!r}"))
            continue
        structures, source = drawn[name], f"images/{name}"
        alias = PurePosixPath(row.get("Image", "")).name
        if found.files.setdefault(alias, name) != name:
            found.files[alias] = ""  # it means several images, so none
        structure = _structure_of(row["Class"])
        if structure is None:
            found.problems.append((source, None, "unknown structure", row["Class"][:80]))
            continue
        mask, trouble = _mask_of(root, row)
        if trouble is not None:
            kind, detail = trouble
            found.problems.append((source, structure, kind, f"{structure}: {detail}"))
        structures.setdefault(structure, []).append(mask)
    for name, structures in drawn.items():
        found.masks[name] = {
            s: tuple(m for m in masks if m) for s, masks in structures.items() if all(masks)
        }
    return found


def _structure_of(class_name: str) -> Structure | None:
    words = class_name.lower().removeprefix("covid-19").split()
    return STRUCTURES.get(" ".join(_SPELLINGS.get(word, word) for word in words))


def _mask_of(root: Path, row: Mapping[str, str]) -> tuple[MaskFile | None, tuple[str, str] | None]:
    """The mask of one row, or None and the kind and detail of what is wrong with it."""
    name = row["Mask"]
    if not name:
        return None, ("missing mask", "the row names none")
    if not is_safe_path(name):
        return None, ("unsafe path", repr(name))
    if not (root / name).is_file():
        return None, ("missing mask", f"no {name}")
    try:
        width, height = (int(number) for number in row["Resolution"].lower().split("x"))
        left, top = int(row["Left"]), int(row["Top"])
        right, bottom = left + int(row["Width"]), top + int(row["Height"])
    except ValueError:
        cells = ", ".join(f"{key} {row[key]!r}" for key in _COLUMNS[3:])
        return None, ("damaged row", f"these should be numbers: {cells}")
    if not (0 <= left < right <= width and 0 <= top < bottom <= height):
        detail = f"({left}, {top}) to ({right}, {bottom}) is not inside {width}×{height}"
        return None, ("damaged row", detail)
    if width * height > MAX_PIXELS:
        return None, ("damaged row", f"Resolution {width}×{height} is too large")
    return MaskFile(root / name, left=left, top=top, canvas=(width, height)), None


def _read_coco(root: Path, path: Path, present: Names[str], aliases: Mapping[str, str]) -> _Found:
    """The COCO file's outlines by the name that the image has here."""
    source = path.relative_to(root).as_posix()
    annotations = read_coco(read_json(path), path=path, in_folders=True)
    found = _Found(problems=[(source, None, kind, detail) for kind, detail in annotations.problems])
    words: Counter[tuple[str, str]] = Counter()
    for image in annotations.images:
        last = (name_parts(image.name) or ("",))[-1]
        name = last if last in present else aliases.get(last) or last
        if not name or name in found.masks:
            kind = "ambiguous image" if name else "unsafe path"
            found.problems.append((source, None, kind, f"it names {image.name[:200]!r}"))
            continue
        found.masks[name] = _masks_of(image)
        for category, damage in image.damage.items():
            detail = f"{category[:80]!r}: {damage}" if category else damage
            found.problems.append((f"images/{name}", None, "damaged annotation", detail))
        for category in image.outlines:
            words["unknown structure", category] += _structure_of(category) is None
        for category, count in image.boxes.items():
            words["unused annotation", f"{category} (boxes)"] += count
    for (kind, word), count in sorted((+words).items()):
        found.problems.append((source, None, kind, f"{count} × {word[:80]!r}"))
    return found


def _masks_of(image: AnnotatedImage) -> _Masks:
    """Masks by structure; those with a damaged outline are left out."""
    damaged = {_structure_of(category) for category in image.damage if category}
    drawn: dict[Structure, list[Mask]] = defaultdict(list)
    for category, outlines in image.outlines.items():
        structure = _structure_of(category)
        if structure is not None and structure not in damaged and "" not in image.damage:
            drawn[structure] += outlines
    return {structure: tuple(masks) for structure, masks in drawn.items()}
