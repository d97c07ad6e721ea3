"""A dataset without the films of one place, which become its test split."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hilum.audit.contrast import Label
from hilum.dataset.lock import LOCK_NAME, read_lock
from hilum.dataset.read import Dataset
from hilum.output import folder_to_be
from hilum.radiograph import Split


def leave_out(
    dataset: Dataset, column: str, place: str, output: Path, *, united: Mapping[str, str]
) -> None:
    """Write to ``output`` what there is to learn from elsewhere, and to be judged on at ``place``.

    Films whose ``column`` (``origin`` or ``collection``) is ``place`` are the test split. Train and
    validation are those of ``dataset``, less whoever has a film at the place, by the groups that
    ``united`` makes of the dataset's, and less films of unknown place, since they may come from it.
    Where no validation is left, a tenth of the patients of train become it.

    Raises:
        DatasetError: a file is damaged.
        OutputError: ``output`` exists, or cannot be written.
    """
    labels = [(split, label) for split in Split for label in dataset.labels(split)]
    labels = [
        (split, {**one, "group_id": united.get(one["group_id"], one["group_id"])})
        for split, one in labels
    ]
    splits = _new_splits(labels, column, place)
    with folder_to_be(output, until_then="unfinished", remedy="make room") as folder:
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "data").mkdir(parents=True)
        paths = {split: folder / "data" / f"{split}-00000-of-00001.parquet" for split in Split}
        with ExitStack() as stack:
            writers: dict[Split, pq.ParquetWriter] = {}
            for table in _row_groups(dataset):
                of_each = [splits.get(name) for name in table.column("image_id").to_pylist()]
                for split in Split:
                    part = table.filter(pa.array([one == split for one in of_each]))
                    if not part.num_rows:
                        continue
                    if split not in writers:
                        writer = pq.ParquetWriter(
                            paths[split], table.schema, write_page_checksum=True
                        )
                        writers[split] = stack.enter_context(writer)
                    writers[split].write_table(part)
        _write_lock(dataset, f"{column} {place}", [paths[s] for s in Split if s in writers], folder)


def _new_splits(
    labels: list[tuple[Split, dict[str, Any]]], column: str, place: str
) -> dict[str, Split]:
    """Image → its split; images that are left out are missing."""
    at_place = {label["group_id"] for _, label in labels if label[column] == place}
    splits: dict[str, Split] = {}
    rest: list[tuple[Split, dict[str, Any]]] = []
    for split, label in labels:
        if label[column] == place:
            splits[label["image_id"]] = Split.TEST
        elif label[column] and label["group_id"] not in at_place and split is not Split.TEST:
            rest.append((split, label))
    has_validation = any(split is Split.VALIDATION for split, _ in rest)
    for split, label in rest:
        is_drawn = not has_validation and _is_tenth(label)
        splits[label["image_id"]] = Split.VALIDATION if is_drawn else split
    return splits


def _is_tenth(label: Label) -> bool:
    """Whether the patient is one of a tenth, the same in every run."""
    return hashlib.sha256(str(label["group_id"]).encode()).digest()[0] % 10 == 0


def _row_groups(dataset: Dataset) -> Iterator[pa.Table]:
    for split in Split:
        for path in dataset.shards(split):
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                for number in range(file.num_row_groups):
                    yield file.read_row_group(number)


def _write_lock(dataset: Dataset, without: str, paths: list[Path], folder: Path) -> None:
    content = hashlib.sha256(f"{dataset.content_sha256} without {without}".encode()).hexdigest()
    shards = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    lock = {**read_lock(dataset.folder), "content_sha256": content, "shards": shards}
    text = json.dumps(lock, indent=1, ensure_ascii=False) + "\n"
    (folder / LOCK_NAME).write_text(text, encoding="utf-8")
