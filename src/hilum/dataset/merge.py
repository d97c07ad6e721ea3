"""Images that show one exposure become one row, which carries the labels and masks of all."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from hilum.dataset.carry import carry_masks
from hilum.dataset.exposures import Exposure, Member, Twins, find_exposures
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
from hilum.radiograph import Finding, Radiograph, Split
from hilum.twins.fingerprint import Fingerprint
from hilum.workers import HERE, Progress, Workers, no_progress

_GAINED_FIELDS = ("finding", "patient_id", "origin", "view", "age", "sex", "day", "severity")


@dataclasses.dataclass(frozen=True)
class MergedRow:
    """One row to be written, and all the images it stands for."""

    prepared: Prepared
    members: tuple[Prepared, ...]
    """The images of the exposure as their collections give them, the one that is kept first."""
    disagreement: str = ""
    """The findings for which it is to be left out; empty where it is not."""

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

    def gains(self) -> list[str]:
        """What each image did not know by itself: names of fields and structures, of all images."""
        now = self.prepared
        gained = []
        for alone in self.members:
            gained += [
                name
                for name in _GAINED_FIELDS
                if getattr(alone.radiograph, name) in (None, ())
                and getattr(now.radiograph, name) not in (None, ())
            ]
            gained += map(str, now.masks.keys() - alone.masks.keys())
        return gained

    def sources_by_image(self) -> dict[str, list[str]]:
        """``image_id`` → where it was found, for each different file among the members."""
        found: dict[str, list[str]] = {}
        for member in self.members:
            found.setdefault(member.image_id, []).append(source_of(member.radiograph))
        return found

    @property
    def _radiographs(self) -> list[Radiograph]:
        return [member.radiograph for member in self.members]


@dataclasses.dataclass(frozen=True)
class Merged:
    """The rows that came of all images."""

    rows: list[MergedRow]
    links: list[tuple[int, int]]
    """Pairs of :attr:`rows`, by index, that belong into one group: twins that were not united."""


def merge_copies(
    rows: Sequence[Prepared],
    prints: Mapping[str, Fingerprint],
    issues: list[Issue],
    *,
    twins: Twins = Twins.UNITE,
    on_conflict: OnConflict = OnConflict.LEADER,
    workers: Workers = HERE,
    progress: Progress = no_progress,
) -> Merged:
    """Unite the images of each exposure: equal files, and twins that :mod:`hilum.twins` finds.

    The best image leads (:mod:`hilum.dataset.exposures`). Each other one is an issue, fills in
    what is not known yet, and its masks are carried into the leader's frame. Where two know and
    differ the first stays, the finding by ``on_conflict``, and the disagreement is an issue with
    both values. ``prints`` has the fingerprint of each ``image_id``.

    Raises:
        ImageError: a source file changed or vanished since it was prepared.
    """
    exposures = find_exposures(rows, prints, twins, workers=workers, progress=progress)
    merged = [_merge(exposure, on_conflict, issues) for exposure in exposures.each]
    for pair in exposures.links:
        first, second = (exposures.each[number].leader for number in (pair.a, pair.b))
        detail = f"{pair.change}; of {source_of(first.radiograph)}; kept, in one group with it"
        issues.append(issue_of(second, "twin", detail))
    return Merged(merged, [(pair.a, pair.b) for pair in exposures.links])


def _merge(exposure: Exposure, rule: OnConflict, issues: list[Issue]) -> MergedRow:
    leader = exposure.leader
    findings = [leader.radiograph.finding, *(m.row.radiograph.finding for m in exposure.others)]
    finding = settle_finding(findings, rule)
    united = leader
    if disagree(findings):
        issues += _conflicts(exposure, findings, finding, rule)
    for member in exposure.others:
        issues.append(_told(member, leader))
        carried = carry_masks(member.row, leader, member.to_leader, issues)
        united = unite(united, member.row, carried, issues)
    radiograph = dataclasses.replace(united.radiograph, finding=finding)
    members = (leader, *(member.row for member in exposure.others))
    dropped = rule is OnConflict.DROP and disagree(findings)
    kinds = ", ".join(sorted({str(one) for one in findings if one})) if dropped else ""
    return MergedRow(dataclasses.replace(united, radiograph=radiograph), members, kinds)


def _told(member: Member, leader: Prepared) -> Issue:
    place = f"merged into {source_of(leader.radiograph)}"
    if member.change is None:
        return issue_of(member.row, "identical file", place)
    return issue_of(member.row, "twin", f"{member.change}; {place}")


def _conflicts(
    exposure: Exposure,
    findings: Sequence[Finding | None],
    settled: Finding | None,
    rule: OnConflict,
) -> Iterator[Issue]:
    """An issue for each image whose finding is known and no kind of the first known one."""
    first = next(finding for finding in findings if finding is not None)
    rows = (exposure.leader, *(member.row for member in exposure.others))
    stands = "left out" if rule is OnConflict.DROP else f"kept {settled or 'none'}"
    for row, finding in zip(rows, findings, strict=True):
        if disagree([finding, first]):
            detail = f"{finding}, elsewhere {first}; {stands} by the rule {rule}"
            yield issue_of(row, "conflicting finding", detail)


def count_gains(rows: Sequence[MergedRow]) -> dict[str, int]:
    """How many images of ``rows`` gained something by a copy: by field or structure."""
    return dict(sorted(Counter(name for row in rows for name in row.gains()).items()))
