"""Who must be held out together: also those whom only the audit finds to be one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from hilum.audit.contrast import Label, groups_of
from hilum.twins.find import TwinPair


def unite_groups(labels: Sequence[Label], pairs: Sequence[TwinPair]) -> dict[str, str]:
    """Group → the first by name of all that are one with it, by a patient or by ``pairs``.

    A dataset that was compiled without looking for twins has them in groups of their own; a
    classifier would be judged on films that it has learned from.
    """
    groups = groups_of(labels).tolist()
    names = sorted(set(groups))
    number = {name: place for place, name in enumerate(names)}
    links = [(groups[pair.a], groups[pair.b]) for pair in pairs]
    first_of: dict[str, str] = {}
    for label, group in zip(labels, groups, strict=True):
        if label["patient_id"] is not None:
            links.append((first_of.setdefault(label["patient_id"], group), group))
    ends = np.array([[number[one], number[other]] for one, other in links], int).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), (len(names), len(names)))
    _, parts = connected_components(graph, directed=False)
    first: dict[int, str] = {}
    return {name: first.setdefault(part, name) for name, part in zip(names, parts, strict=True)}


def with_groups(labels: Sequence[Label], united: Mapping[str, str]) -> tuple[Label, ...]:
    """``labels`` with the groups that :func:`unite_groups` gave."""
    groups = groups_of(labels).tolist()
    return tuple(
        {**label, "group_id": united[group]} for label, group in zip(labels, groups, strict=True)
    )
