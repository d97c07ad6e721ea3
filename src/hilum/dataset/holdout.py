"""Holding out a collection or an origin: an external test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from hilum.dataset.issues import Issue
from hilum.dataset.merge import MergedRow
from hilum.errors import DatasetError
from hilum.radiograph import Split


def hold_out(
    members: Mapping[str, Sequence[MergedRow]], names: Sequence[str], issues: list[Issue]
) -> dict[str, Split]:
    """Each group that touches a collection or origin of ``names`` → test.

    Rows of such groups that come from elsewhere are issues.

    Raises:
        DatasetError: a name does not occur.
    """
    counts = Counter(name for rows in members.values() for row in rows for name in _homes(row))
    require_homes(names, counts)
    wanted = {name.strip().casefold() for name in names}
    held: dict[str, Split] = {}
    for group, rows in members.items():
        touching = [row for row in rows if _is_held(row, wanted)]
        if not touching:
            continue
        held[group] = Split.TEST
        for row in rows:
            if not _is_held(row, wanted):
                radiograph = row.prepared.radiograph
                detail = f"now test: group {group} is also in {', '.join(sorted(names))}"
                issues.append(
                    Issue(
                        radiograph.collection,
                        radiograph.source_path,
                        "held out with its group",
                        detail,
                    )
                )
    return held


def require_homes(names: Sequence[str], known: Mapping[str, int | None]) -> None:
    """Check that ``known`` collections and origins, with their numbers of images, have ``names``.

    Raises:
        DatasetError: a name does not occur; says which do.
    """
    missing = {name.strip().casefold() for name in names} - {name.casefold() for name in known}
    if missing:
        told = sorted(known.items())
        raise DatasetError(
            "what is to be held out does not occur",
            got=", ".join(sorted(missing)),
            expected=", ".join(f"{name} ({count})" if count else name for name, count in told),
        )


def _is_held(row: MergedRow, wanted: set[str]) -> bool:
    return any(name.casefold() in wanted for name in _homes(row))


def _homes(row: MergedRow) -> set[str]:
    """The collections and origins of all its images."""
    radiographs = [member.radiograph for member in row.members]
    origins = {one.origin for one in (*radiographs, row.prepared.radiograph) if one.origin}
    return origins | {one.collection for one in radiographs}
