"""Two datasets: what came, what went, what changed, and why.

Images are not read, and of masks only hashes are kept: memory holds a digest of every row, and the
labels of those that differ.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hilum.dataset.diff_reasons import (
    Reasons,
    issue_changes,
    option_changes,
    package_changes,
    read_side,
)
from hilum.dataset.read import Dataset, open_dataset
from hilum.imaging.masks import decode_mask
from hilum.radiograph import STORED_STRUCTURES, Split


@dataclass(frozen=True)
class Gone:
    """A row that only one of the two has, and why the other has it not."""

    image_id: str
    collection: str
    source_path: str
    split: str
    finding: str | None
    reason: str


@dataclass(frozen=True)
class Change:
    """A row in both, and the columns that differ as [A's value, B's value]; masks by hash."""

    image_id: str
    source_path: str
    columns: dict[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Difference:
    """Everything that differs between A and B."""

    same_content: bool
    """Whether the hashes of all rows agree, pictures and all."""
    came: tuple[Gone, ...]
    went: tuple[Gone, ...]
    changed: tuple[Change, ...]
    options: dict[str, tuple[Any, Any]]
    packages: dict[str, tuple[Any, Any]]
    inputs: dict[str, str]
    """Collection → its files that differ, in words."""
    issues: dict[str, tuple[int, int]]
    """Kind → how many lines of ``issues.csv`` only A and only B has."""

    @property
    def same_rows(self) -> bool:
        """Whether both hold the same radiographs with the same labels, masks and splits."""
        return self.same_content and not (self.came or self.went or self.changed)

    @property
    def is_equal(self) -> bool:
        """Whether both hold the same rows and tell the same issues.

        Issues count, for what did not become a row is part of what a dataset says of its inputs.
        Other options, packages or inputs that lead to the same make no difference.
        """
        return self.same_rows and not self.issues

    @property
    def changed_columns(self) -> dict[str, int]:
        """Column → how many rows it changed in, the most first."""
        return dict(Counter(name for one in self.changed for name in one.columns).most_common())

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON says it."""
        told = {"equal": self.is_equal, "same_rows": self.same_rows}
        return {**told, "changed_columns": self.changed_columns, **asdict(self)}


def diff_datasets(first: Path, second: Path) -> Difference:
    """What ``second`` has otherwise than ``first``.

    Raises:
        DatasetError: one of them is no dataset, damaged, or without what its lock must say.
    """
    a, b = open_dataset(first), open_dataset(second)
    a_side, b_side = read_side(first), read_side(second)
    same_tools = a_side.lock["packages"] == b_side.lock["packages"]
    read = _mask_bytes if same_tools else _mask_pixels
    a_rows, b_rows = ({k: _digest(v) for k, v in _rows(d, read)} for d in (a, b))
    changed = {key for key in a_rows.keys() & b_rows if a_rows[key] != b_rows[key]}
    went, came = a_rows.keys() - b_rows, b_rows.keys() - a_rows
    a_full = {k: v for k, v in _rows(a, read) if k in changed or k in went}
    b_full = {k: v for k, v in _rows(b, read) if k in changed or k in came}
    why_went, why_came = Reasons(a_side, b_side), Reasons(b_side, a_side)
    return Difference(
        same_content=a.content_sha256 == b.content_sha256,
        came=tuple(_gone(key, b_full[key], why_came) for key in sorted(came)),
        went=tuple(_gone(key, a_full[key], why_went) for key in sorted(went)),
        changed=tuple(_change(key, a_full[key], b_full[key]) for key in sorted(changed)),
        options=option_changes(a_side.lock, b_side.lock),
        packages=package_changes(a_side.lock, b_side.lock),
        inputs=why_went.input_changes(),
        issues=issue_changes(a_side, b_side),
    )


def _rows(
    dataset: Dataset, read_mask: Callable[[bytes, str], bytes]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for split in Split:
        for labels, masks in dataset.labels_and_masks(split, STORED_STRUCTURES):
            values = {**labels, "split": str(split)}
            for structure, png in masks.items():
                pixels = read_mask(png, f"{labels['image_id']}.{structure}")
                values[structure] = hashlib.sha256(pixels).hexdigest()[:16]
            yield values["image_id"], values


def _mask_bytes(png: bytes, _path: str) -> bytes:
    return png


def _mask_pixels(png: bytes, path: str) -> bytes:
    """The same whichever library packed the PNG."""
    mask = decode_mask(png, path=path)
    return repr(mask.shape).encode() + mask.tobytes()


def _digest(values: dict[str, Any]) -> bytes:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).digest()[:16]


def _gone(image_id: str, values: dict[str, Any], reasons: Reasons) -> Gone:
    return Gone(
        image_id,
        values["collection"],
        values["source_path"],
        values["split"],
        values["finding"],
        reasons.why(image_id),
    )


def _change(image_id: str, a: dict[str, Any], b: dict[str, Any]) -> Change:
    columns = {
        name: (a.get(name), b.get(name))
        for name in sorted(a.keys() | b)
        if a.get(name) != b.get(name)
    }
    return Change(image_id, b["source_path"], columns)
