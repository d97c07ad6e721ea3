"""Images that show one exposure become one row, which carries the labels and masks of all."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

from hilum.dataset.carry import carry_masks
from hilum.dataset.exposures import Exposure, Member, find_exposures
from hilum.dataset.issues import Issue
from hilum.dataset.prepare import Prepared
from hilum.dataset.unite import (
    OnConflict,
    disagree,
    issue_of,
    settle_finding,
    source_of,
    unite,
)
from hilum.radiograph import Radiograph, Split
from hilum.workers import Progress, no_progress

_GAINED_FIELDS = ("finding", "patient_id", "origin", "view", "age", "sex", "day", "severity")


@dataclasses.dataclass(frozen=True)
class MergedRow:
    """One row to be written, and all the images it stands for."""

    prepared: Prepared
    members: tuple[Prepared, ...]
    """The images of the exposure as their collections give them, the one that is kept first."""

    @property
    def patients(self) -> frozenset[str]:
        """All patients it is said to be of: one person under several names."""
        return frozenset(r.patient_id for r in self._radiographs if r.patient_id)

    @property
    def official_splits(self) -> frozenset[Split]:
        """All splits in which it was published."""
        return frozenset(r.official_split for r in self._radiographs if r.official_split)

    @property
    def sources(self) -> tuple[str, ...]:
        """``collection:source_path`` of every image, the one that is kept first."""
        return tuple(map(source_of, self._radiographs))

    def gains(self) -> frozenset[str]:
        """What the image that is kept did not know by itself: names of fields and structures."""
        alone, now = self.members[0].radiograph, self.prepared.radiograph
        fields = {
            name
            for name in _GAINED_FIELDS
            if getattr(alone, name) in (None, ()) and getattr(now, name) not in (None, ())
        }
        structures = self.prepared.masks.keys() - self.members[0].masks.keys()
        return frozenset(fields | set(map(str, structures)))

    def sources_by_image(self) -> dict[str, list[str]]:
        """``image_id`` → where it was found, for each different file among the members."""
        found: dict[str, list[str]] = {}
        for member in self.members:
            found.setdefault(member.image_id, []).append(source_of(member.radiograph))
        return found

    @property
    def _radiographs(self) -> list[Radiograph]:
        return [member.radiograph for member in self.members]


def merge_copies(
    rows: Sequence[Prepared],
    issues: list[Issue],
    *,
    on_conflict: OnConflict = OnConflict.LEADER,
    workers: int = 1,
    progress: Progress = no_progress,
) -> list[MergedRow]:
    """Unite the images of each exposure: equal files, and twins that :mod:`hilum.twins` finds.

    The best image leads (:mod:`hilum.dataset.exposures`). Each other one is an issue, fills in
    what is not known yet, and its masks are carried into the leader's frame. Where two know and
    differ the first stays, the finding by ``on_conflict``, and the disagreement is an issue with
    both values.

    Raises:
        ImageError: a source file changed or vanished since it was prepared.
    """
    merged = [
        _merge(exposure, on_conflict, issues)
        for exposure in find_exposures(rows, workers=workers, progress=progress)
    ]
    return [row for row in merged if row is not None]


def _merge(exposure: Exposure, rule: OnConflict, issues: list[Issue]) -> MergedRow | None:
    leader = exposure.leader
    findings = [leader.radiograph.finding, *(m.row.radiograph.finding for m in exposure.others)]
    finding = settle_finding(findings, rule)
    united = leader
    for member in exposure.others:
        issues += _told(member, leader, rule)
        carried = carry_masks(member.row, leader, member.to_leader, issues)
        united = unite(united, member.row, carried, issues)
    if rule is OnConflict.DROP and disagree(findings):
        kinds = ", ".join(sorted({str(one) for one in findings if one}))
        issues += [
            issue_of(row, "left out for conflicting findings", kinds)
            for row in (leader, *(member.row for member in exposure.others))
        ]
        return None
    radiograph = dataclasses.replace(united.radiograph, finding=finding)
    members = (leader, *(member.row for member in exposure.others))
    return MergedRow(dataclasses.replace(united, radiograph=radiograph), members)


def _told(member: Member, leader: Prepared, rule: OnConflict) -> list[Issue]:
    place = f"merged into {source_of(leader.radiograph)}"
    if member.change is None:
        told = [issue_of(member.row, "identical file", place)]
    else:
        told = [issue_of(member.row, "twin", f"{member.change}; {place}")]
    other, kept = member.row.radiograph.finding, leader.radiograph.finding
    if disagree([other, kept]):
        detail = f"{other}; {kept} of {leader.radiograph.collection}; settled by the rule {rule}"
        told.append(issue_of(member.row, "conflicting finding", detail))
    return told


def count_gains(rows: Sequence[MergedRow]) -> dict[str, int]:
    """How many rows know something through a copy alone: by field or structure."""
    return dict(sorted(Counter(name for row in rows for name in row.gains()).items()))
