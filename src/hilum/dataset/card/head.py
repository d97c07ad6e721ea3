"""The YAML head of a card, as Hugging Face reads it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hilum.dataset.write import PlacedRow
from hilum.radiograph import Split

_LICENCES = {
    "Apache-2.0": "apache-2.0",
    "MIT": "mit",
    "CC0-1.0": "cc0-1.0",
    "CC-BY-3.0": "cc-by-3.0",
    "CC-BY-4.0": "cc-by-4.0",
    "CC-BY-SA-4.0": "cc-by-sa-4.0",
    "CC-BY-NC-4.0": "cc-by-nc-4.0",
    "CC-BY-NC-SA-4.0": "cc-by-nc-sa-4.0",
}
"""Our names → Hugging Face's. What is not here, or several at once, is ``other``."""

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (10**6, "100K<n<1M"))


def yaml_head(rows: Sequence[PlacedRow], splits: Sequence[Split]) -> str:
    """The head with its fences; texts are quoted as JSON does, which YAML reads."""
    names = {placed.row.prepared.radiograph.licence.name for placed in rows}
    licence = _LICENCES.get(next(iter(names)), "other") if len(names) == 1 else "other"
    masks = any(placed.row.prepared.masks for placed in rows)
    size = next((name for most, name in _SIZES if len(rows) < most), "1M<n<10M")
    lines = [
        "---",
        'pretty_name: "Chest radiographs compiled by hilum"',
        f"license: {licence}",
        *(["license_name: per-image"] if licence == "other" else []),
        "task_categories:",
        "- image-classification",
        *(["- image-segmentation"] if masks else []),
        "tags:",
        "- medical",
        "- chest-x-ray",
        "- covid-19",
        "size_categories:",
        f"- {json.dumps(size)}",
        "configs:",
        "- config_name: default",
        "  data_files:",
        *(f"  - split: {split}\n    path: data/{split}-*.parquet" for split in splits),
        "---",
    ]
    return "\n".join(lines) + "\n"
