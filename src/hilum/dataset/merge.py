"""Files that are equal byte for byte become one row that carries the labels of all."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator

from hilum.dataset.issues import Issue
from hilum.dataset.prepare import Prepared
from hilum.dataset.variant import StoredMask
from hilum.radiograph import (
    Finding,
    Radiograph,
    Split,
    Structure,
    View,
    unite_licences,
    unite_texts,
)

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


_NARROWER_VIEWS = {
    View.FRONTAL: (View.PA, View.AP, View.AP_SUPINE),
    View.AP: (View.AP_SUPINE,),
}


@dataclasses.dataclass(frozen=True)
class MergedRow:
    """One row to be written, and what all the copies it stands for say of their grouping."""

    prepared: Prepared
    patients: frozenset[str]
    official_splits: frozenset[Split]
    sources: tuple[str, ...]
    """``collection:source_path`` of every copy, the one that is kept first."""


def merge_copies(rows: Iterable[Prepared], issues: list[Issue]) -> list[MergedRow]:
    """Unite rows of one ``image_id``; the first one given leads.

    A copy fills in what the leader does not know, or knows less exactly. Where both know and
    differ, the leader's value stays and the disagreement is an issue with both values.
    """
    copies: dict[str, list[Prepared]] = defaultdict(list)
    for row in rows:
        copies[row.image_id].append(row)
    return [_merge(group, issues) for group in copies.values()]


def _merge(group: list[Prepared], issues: list[Issue]) -> MergedRow:
    leader = group[0]
    for copy in group[1:]:
        issues.append(_issue(copy, "identical file", f"merged into {_source(leader)}"))
        issues += _conflicts(leader.radiograph, copy)
        filled = _fill(leader.radiograph, copy.radiograph)
        if not _LUNGS & leader.masks.keys() and _LUNGS & copy.masks.keys():
            # the convention belongs to the masks that stay
            filled = dataclasses.replace(filled, lung_convention=copy.radiograph.lung_convention)
        masks = _unite_masks(leader, copy, issues)
        leader = dataclasses.replace(leader, radiograph=filled, masks=masks)
    return MergedRow(
        leader,
        frozenset(row.radiograph.patient_id for row in group if row.radiograph.patient_id),
        frozenset(r.radiograph.official_split for r in group if r.radiograph.official_split),
        tuple(_source(row) for row in group),
    )


def _source(row: Prepared) -> str:
    return f"{row.radiograph.collection}:{row.radiograph.source_path}"


def _fill(leader: Radiograph, copy: Radiograph) -> Radiograph:
    filled = {
        name: getattr(copy, name)
        for name in _FILLED_FIELDS
        if _says_more(getattr(copy, name), getattr(leader, name))
    }
    scales = {score.scale for score in leader.severity}
    return dataclasses.replace(
        leader,
        **filled,
        severity=leader.severity + tuple(s for s in copy.severity if s.scale not in scales),
        label_source=unite_texts(leader.label_source, copy.label_source) or None,
        citation=unite_texts(leader.citation, copy.citation),
        licence=unite_licences(leader.licence, copy.licence),
    )


def _says_more(value: object, than: object) -> bool:
    """Whether ``value`` agrees with ``than`` and says more."""
    if isinstance(value, Finding) and isinstance(than, Finding):
        return value != than and value.is_a(than)
    if isinstance(value, View) and isinstance(than, View):
        return value in _NARROWER_VIEWS.get(than, ())
    return value is not None and than is None


def _conflicts(leader: Radiograph, copy: Prepared) -> Iterator[Issue]:
    for name in ("finding", "official_split", "view", "sex", "age"):
        kept, other = getattr(leader, name), getattr(copy.radiograph, name)
        if other is None or kept is None or kept == other:
            continue
        if not _says_more(other, kept) and not _says_more(kept, other):
            yield _issue(copy, f"conflicting {name}", _disagreement(other, kept, leader))
    scores = {score.scale: score.value for score in leader.severity}
    for score in copy.radiograph.severity:
        if scores.get(score.scale, score.value) != score.value:
            detail = _disagreement(score.value, scores[score.scale], leader)
            yield _issue(copy, f"conflicting {score.scale}", detail)


def _disagreement(other: object, kept: object, leader: Radiograph) -> str:
    return f"{other}; kept {kept} of {leader.collection}"


def _unite_masks(
    leader: Prepared, copy: Prepared, issues: list[Issue]
) -> dict[Structure, StoredMask]:
    """Masks of both. Lungs of two conventions or two readers are never mixed on one image."""
    masks = dict(leader.masks)
    has_lungs = bool(_LUNGS & masks.keys())
    for structure, mask in copy.masks.items():
        taken = has_lungs if structure in _LUNGS else structure in masks
        if not taken:
            masks[structure] = mask
        elif masks.get(structure) != mask:
            detail = f"{structure}: not used beside those of {leader.radiograph.collection}"
            issues.append(_issue(copy, "second mask", detail))
    return masks


def _issue(row: Prepared, kind: str, detail: str) -> Issue:
    return Issue(row.radiograph.collection, row.radiograph.source_path, kind, detail)
