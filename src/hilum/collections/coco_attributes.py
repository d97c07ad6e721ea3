"""What ``hilum export --to coco`` tells of each image beyond COCO: its ``attributes``, checked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hilum.radiograph import Finding, Licence, SeverityScore, View
from hilum.scales import READERS_SCALES

LAYOUT = 1
"""Of ``info.hilum.layout``. In files without it, attributes are somebody else's and not read."""

_SCALES = {scale.name: scale.maximum for scale in READERS_SCALES}
_OLDEST = 130


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _age(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= _OLDEST else None  # type: ignore[operator, arg-type]


def _day(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _sex(value: object) -> str | None:
    return value if value in ("F", "M") else None


def _view(value: object) -> View | None:
    return View(value) if value in list(View) else None  # type: ignore[arg-type]


def _severity(value: object) -> tuple[SeverityScore, ...] | None:
    if not isinstance(value, list):
        return None
    scores: list[SeverityScore] = []
    for one in value:
        scale = one.get("scale") if isinstance(one, dict) else None
        maximum = _SCALES.get(scale) if isinstance(scale, str) else None
        score = one.get("value") if isinstance(one, dict) else None
        if maximum is None or not isinstance(score, int | float) or not math.isfinite(score):
            return None
        if not 0 <= score <= maximum:
            return None
        scores.append(SeverityScore(str(scale), float(score), maximum))
    return tuple(scores)


_READ: Mapping[str, Callable[[object], Any]] = {
    "patient_id": _text,
    "group_id": _text,
    "origin": _text,
    "citation": _text,
    "label_source": _text,
    "view": _view,
    "age": _age,
    "sex": _sex,
    "day": _day,
    "severity": _severity,
}
"""Each attribute and what gives its value, or None where it is none."""


@dataclass(frozen=True)
class Told:
    """What one file tells of its images."""

    is_ours: bool
    licences: Mapping[int, str]

    @classmethod
    def of(cls, value: object) -> Told:
        """From the parsed file."""
        info = value.get("info") if isinstance(value, dict) else None
        ours = info.get("hilum") if isinstance(info, dict) else None
        if not isinstance(ours, dict) or ours.get("layout") != LAYOUT:
            return cls(False, {})
        entries = value.get("licenses") if isinstance(value, dict) else None
        licences = {
            entry["id"]: entry["name"]
            for entry in (entries if isinstance(entries, list) else [])
            if isinstance(entry, dict)
            and isinstance(entry.get("id"), int)
            and isinstance(entry.get("name"), str)
        }
        return cls(True, licences)

    def tags(self, image: Mapping[str, Any]) -> frozenset[str]:
        """The finding of an image, as a word."""
        finding = self._attributes(image).get("finding")
        return frozenset({finding} if isinstance(finding, str) and finding in set(Finding) else ())

    def known(self, image: Mapping[str, Any], problems: list[tuple[str, str]]) -> dict[str, Any]:
        """Fields of the radiograph; an attribute that cannot be read is a problem."""
        known: dict[str, Any] = {}
        attributes = self._attributes(image)
        for name, read in _READ.items():
            if name in attributes:
                value = read(attributes[name])
                if value is None:
                    detail = f"{image['file_name'][:80]!r}: the attribute {name} cannot be read"
                    problems.append(("damaged annotation", detail))
                else:
                    known[name] = value
        licence = image.get("license")
        if self.is_ours and isinstance(licence, int) and licence in self.licences:
            known["licence"] = Licence(self.licences[licence])
        return known

    def _attributes(self, image: Mapping[str, Any]) -> Mapping[str, Any]:
        attributes = image.get("attributes") if self.is_ours else None
        return attributes if isinstance(attributes, dict) else {}
