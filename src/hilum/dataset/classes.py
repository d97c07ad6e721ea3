"""The classes a dataset is made for; docs/selection.md lists those of published systems."""

from __future__ import annotations

from collections.abc import Sequence

from hilum.errors import DatasetError
from hilum.radiograph import Finding

_SHORT_NAMES = {finding.rpartition("/")[2]: finding for finding in Finding} | {
    f"{finding.rpartition('/')[2]}_pneumonia": finding
    for finding in Finding
    if finding.startswith("pneumonia/")
}
_SHORT_NAMES["other"] = Finding.OTHER


def parse_classes(text: str) -> tuple[Finding, ...]:
    """The classes that ``text`` names, between commas.

    >>> [str(name) for name in parse_classes("covid, viral pneumonia,pneumonia/bacterial")]
    ['covid', 'pneumonia/viral', 'pneumonia/bacterial']

    Raises:
        DatasetError: a name is no finding.
    """
    classes = []
    for part in text.split(","):
        name = "_".join(part.lower().split())
        try:
            classes.append(_SHORT_NAMES[name] if name in _SHORT_NAMES else Finding(name))
        except ValueError:
            raise DatasetError(
                "there is no such class", got=repr(part.strip()), expected=", ".join(Finding)
            ) from None
    return tuple(classes)


def check_classes(classes: Sequence[Finding]) -> None:
    """Raises:
    DatasetError: a single class, or one that is named twice or is a kind of another.
    """
    if len(classes) == 1:
        raise DatasetError("one class is no task", got=classes[0], expected="two classes or more")
    for number, one in enumerate(classes):
        for other in classes[number + 1 :]:
            if one.is_a(other) or other.is_a(one):
                raise DatasetError(
                    "two classes are the same finding or one is a kind of the other",
                    got=f"{one}, {other}",
                    remedy="name classes that exclude each other",
                )


def class_of(finding: Finding | None, classes: Sequence[Finding]) -> Finding | None:
    """The class that ``finding`` is or is a kind of; None where there is none.

    Without classes each finding is its own.

    >>> class_of(Finding.VIRAL_PNEUMONIA, [Finding.NORMAL, Finding.PNEUMONIA])
    <Finding.PNEUMONIA: 'pneumonia'>
    """
    if finding is None or not classes:
        return finding
    return next((wider for wider in classes if finding.is_a(wider)), None)
