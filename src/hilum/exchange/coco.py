"""A dataset as COCO: ``SPLIT/annotations.json`` and ``SPLIT/images/``.

Format: Lin et al. 2014, arXiv 1405.0312; ``neg_category_ids`` (verified to be absent) as in LVIS
(Gupta et al. 2019, arXiv 1908.03195). What COCO has no place for stands in each image's
``attributes``; ``info.hilum`` says in which layout.
"""

from __future__ import annotations

import enum
import json
import shutil
from pathlib import Path
from typing import Any, TextIO

from hilum.dataset.read import Row
from hilum.dataset.schema import SEVERITY_COLUMNS
from hilum.exchange.outlines import bounding_box, outline_polygons, run_lengths
from hilum.exchange.pictures import picture_name
from hilum.exchange.tables import ExportTables
from hilum.radiograph import STORED_STRUCTURES, LungConvention, Split, Structure

LAYOUT = 1

_ATTRIBUTES = (
    *("finding", "lung_convention", "patient_id", "group_id", "collection", "origin"),
    *("source_path", "citation", "view", "age", "sex", "day", "fold", "label_source"),
)
_SIDES = (Structure.RIGHT_LUNG, Structure.LEFT_LUNG)

ABOUT = """
One folder per split: `annotations.json` and `images/`. One annotation holds all of a structure in
an image. Lungs carry in their category's name what counts as lung; lungs of two names are not
comparable.

Unknown is not absent. A structure that is known to be absent is in the image's
`neg_category_ids` (as in LVIS); one that has neither an annotation nor an entry there is unknown,
and must not be counted as background. Radiographs without any known mask are left out.

Each image's `attributes` tell finding, patient, group, origin, view, age, sex, day and scores;
what is unknown is not there. `hilum compile` reads all of it again.
"""


class MaskFormat(enum.StrEnum):
    """How COCO's annotations outline."""

    RLE = "rle"
    POLYGONS = "polygons"


def category_name(structure: Structure, convention: str | None) -> str:
    """What ``structure`` is called; a lung with its convention.

    >>> category_name(Structure.RIGHT_LUNG, "behind_heart")
    'right lung (behind heart)'
    """
    name = structure.replace("_", " ")
    if structure not in _SIDES or convention is None:
        return name
    return f"{name} ({convention.replace('_', ' ')})"


CATEGORY_IDS = {
    name: number
    for number, name in enumerate(
        [category_name(side, c) for c in (*LungConvention, None) for side in _SIDES]
        + [category_name(s, None) for s in STORED_STRUCTURES if s not in _SIDES],
        start=1,
    )
}
"""The same in every export, so that two can be put together."""


class CocoExport:
    """Writes rows one by one; nothing of a row is kept but the names of its categories."""

    structures = STORED_STRUCTURES
    title = "Chest radiographs in COCO format, exported by hilum"
    about = ABOUT

    def __init__(
        self, folder: Path, tables: ExportTables, *, masks: MaskFormat, content_sha256: str
    ) -> None:
        self._folder, self._tables, self._masks = folder, tables, masks
        self._content = content_sha256
        self._splits: dict[Split, _SplitFile] = {}
        self._used: set[str] = set()

    def add(self, row: Row, split: Split) -> None:
        """Write one row, or note that none of its masks is known."""
        if not row.masks:
            self._tables.leave_out(row, "all masks")
            return
        if split not in self._splits:
            self._splits[split] = _SplitFile(self._folder / split)
        file = self._splits[split]
        name = picture_name(row)
        (file.folder / "images" / name).write_bytes(row.image)
        convention = row.labels["lung_convention"]
        absent: list[int] = []
        for structure in row.masks:
            mask = row.mask(structure)
            category = category_name(structure, convention)
            self._used.add(category)
            number = CATEGORY_IDS[category]
            if mask is None or not mask.any():
                absent.append(number)
                continue
            rle = self._masks is MaskFormat.RLE
            file.add_annotation(
                category_id=number,
                segmentation=run_lengths(mask) if rle else outline_polygons(mask),
                area=int(mask.sum()),
                bbox=bounding_box(mask),
            )
        file.add_image(
            file_name=name,
            width=row.labels["width"],
            height=row.labels["height"],
            license=file.licence_id(row.labels["licence"]),
            neg_category_ids=absent,
            attributes=attributes_of(row),
        )
        self._tables.add(row, split, [f"{split}/images/{name}"])

    def finish(self) -> dict[str, int]:
        """Complete the files of all splits. Returns nothing that the tables do not count."""
        info = {
            "description": self.title,
            "hilum": {
                "layout": LAYOUT,
                "content_sha256": self._content,
                "unknown": "neither annotated nor in neg_category_ids",
            },
        }
        categories = [
            {"id": number, "name": name, "supercategory": "chest radiograph"}
            for name, number in CATEGORY_IDS.items()
            if name in self._used
        ]
        for split, file in self._splits.items():
            file.finish(categories, {**info, "split": split})
        return {}

    def close(self) -> None:
        """Close what is open, after an error too."""
        for file in self._splits.values():
            file.close()


def attributes_of(row: Row) -> dict[str, Any]:
    """What a row's labels say that COCO has no place for; unknowns are left out."""
    known = {name: row.labels[name] for name in _ATTRIBUTES if row.labels[name] not in (None, "")}
    scores = [
        {"scale": scale, "value": row.labels[column], "maximum": int(column.rpartition("_")[2])}
        for scale, column in SEVERITY_COLUMNS.items()
        if row.labels[column] is not None
    ]
    return {**known, **({"severity": scores} if scores else {})}


class _SplitFile:
    """One ``annotations.json``: images go to it as they come, annotations wait beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "images").mkdir(parents=True)
        self._path = folder / ".annotations.jsonl"
        self._file = (folder / "annotations.json").open("w", encoding="utf-8", newline="\n")
        self._waiting: TextIO = self._path.open("w+", encoding="ascii", newline="\n")
        self._file.write('{"images": [')
        self._images = self._annotations = 0
        self._licences: dict[str, int] = {}

    def licence_id(self, name: str) -> int:
        return self._licences.setdefault(name, len(self._licences) + 1)

    def add_annotation(self, **values: Any) -> None:
        """Of the image that is added next."""
        self._waiting.write(",\n" if self._annotations else "\n")
        self._annotations += 1
        own = {"id": self._annotations, "image_id": self._images + 1, "iscrowd": 0}
        self._waiting.write(json.dumps({**own, **values}))

    def add_image(self, **values: Any) -> None:
        self._file.write(",\n" if self._images else "\n")
        self._images += 1
        self._file.write(json.dumps({"id": self._images, **values}, ensure_ascii=False))

    def finish(self, categories: list[dict[str, Any]], info: dict[str, Any]) -> None:
        self._file.write('\n],\n"annotations": [')
        self._waiting.seek(0)
        shutil.copyfileobj(self._waiting, self._file)
        licences = [{"id": number, "name": name} for name, number in self._licences.items()]
        rest = {"licenses": licences, "categories": categories, "info": info}
        self._file.write(f"\n],\n{json.dumps(rest, ensure_ascii=False)[1:]}\n")
        self.close()
        self._path.unlink()

    def close(self) -> None:
        self._file.close()
        self._waiting.close()
