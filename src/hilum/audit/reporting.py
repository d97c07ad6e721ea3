"""What CLAIM 2024 and TRIPOD+AI ask: filled in where this run knows the answer."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from hilum.audit.check import Check, Outcome, Table
from hilum.audit.checklists import CLAIM, ITEMS, TRIPOD
from hilum.audit.contrast import Label, groups_of
from hilum.evaluation.intervals import DRAWS
from hilum.inference.model import Model, ModelDescription, Score
from hilum.radiograph import Split

KEY = "reporting"

UNANSWERED = "unanswered"

_TOLD = ("description", "name", "source", "image_size", "targets", "findings")
"""What 22 says of a recipe already, or nothing of how it was trained."""

_BOTH = {
    # CLAIM → TRIPOD+AI, where one answer serves both.
    "7": ("5a",),
    "8": ("6b",),
    "9": ("7",),
    "12": ("11",),
    "14": ("8a",),
    "19": ("12a",),
    "22": ("22", "15"),
    "25": ("12c",),
    "28": ("12e",),
    "30": ("12d", "23b"),
    "35": ("20a", "21"),
    "36": ("20b",),
    "37": ("23a",),
}


def check_reporting(
    labels: Sequence[Label], lock: Mapping[str, Any], model: Model | None, checks: Sequence[Check]
) -> Check:
    """Both checklists, with what dataset, model file and the other ``checks`` tell."""
    answers = _dataset_answers(labels, lock) | _check_answers({c.key: c for c in checks})
    if model is not None:
        answers |= _model_answers(model)
    given = {CLAIM: answers, TRIPOD: _tripod(answers, labels)}
    tables = []
    counts = []
    for name, items in ITEMS.items():
        rows = [(key, asks, given[name].get(key, UNANSWERED)) for key, asks in items.items()]
        tables.append(Table(name, ("item", "asks", "this run says"), tuple(rows)))
        answered = sum(row[2] != UNANSWERED for row in rows)
        counts.append(f"{answered} of {len(rows)} items of {name}")
    return Check(
        KEY,
        "Reporting guidelines",
        "What can this run say of what the guidelines ask?",
        Outcome.NOTED,
        f"It says something to {' and '.join(counts)}; the rest is for people to answer.",
        tables=tuple(tables),
        caveat="Items are paraphrased; the guidelines themselves decide. An answer here is what the"
        " files say, not proof that an item is met.",
    )


def _dataset_answers(labels: Sequence[Label], lock: Mapping[str, Any]) -> dict[str, str]:
    splits = Counter(label["split"] for label in labels)
    patients = len(set(groups_of(labels).tolist()))
    unknown = {
        name: sum(label[name] is None for label in labels)
        for name in ("finding", "origin", "patient_id", "age", "sex", "view")
    }
    packages = {"hilum": lock.get("hilum", ""), **lock.get("packages", {})}
    return {
        "7": f"public collections: {_counted(labels, 'collection')}; origin unknown of"
        f" {unknown['origin']:,}",
        "8": "the options of the compilation are in the dataset’s hilum.lock.json; each image left"
        " out is in its issues.csv, with the reason",
        "9": "listed by origin under Image quality; how images were read is in hilum.lock.json",
        "12": "unknown stays unknown: " + ", ".join(f"{k} of {n:,}" for k, n in unknown.items()),
        "14": f"findings as the collections give them: {_counted(labels, 'finding')}",
        "16": f"sources of labels: {_counted(labels, 'label_source')}",
        "19": "; ".join(f"{name} {splits[name]:,}" for name in Split if splits[name])
        + f"; official split of {sum(bool(one['official_split']) for one in labels):,}",
        "23": ", ".join(f"{name} {version}" for name, version in packages.items()),
        "35": f"{len(labels):,} radiographs of {patients:,} patients (a film of an unnamed patient"
        " counts as one); those excluded are in issues.csv",
        "36": _characteristics(labels),
    }


def _check_answers(checks: Mapping[str, Check]) -> dict[str, str]:
    return {
        "20": checks["splits"].answer,
        "28": "AUROC; Cramér’s V; shares",
        "29": f"95 % intervals from {DRAWS:,} draws of whole patients with replacement",
        "30": " ".join(checks[key].answer for key in ("elsewhere", "seeds")),
        "31": checks["activation"].answer,
        "33": checks["elsewhere"].answer,
    }


def _model_answers(model: Model) -> dict[str, str]:
    description = model.description
    outputs = [name.replace("_", " ") for name in (*description.targets, *description.findings)]
    trained = {key: part for key, part in description.recipe.items() if key not in _TOLD}
    answers = {
        "22": f"{description.name}, {description.image_size}×{description.image_size} pixels to"
        f" {in_prose(outputs)}; SHA-256 {model.sha256[:16]}",
        "24": _initial_parameters(description),
        "25": in_prose(trained) or UNANSWERED,
        "43": f"model: licence {description.licence.rstrip('.')}; code: hilum, Apache-2.0; data:"
        " see 7",
    }
    if description.scores:
        answers["32"] = answers["37"] = _scores(description.scores)
    return answers


def _scores(scores: Sequence[Score]) -> str:
    """What they were measured on is told once."""
    by_place: defaultdict[str, list[str]] = defaultdict(list)
    for score in scores:
        how, _, where = score.protocol.rpartition("; ")
        told = (
            f"{score.value:.3f} ({', '.join(filter(None, (score.interval, f'n {score.n}', how)))})"
        )
        by_place[where].append(f"{score.name.replace('_', ' ')} {told}")
    return "; ".join(f"on {where}: {', '.join(told)}" for where, told in by_place.items())


def _initial_parameters(description: ModelDescription) -> str:
    started = description.started_from
    if started is None:
        pretrained = _named(description.recipe.get("network"), "pretrained")
        return f"pretrained weights: {pretrained}" if pretrained else UNANSWERED
    told = {key: value[:16] for key, value in started.items() if isinstance(value, str)}
    told = {"recipe": _named(started.get("recipe"), "name") or "without a name", **told}
    return f"those that an earlier training ended with: {in_prose(told, ', ')}"


def _named(value: object, key: str) -> str:
    return str(value.get(key, "")) if isinstance(value, Mapping) else ""


def in_prose(value: object, separator: str = "; ") -> str:
    """What a description holds, for people to read.

    >>> in_prose({"seed": 1, "class_weights": {"covid": [1, 2, 4], "used": True}, "encoder": None})
    'seed 1; class weights (covid 1, 2 and 4, used yes); encoder not set'
    """
    if isinstance(value, Mapping):
        parts = [(str(key).replace("_", " "), part) for key, part in value.items()]
        return separator.join(
            f"{key} ({in_prose(part, ', ') or 'none'})"
            if isinstance(part, Mapping)
            else f"{key} {in_prose(part)}"
            for key, part in parts
        )
    if isinstance(value, list | tuple):
        *most, last = [*map(in_prose, value)] or ["none"]
        return f"{', '.join(most)} and {last}" if most else last
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "not set" if value is None else str(value)


def _tripod(answers: Mapping[str, str], labels: Sequence[Label]) -> dict[str, str]:
    told = {item: answers[key] for key, items in _BOTH.items() if key in answers for item in items}
    told["13"] = f"findings: {_counted(labels, 'finding')}"
    told["18e"] = f"public collections: {_counted(labels, 'collection')}"
    told["18f"] = "hilum, Apache-2.0"
    return told


def _counted(labels: Sequence[Label], column: str) -> str:
    counts = Counter(str(label[column] or "unknown") for label in labels)
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count:,}" for name, count in most)


def _characteristics(labels: Sequence[Label]) -> str:
    told = []
    for split in Split:
        part = [label for label in labels if label["split"] == split]
        if not part:
            continue
        ages = [label["age"] for label in part if label["age"] is not None]
        age = "age unknown"
        if ages:
            age = f"median age {statistics.median(ages):.0f}, known of {len(ages):,}"
        told.append(f"{split}: {age}; sex {_counted(part, 'sex')}")
    return "; ".join(told)
