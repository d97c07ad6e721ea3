"""COCO annotations of somebody's own.

What: radiographs that someone outlined with a tool that exports COCO, as most do.

Format: ``*.json`` in the folder, in ``annotations`` or in a folder per split, with the lists
``images``, ``annotations`` and ``categories``; a segmentation is polygons or run lengths, plain or
compressed. Images are found by name below the folder or in the other folders of the run.
Categories named like a structure (``right lung``, ``infection``, ``heart``, ``ggo``, …) are masks,
those named like a finding tell it; others, and boxes, are reported. What a structure without
outline means is not said: it stays unknown. A category may say what counts as lung (``aerated
lungs``, ``lungs behind heart``). What an image's ``neg_category_ids`` name (as in LVIS) is known to
be absent. What ``hilum export`` wrote gives back finding, patient, licence and all else.

Citation: Lin et al. 2014, arXiv 1405.0312 (the format).
"""

from __future__ import annotations

from pathlib import Path

from hilum.collections.annotated import Annotations
from hilum.collections.annotation_export import AnnotationExport, export_facts
from hilum.collections.coco import read_coco
from hilum.collections.json_files import read_json

_KEYS = (b'"file_name"', b'"category_id"', b'"supercategory"')


class CocoExport(AnnotationExport):
    """A folder with COCO annotations."""

    suffix = ".json"
    tool = "COCO"
    names_own = True
    facts = export_facts(
        "coco",
        "COCO annotations of your own",
        "export COCO, put the file beside the images; give the folder",
        "https://cocodataset.org",
    )

    def is_export(self, head: bytes) -> bool:
        """Told by keys that only COCO has."""
        return head.lstrip().startswith(b"{") and any(key in head for key in _KEYS)

    def parse(self, path: Path) -> Annotations:
        """Damage of single images and annotations is among the problems."""
        return read_coco(read_json(path), path=path, in_folders=True)
