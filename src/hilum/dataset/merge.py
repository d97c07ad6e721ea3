"""Files that are equal byte for byte become one row that carries the labels of all."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator

from hilum.dataset.issues import Issue
from hilum.dataset.prepare import Prepared
from hilum.radiograph import Radiograph, Structure

_LUNGS = frozenset({Structure.RIGHT_LUNG, Structure.LEFT_LUNG})

_FILLED_FIELDS = (
    "finding",
    "patient_id",
    "origin",
    "official_split",
    "view",
    "age",
    "sex",
    "day",
)
"""What a copy may add where the first one does not know it."""


@dataclasses.dataclass(frozen=True)
class MergedRow:
    """One row to be written, and the patients of all the copies it stands for."""

    prepared: Prepared
    patients: frozenset[str]
    sources: tuple[str, ...]
    """``collection:source_path`` of every copy, the one that is kept first."""


def merge_copies(rows: Iterable[Prepared], issues: list[Issue]) -> list[MergedRow]:
    """Unite rows of one ``image_id``; the first one given leads.

    A copy fills in what the leader does not know. Where both know and differ, the leader's
    value stays and the disagreement is an issue with both values.
    """
    copies: dict[str, list[Prepared]] = defaultdict(list)
    for row in rows:
        copies[row.image_id].append(row)
    return [_merge(group, issues) for group in copies.values()]


def _merge(group: list[Prepared], issues: list[Issue]) -> MergedRow:
    leader = group[0]
    for copy in group[1:]:
        source = leader.radiograph
        issues.append(
            _issue(copy, "identical file", f"merged into {source.collection}:{source.source_path}")
        )
        issues += _conflicts(leader.radiograph, copy)
        filled = _fill(leader.radiograph, copy.radiograph)
        if not _LUNGS & leader.masks.keys():  # the convention belongs to the masks that stay
            filled = dataclasses.replace(filled, lung_convention=copy.radiograph.lung_convention)
        masks = _unite_masks(leader, copy, issues)
        leader = dataclasses.replace(leader, radiograph=filled, masks=masks)
    return MergedRow(
        leader,
        frozenset(row.radiograph.patient_id for row in group if row.radiograph.patient_id),
        tuple(f"{r.radiograph.collection}:{r.radiograph.source_path}" for r in group),
    )


def _fill(leader: Radiograph, copy: Radiograph) -> Radiograph:
    missing = {
        name: getattr(copy, name) for name in _FILLED_FIELDS if getattr(leader, name) is None
    }
    scales = {score.scale for score in leader.severity}
    severity = leader.severity + tuple(s for s in copy.severity if s.scale not in scales)
    sources = [s for s in (leader.label_source, copy.label_source) if s is not None]
    return dataclasses.replace(
        leader,
        **missing,
        severity=severity,
        label_source="; ".join(dict.fromkeys(sources)) or None,
    )


def _conflicts(leader: Radiograph, copy: Prepared) -> Iterator[Issue]:
    for name in ("finding", "official_split", "view", "sex", "age"):
        kept, other = getattr(leader, name), getattr(copy.radiograph, name)
        if kept is not None and other is not None and kept != other:
            yield _issue(
                copy, f"conflicting {name}", f"{other}; kept {kept} of {leader.collection}"
            )


def _unite_masks(leader: Prepared, copy: Prepared, issues: list[Issue]) -> dict[Structure, bytes]:
    """Masks of both. Lungs of two conventions or two readers are never mixed on one image."""
    masks = dict(leader.masks)
    has_lungs = bool(_LUNGS & masks.keys())
    for structure, mask in copy.masks.items():
        taken = has_lungs if structure in _LUNGS else structure in masks
        if not taken:
            masks[structure] = mask
        elif masks.get(structure) != mask:
            kept_from = leader.radiograph.collection
            issues.append(_issue(copy, "second mask", f"{structure}: kept the one of {kept_from}"))
    return masks


def _issue(row: Prepared, kind: str, detail: str) -> Issue:
    return Issue(row.radiograph.collection, row.radiograph.source_path, kind, detail)
