"""What several images of one exposure say of it becomes one record; disagreements are issues."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator, Mapping, Sequence

from hilum.dataset.issues import Issue
from hilum.dataset.prepare import Prepared
from hilum.dataset.variant import StoredMask
from hilum.imaging.masks import decode_mask
from hilum.radiograph import (
    Finding,
    Radiograph,
    Structure,
    View,
    unite_licences,
    unite_texts,
)

LUNGS = frozenset({Structure.RIGHT_LUNG, Structure.LEFT_LUNG})

AGREEING_DICE = 0.9
"""Overlap from which on two masks of one structure count as the same outline."""

_FILLED_FIELDS = ("patient_id", "origin", "official_split", "view", "age", "sex", "day")
"""What a copy may add where the leader does not know it."""

_NARROWER_VIEWS = {
    View.FRONTAL: (View.PA, View.AP, View.AP_SUPINE),
    View.AP: (View.AP_SUPINE,),
}


class OnConflict(enum.StrEnum):
    """Whose finding stays where images of one exposure differ in it."""

    LEADER = "leader"
    """That of the image that is kept, the one with the best pixels: the nearest to its source."""
    MAJORITY = "majority"
    """That of most images; where as many differ, the leader's."""
    UNKNOWN = "unknown"
    """None: the image stays, without a finding."""
    DROP = "drop"
    """The image is left out."""


def settle_finding(findings: Sequence[Finding | None], rule: OnConflict) -> Finding | None:
    """The finding of one exposure, from what its images say, the leader's first.

    Unknown ones say nothing, and a narrower one speaks for those that it is a kind of. ``DROP``
    gives the leader's too: who asks has to look with :func:`disagree` first.

    >>> several = [Finding.PNEUMONIA, Finding.BACTERIAL_PNEUMONIA, Finding.VIRAL_PNEUMONIA]
    >>> settle_finding(several, OnConflict.LEADER)
    <Finding.BACTERIAL_PNEUMONIA: 'pneumonia/bacterial'>
    >>> settle_finding([*several, Finding.VIRAL_PNEUMONIA], OnConflict.MAJORITY)
    <Finding.VIRAL_PNEUMONIA: 'pneumonia/viral'>
    """
    known = [finding for finding in findings if finding is not None]
    if not known or (rule is OnConflict.UNKNOWN and disagree(known)):
        return None
    chosen = [one for one in known if not any(o != one and o.is_a(one) for o in known)]
    if rule is OnConflict.MAJORITY:
        votes = {one: sum(_agree(one, other) for other in known) for one in chosen}
        chosen = [one for one in chosen if votes[one] == max(votes.values())]
    return next((one for one in chosen if _agree(one, known[0])), chosen[0])


def disagree(findings: Sequence[Finding | None]) -> bool:
    """Whether two of ``findings`` are known and neither is a kind of the other."""
    known = [finding for finding in findings if finding is not None]
    return any(not _agree(one, other) for one in known for other in known)


def _agree(one: Finding, other: Finding) -> bool:
    return one.is_a(other) or other.is_a(one)


def unite(
    leader: Prepared,
    copy: Prepared,
    carried: Mapping[Structure, StoredMask],
    issues: list[Issue],
) -> Prepared:
    """``leader`` with what ``copy`` adds; where both know and differ, the leader's value stays.

    The finding is not touched, see :func:`settle_finding`.

    Args:
        leader: the image that is kept.
        copy: another one of the same exposure.
        carried: the masks of ``copy`` in the frame of ``leader``.
        issues: disagreements are added.
    """
    issues += _conflicts(leader.radiograph, copy)
    filled = _fill(leader.radiograph, copy.radiograph)
    if not LUNGS & leader.masks.keys() and LUNGS & carried.keys():
        # The convention belongs to the masks that stay.
        filled = dataclasses.replace(filled, lung_convention=copy.radiograph.lung_convention)
    masks = _unite_masks(leader, copy, carried, issues)
    return dataclasses.replace(leader, radiograph=filled, masks=masks)


def issue_of(row: Prepared, kind: str, detail: str) -> Issue:
    """An issue of the file that ``row`` was read from."""
    return Issue(row.radiograph.collection, row.radiograph.source_path, kind, detail)


def source_of(radiograph: Radiograph) -> str:
    """``collection:source_path``."""
    return f"{radiograph.collection}:{radiograph.source_path}"


def _fill(leader: Radiograph, copy: Radiograph) -> Radiograph:
    filled = {
        name: getattr(copy, name)
        for name in _FILLED_FIELDS
        if _says_more(getattr(copy, name), getattr(leader, name))
    }
    if leader.patient_id is not None and leader.patient_id != copy.patient_id:
        filled.pop("day", None)  # days are counted for a patient, by each collection in its own way
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
    if isinstance(value, View) and isinstance(than, View):
        return value in _NARROWER_VIEWS.get(than, ())
    return value is not None and than is None


def _conflicts(leader: Radiograph, copy: Prepared) -> Iterator[Issue]:
    names = ["official_split", "origin", "view", "sex", "age"]
    if leader.patient_id is not None and leader.patient_id == copy.radiograph.patient_id:
        names.append("day")  # of another patient's count a day says nothing
    for name in names:
        kept, other = getattr(leader, name), getattr(copy.radiograph, name)
        if other is None or kept is None or kept == other:
            continue
        if not _says_more(other, kept) and not _says_more(kept, other):
            yield issue_of(copy, f"conflicting {name}", _disagreement(other, kept, leader))
    scores = {score.scale: score.value for score in leader.severity}
    for score in copy.radiograph.severity:
        if scores.get(score.scale, score.value) != score.value:
            detail = _disagreement(score.value, scores[score.scale], leader)
            yield issue_of(copy, f"conflicting {score.scale}", detail)


def _disagreement(other: object, kept: object, leader: Radiograph) -> str:
    return f"{other}; kept {kept} of {leader.collection}"


def _unite_masks(
    leader: Prepared,
    copy: Prepared,
    carried: Mapping[Structure, StoredMask],
    issues: list[Issue],
) -> dict[Structure, StoredMask]:
    """Masks of both. Lungs of two conventions or two readers are never mixed on one image."""
    masks = dict(leader.masks)
    has_lungs = bool(LUNGS & masks.keys())
    for structure, mask in carried.items():
        taken = has_lungs if structure in LUNGS else structure in masks
        if not taken:
            masks[structure] = mask
        elif masks.get(structure) != mask:
            issues.append(_second_mask(leader, copy, structure, mask))
    return masks


def _second_mask(leader: Prepared, copy: Prepared, structure: Structure, mask: StoredMask) -> Issue:
    detail = f"{structure}: not used beside those of {leader.radiograph.collection}"
    first = leader.masks.get(structure)
    conventions = {leader.radiograph.lung_convention, copy.radiograph.lung_convention}
    if first is None or (structure in LUNGS and len(conventions) > 1):
        return issue_of(copy, "second mask", detail)
    dice = dice_of(first, mask)
    kind = "second mask" if dice >= AGREEING_DICE else f"conflicting {structure} mask"
    return issue_of(copy, kind, f"{detail}; they overlap with a Dice of {dice:.2f}")


def dice_of(one: StoredMask, other: StoredMask) -> float:
    """Overlap of two masks of one size, 0–1; 1 for two empty ones."""
    first, second = (decode_mask(mask.png, path="mask") for mask in (one, other))
    total = int(first.sum()) + int(second.sum())
    return 2 * int((first & second).sum()) / total if total else 1.0
