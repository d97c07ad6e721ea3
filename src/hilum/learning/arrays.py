"""A split of a dataset, decoded once into arrays on disk that training reads from then on."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from hilum.dataset.held_out import told_split
from hilum.dataset.lungs import LUNG_COLUMNS, lungs_by_convention
from hilum.dataset.read import Dataset, Row
from hilum.errors import DatasetError
from hilum.imaging.masks import BinaryMask, resize_mask
from hilum.inference.preprocess import fit_to_network
from hilum.learning.recipe import CollectionUse, Recipe
from hilum.learning.targets import UNKNOWN_FINDING
from hilum.radiograph import LUNG_TARGETS, Finding, LungConvention, Split, Structure, View

_LUNG_MASKS = (*LUNG_TARGETS, Structure.WHOLE_LUNGS)

_FORMAT = 2
"""Of what lies in the cache; another number, and it is decoded anew."""


@dataclass(frozen=True)
class TrainingArrays:
    """N images and what is known of them; the first two lie on disk and are mapped.

    ``images``: uint8 N×S×S grey. ``labels``: uint8 N×S×S whose bit t is target t.
    ``known``: bool N×T. ``findings``: int64 N, class index or -1. ``other_opacity``: bool N,
    whether the finding is neither COVID-19 nor normal. ``groups``: N group ids. ``repeats``:
    int64 N, how often an epoch shows each.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    known: NDArray[np.bool_]
    findings: NDArray[np.int64]
    other_opacity: NDArray[np.bool_]
    groups: tuple[str, ...]
    repeats: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.groups)


def load_arrays(
    dataset: Dataset,
    split: Split,
    recipe: Recipe,
    cache: Path,
) -> TrainingArrays:
    """The frontal radiographs of ``split`` as ``recipe`` needs them, decoded or from ``cache``.

    A row that can teach nothing (no known target, no known finding) and laterals are left out.

    Raises:
        DatasetError: the split has no row to use.
    """
    folder = cache / _cache_name(dataset, split, recipe)
    if not folder.exists():
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        _decode(dataset, split, recipe, unfinished)
        unfinished.rename(folder)
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    count = len(labels["groups"])
    if count == 0:
        raise DatasetError(
            f"{told_split(dataset, split)} has nothing this recipe can use",
            path=dataset.folder,
            expected="frontal radiographs with "
            + " or ".join(filter(None, [", ".join(recipe.targets), "a finding"])),
            remedy="compile a collection that has them, or draw the splits anew",
        )
    repeats = [_use(recipe, name).repeats for name in labels["collections"]]
    return TrainingArrays(
        images=np.load(folder / "images.npy", mmap_mode="r")[:count],
        labels=np.load(folder / "labels.npy", mmap_mode="r")[:count],
        known=np.array(labels["known"], bool),
        findings=np.array(labels["findings"], np.int64),
        other_opacity=np.array(labels["other_opacity"], bool),
        groups=tuple(labels["groups"]),
        repeats=np.array(repeats, np.int64),
    )


def _cache_name(dataset: Dataset, split: Split, recipe: Recipe) -> str:
    parts = [
        _FORMAT,
        sorted(name for name, use in recipe.collections.items() if not use.finding),
        dataset.content_sha256,
        recipe.image_size,
        recipe.targets,
        recipe.findings,
        recipe.lung_convention,
    ]
    if dataset.fold is not None:
        parts.append(dataset.fold)
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    return f"{split}-{digest[:16]}"


def _decode(dataset: Dataset, split: Split, recipe: Recipe, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    size, count = recipe.image_size, max(dataset.count(split), 1)
    shape = (count, size, size)
    known: list[list[bool]] = []
    findings: list[int] = []
    other_opacity: list[bool] = []
    groups: list[str] = []
    collections: list[str] = []
    with (
        _Planes(folder / "images.npy", shape) as images,
        _Planes(folder / "labels.npy", shape) as labels,
    ):
        for row in dataset.rows(split, structures=_stored(recipe.targets)):
            masks = _target_masks(row, recipe)
            is_learned = _use(recipe, row.labels["collection"]).finding
            finding = class_index(row.finding if is_learned else None, recipe.findings)
            nothing_known = finding == UNKNOWN_FINDING and all(mask is None for mask in masks)
            if nothing_known or row.labels["view"] == View.LATERAL:
                continue
            images.add(fit_to_network(row.pixels(), size))
            if masks:  # else the file stays a hole as long as its header says
                labels.add(_pack(masks, size))
            known.append([mask is not None for mask in masks])
            findings.append(finding)
            other_opacity.append(row.finding not in (None, Finding.COVID, Finding.NORMAL))
            groups.append(row.labels["group_id"])
            collections.append(row.labels["collection"])
    text = json.dumps(
        {
            "known": known,
            "findings": findings,
            "other_opacity": other_opacity,
            "groups": groups,
            "collections": collections,
        }
    )
    (folder / "labels.json").write_text(text, encoding="utf-8")


class _Planes:
    """A ``.npy`` file of N×S×S uint8 that is filled plane by plane; N may be too many.

    Written and not mapped, because a mapped file kills the process where the disk is full.
    """

    def __init__(self, path: Path, shape: tuple[int, int, int]) -> None:
        self._file = path.open("wb")
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._file, header)
        self._end = self._file.tell() + math.prod(shape)

    def add(self, plane: NDArray[np.uint8]) -> None:
        """Append ``plane``, S×S."""
        self._file.write(np.ascontiguousarray(plane).data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Make the file as long as its header says; nobody reads the planes that are missing."""
        with self._file as file:
            file.truncate(self._end)


def _use(recipe: Recipe, collection: str) -> CollectionUse:
    return recipe.collections.get(collection, CollectionUse())


def _stored(targets: Sequence[Structure]) -> list[Structure]:
    """The dataset's columns that ``targets`` are made of."""
    if not targets:
        return []
    return sorted({*LUNG_COLUMNS, *targets} - {Structure.LUNGS, Structure.WHOLE_LUNGS})


def _target_masks(row: Row, recipe: Recipe) -> list[BinaryMask | None]:
    """The mask of each target of ``recipe``, None where it is unknown."""
    found = lungs_by_convention(row, recipe.lung_convention)
    whole = lungs_by_convention(row, LungConvention.PARTLY_BEHIND_HEART)
    if Structure.LUNGS in whole:
        found[Structure.WHOLE_LUNGS] = whole[Structure.LUNGS]
    return [
        found.get(target) if target in _LUNG_MASKS else row.mask(target)
        for target in recipe.targets
    ]


def class_index(finding: Finding | None, classes: Sequence[Finding]) -> int:
    """Index of the class that ``finding`` is or is a kind of; -1 where there is none.

    >>> class_index(Finding.VIRAL_PNEUMONIA, [Finding.NORMAL, Finding.PNEUMONIA])
    1
    """
    if finding is None:
        return UNKNOWN_FINDING
    return next(
        (index for index, wider in enumerate(classes) if finding.is_a(wider)), UNKNOWN_FINDING
    )


def _pack(masks: Sequence[BinaryMask | None], size: int) -> NDArray[np.uint8]:
    packed = np.zeros((size, size), np.uint8)
    for bit, mask in enumerate(masks):
        if mask is not None:
            packed |= resize_mask(mask, width=size, height=size).astype(np.uint8) << bit
    return packed
