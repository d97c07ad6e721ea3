"""Does one exposure or patient lie on both sides of a split?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from hilum.audit.check import Check, Judged, Outcome, ShownFilm, worst_of_all
from hilum.audit.contrast import Label, groups_of
from hilum.audit.figures import count_of, without
from hilum.twins.find import TwinPair

KEY = "splits"

MOST_SHOWN = 12

_RULE = "condemned above 0"


def check_splits(labels: Sequence[Label], pairs: Sequence[TwinPair]) -> Check:
    """Twins and patients across splits, which there must be none of.

    Args:
        labels: N rows, each with its ``split``.
        pairs: the twins among them.
    """
    question = "Does the same exposure or patient lie in two splits?"
    splits = sorted({label["split"] for label in labels})
    if len(splits) < 2:
        reason = f"the dataset has one split only, {splits[0]}" if splits else "it has no film"
        answer = f"Cannot be estimated: {reason}."
        return Check(
            *(KEY, "Twins and patients across splits", question, Outcome.NOT_ESTIMABLE),
            answer=answer,
            figures=(without(KEY, "all", "twins across splits", reason),),
        )
    across = [p for p in pairs if labels[p.a]["split"] != labels[p.b]["split"]]
    in_twins = {number for pair in across for number in (pair.a, pair.b)}
    figures = (
        _judge(labels, "films with a twin in another split", in_twins),
        _patients(labels),
        _judge(
            labels, "films whose group lies in another split", _across(labels, groups_of(labels))
        ),
    )
    return Check(
        KEY,
        "Twins and patients across splits",
        question,
        worst_of_all(one.outcome for one in figures),
        _answer(figures),
        figures,
        films=tuple(_shown(labels, pair) for pair in across[:MOST_SHOWN]),
        films_title="Twins in two splits",
        caveat="Patients are compared by the identity that the collection gives; two films of one"
        " unnamed person that are no copies are not recognised.",
    )


def _judge(labels: Sequence[Label], name: str, found: set[int]) -> Judged:
    patients = len(set(groups_of(labels).tolist()))
    figure = count_of(KEY, "all", name, len(found), len(labels), patients)
    outcome = Outcome.CONDEMNED if found else Outcome.FINE
    return Judged(figure, outcome, 0, _RULE, f"{name}: {len(found):,}")


def _patients(labels: Sequence[Label]) -> Judged:
    name = "films whose patient has films in another split"
    named = [number for number, label in enumerate(labels) if label["patient_id"]]
    if not named:
        return without(KEY, "all", name, "no film names its patient")
    known = [labels[number] for number in named]
    found = _across(known, [label["patient_id"] for label in known])
    return _judge(known, name, found)


def _across(labels: Sequence[Label], owners: Sequence[Any] | np.ndarray[Any, Any]) -> set[int]:
    """Which of ``labels`` share their owner with one in another split."""
    splits: defaultdict[str, set[str]] = defaultdict(set)
    for label, owner in zip(labels, owners, strict=True):
        splits[str(owner)].add(label["split"])
    return {number for number, owner in enumerate(owners) if len(splits[str(owner)]) > 1}


def _answer(figures: Sequence[Judged]) -> str:
    bad = [one.because for one in figures if one.outcome is Outcome.CONDEMNED]
    if bad:
        return f"Figures of one split are partly figures of another: {'; '.join(bad)}."
    unknown = [one for one in figures if one.outcome is Outcome.NOT_ESTIMABLE]
    if unknown:
        end = "No film names its patient, so that patients are known by their twins only."
    else:
        end = "Neither does a patient, of those that are named."
    return f"No exposure lies in two splits. {end}"


def _shown(labels: Sequence[Label], pair: TwinPair) -> ShownFilm:
    a, b = labels[pair.a], labels[pair.b]
    said = [f"{one['split']}: {one['collection']}, {one['source_path']}" for one in (a, b)]
    return ShownFilm(a["image_id"], f"{' and '.join(said)} ({pair.change})", b["image_id"])
