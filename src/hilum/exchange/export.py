"""A dataset → a folder in another format, streamed; it appears only when complete."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import hilum
from hilum.dataset.read import Dataset
from hilum.errors import OutputError
from hilum.exchange.coco import CocoExport, MaskFormat
from hilum.exchange.folder import complete_folder
from hilum.exchange.image_folder import ImageFolderExport
from hilum.exchange.nnunet import NnunetExport
from hilum.exchange.tables import ExportTables
from hilum.radiograph import Split
from hilum.workers import Progress, no_progress


class Format(enum.StrEnum):
    """What a dataset can be exported to."""

    COCO = "coco"
    NNUNET = "nnunet"
    IMAGE_FOLDER = "imagefolder"


@dataclass(frozen=True)
class ExportOptions:
    """How a dataset is exported."""

    masks: MaskFormat = MaskFormat.RLE
    """COCO only."""
    level: int = 1
    """Image folder only: 1 or 2, the level of the hierarchy of findings that gives the classes."""
    splits: Sequence[Split] = tuple(Split)


@dataclass(frozen=True)
class Exported:
    """What was written."""

    folder: Path
    rows_by_split: dict[str, int]
    left_out: int
    """Radiographs that are only in ``unknown.csv``."""
    left_out_in_part: int
    """nnU-Net only: radiographs in ``unknown.csv`` that some of the datasets have."""
    parts: dict[str, int]
    """nnU-Net only: training images of each dataset."""


def export_dataset(
    dataset: Dataset,
    output: Path,
    to: Format,
    *,
    options: ExportOptions | None = None,
    progress: Progress = no_progress,
) -> Exported:
    """Write ``dataset`` in the format ``to`` to the folder ``output``. One row is held at a time.

    Every row ends in the export or in ``unknown.csv``.

    Raises:
        DatasetError: the dataset is damaged.
        OutputError: ``output`` exists already or cannot be written, or nothing is left to write.
    """
    options = options or ExportOptions()
    splits = [split for split in Split if split in options.splits]
    with complete_folder(output) as folder, ExportTables(folder) as tables:
        advance = progress("exporting", sum(dataset.count(split) for split in splits))
        with closing(_writer(dataset, folder, tables, to, options)) as writer:
            for split in splits:
                for row in dataset.rows(split, structures=writer.structures):
                    writer.add(row, split)
                    advance()
            if not tables.written:
                raise OutputError(
                    f"nothing can be exported to {to}",
                    path=dataset.folder,
                    got=f"{tables.left_out} radiographs of which what it needs is unknown",
                    remedy="choose another format, or other splits",
                )
            parts = writer.finish()
        facts = {"hilum": hilum.__version__, "content hash": f"`{dataset.content_sha256[:16]}`"}
        tables.write_readme(writer.title, writer.about, facts)
    counts = {str(split): tables.written[split] for split in splits if tables.written[split]}
    return Exported(output, counts, tables.left_out, tables.left_out_in_part, parts)


def _writer(
    dataset: Dataset, folder: Path, tables: ExportTables, to: Format, options: ExportOptions
) -> CocoExport | NnunetExport | ImageFolderExport:
    match to:
        case Format.COCO:
            content = dataset.content_sha256
            return CocoExport(folder, tables, masks=options.masks, content_sha256=content)
        case Format.NNUNET:
            return NnunetExport(folder, tables)
        case Format.IMAGE_FOLDER:
            return ImageFolderExport(folder, tables, level=options.level)
