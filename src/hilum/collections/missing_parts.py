"""What a half download lacks, compared with what its collection is published with."""

from __future__ import annotations

from collections.abc import Iterator

from hilum.collections.collection import Problem, Reading
from hilum.collections.registry import COLLECTIONS
from hilum.radiograph import LUNG_TARGETS, Split

_WHOLE = {
    "covid-qu-ex": frozenset(Split),
    "kermany": frozenset({Split.TRAIN, Split.TEST}),
    "radiography": frozenset[Split](),
}
"""Collections whose folders tell the classes, each of which every complete copy has, and the splits
that each release has. Each split has images of every class, if not of every kind of pneumonia."""


def find_missing_parts(reading: Reading) -> Iterator[Problem]:
    """A ``missing part`` for each split and class without any image, and if all lack lung masks.

    Only where folders tell the class: a table tells itself which images are not here. The flat
    releases of the Radiography Database never had masks and lung opacity; they lack nothing.
    """
    radiographs = reading.radiographs
    is_flat = reading.collection == "radiography" and not any(
        r.path.parent.name == "images" for r in radiographs
    )
    if reading.collection not in _WHOLE or not radiographs or is_flat:
        return
    facts = next(c.facts for c in COLLECTIONS if c.facts.name == reading.collection)
    found = {r.finding for r in radiographs if r.finding is not None}
    for finding in facts.findings:
        if not any(one.is_a(finding) for one in found):
            detail = f"no image of the class {finding}, which the published collection has"
            yield Problem(".", "missing part", detail)
    here = {(r.official_split, r.finding.split("/")[0]) for r in radiographs if r.finding}
    for split in sorted(_WHOLE[reading.collection], key=list(Split).index):
        lacking = {name for _, name in here} - {name for part, name in here if part is split}
        if all(part is not split for part, _ in here):
            detail = f"no image of the official split {split}, which the published collection has"
            yield Problem(".", "missing part", detail)
        else:
            for name in sorted(lacking):
                detail = f"no image of the class {name} in {split}; the published collection has"
                yield Problem(".", "missing part", detail)
    has_lungs = any(structure in LUNG_TARGETS for structure in facts.structures)
    if has_lungs and not any(one in r.masks for r in radiographs for one in LUNG_TARGETS):
        yield Problem(".", "missing part", "not one lung mask; the published collection has them")
