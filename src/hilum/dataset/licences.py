"""Which licences a wish such as ``open`` or ``CC-BY`` permits. Unknown is not permission."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

LICENCE_CLASSES = {
    "open": ("CC0", "CC-BY", "CC-BY-SA", "APACHE", "MIT", "PDM"),
    "commercial": ("CC0", "CC-BY", "CC-BY-SA", "CC-BY-ND", "APACHE", "MIT", "PDM"),
}
"""``open``: use, change and share for any purpose; ``commercial``: use for any purpose. A name
stands for each of its versions."""


def is_permitted(licence: str, wishes: Sequence[str]) -> bool:
    """Whether each part of ``licence`` is one that ``wishes`` name.

    >>> is_permitted("CC-BY-4.0 AND CC0-1.0", ["open"]), is_permitted("CC-BY-NC-4.0", ["CC-BY"])
    (True, False)
    """
    names = [name for wish in wishes for name in LICENCE_CLASSES.get(wish.strip().lower(), (wish,))]
    patterns = [re.compile(rf"{re.escape(_plain(name))}(-[\d.]+)?$") for name in names]
    return all(
        any(pattern.match(_plain(part)) for pattern in patterns) for part in licence.split(" AND ")
    )


def is_known(wish: str, licences: Iterable[str]) -> bool:
    """Whether ``wish`` is a word of :data:`LICENCE_CLASSES` or names a licence of ``licences``.

    >>> is_known("Open", []), is_known("cc by-nc", ["CC-BY-NC-4.0"]), is_known("CC-YB", ["MIT"])
    (True, True, False)
    """
    names = [name for of_one in LICENCE_CLASSES.values() for name in of_one]
    parts = [part for licence in licences for part in licence.split(" AND ")]
    same = re.sub(r"-[\d.]+$", "", _plain(wish))
    return wish.strip().lower() in LICENCE_CLASSES or any(
        re.sub(r"-[\d.]+$", "", _plain(name)) == same for name in (*names, *parts)
    )


def _plain(name: str) -> str:
    return "-".join(name.upper().split())
