"""What a half download lacks, compared with what its collection is published with."""

from __future__ import annotations

from collections.abc import Iterator

from hilum.collections.collection import Problem, Reading
from hilum.collections.registry import COLLECTIONS
from hilum.radiograph import LUNG_TARGETS


def find_missing_parts(reading: Reading) -> Iterator[Problem]:
    """A ``missing part`` for each class without any image, and for lung masks that all lack.

    Only where folders tell the class: a table tells itself which images are not here. A release
    before the last one may never have had the part, which the detail says.
    """
    facts = next(c.facts for c in COLLECTIONS if c.facts.name == reading.collection)
    radiographs = reading.radiographs
    if not radiographs or any(r.label_source != "folder" for r in radiographs):
        return
    found = {r.finding for r in radiographs}
    ending = "which the published collection has, though earlier releases of it may not"
    for finding in facts.findings:
        if not any(one is not None and one.is_a(finding) for one in found):
            yield Problem(".", "missing part", f"no image of the class {finding}, {ending}")
    has_lungs = any(structure in LUNG_TARGETS for structure in facts.structures)
    if has_lungs and not any(
        structure in r.masks for r in radiographs for structure in LUNG_TARGETS
    ):
        yield Problem(".", "missing part", f"not one lung mask, {ending}")
