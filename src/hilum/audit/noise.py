"""Which labels may be wrong? Twins that disagree, and films that look like another class."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from hilum.audit.check import Check, Judged, Outcome, ShownFilm, Table, worst_of_all
from hilum.audit.contrast import Label, groups_of, patients_by_finding
from hilum.audit.figures import count_of, means, reasons_of, said, without
from hilum.audit.films import Films, Part
from hilum.audit.probe import held_out_probabilities, known_rows
from hilum.evaluation.intervals import LEAST_GROUPS
from hilum.radiograph import Finding
from hilum.twins.find import TwinPair

KEY = "labels"

MOST_WRONG = 0.05
"""Share of wrong labels from which on they matter."""

MOST_SHOWN = 12

MOST_LISTED = 0.05
"""Share of the films that are listed though confident learning may not doubt them."""


@dataclass(frozen=True)
class Suspect:
    """A film whose label may be wrong."""

    number: int
    """Among all films."""
    looks_like: str
    quality: float
    """What the classifier gives the label it has, 0 to 1."""
    is_issue: bool
    """Whether confident learning counts it as wrong; else it is only among the least sure."""


def find_suspects(films: Films) -> list[Suspect]:
    """All films of findings with patients enough, the most suspect first.

    Confident learning (Northcutt et al. 2021, doi 10.1613/jair.1.12125) on probabilities that a
    classifier on the network's features gives patients it did not see. Empty where fewer than two
    findings have patients enough.
    """
    # Here, since it takes seconds to import.
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    features = films.features[Part.WHOLE]
    known = known_rows(features)
    seen = [films.labels[number] for number in np.flatnonzero(known).tolist()]
    enough = [f for f, n in patients_by_finding(seen).items() if n >= LEAST_GROUPS]
    if len(enough) < 2:
        return []
    of_each = np.array([label["finding"] or "" for label in films.labels], np.str_)
    index = np.flatnonzero(known & np.isin(of_each, enough))
    classes = np.searchsorted(enough, of_each[index])
    given = held_out_probabilities(features[index], classes, groups_of(films.labels)[index])
    quality = get_label_quality_scores(classes, given, method="self_confidence")
    issues = find_label_issues(classes, given, n_jobs=1)
    order = np.lexsort((index, quality, ~issues))
    return [
        Suspect(int(index[n]), enough[int(given[n].argmax())], float(quality[n]), bool(issues[n]))
        for n in order.tolist()
    ]


def check_labels(films: Films, pairs: Sequence[TwinPair], suspects: Sequence[Suspect]) -> Check:
    """Twins with contradicting findings, and how many labels confident learning doubts."""
    apart = [pair for pair in pairs if _contradict(films.labels[pair.a], films.labels[pair.b])]
    share = _share(films, suspects)
    figures = [_twins(films.labels, apart), share]
    found = [one for one in suspects if one.is_issue]
    shown = [_shown_twins(films.labels, pair) for pair in apart[:MOST_SHOWN]]
    shown += [_shown_suspect(films.labels, one) for one in suspects[:MOST_SHOWN]]
    pairs_have = "pair of twins has" if len(apart) == 1 else "pairs of twins have"
    answer = f"{len(apart):,} {pairs_have} labels that contradict each other; "
    answer += (
        f"{len(found):,} of {len(suspects):,} films look more like another class than their own."
        if share.outcome is not Outcome.NOT_ESTIMABLE
        else f"whether other labels are wrong cannot be estimated: {reasons_of([share])[0]}."
    )
    return Check(
        KEY,
        "Label noise",
        "Which labels may be wrong?",
        worst_of_all(one.outcome for one in figures),
        answer,
        tuple(figures),
        (_table(films.labels, suspects),),
        tuple(shown),
        "For a person to judge",
        caveat="A suspect is a film that a classifier finds unlike its class; rare looks are"
        " suspected as well as wrong labels. Twins that were united when the dataset was compiled"
        " had their contradictions written to its issues.csv.",
    )


def _contradict(one: Label, other: Label) -> bool:
    if one["finding"] is None or other["finding"] is None:
        return False
    a, b = Finding(one["finding"]), Finding(other["finding"])
    return not (a.is_a(b) or b.is_a(a))


def _twins(labels: Sequence[Label], apart: Sequence[TwinPair]) -> Judged:
    films = {number for pair in apart for number in (pair.a, pair.b)}
    name = "films whose twin has a contradicting label"
    patients = len(set(groups_of(labels).tolist()))
    figure = count_of(KEY, "all", name, len(films), len(labels), patients)
    outcome = Outcome.DOUBTFUL if films else Outcome.FINE
    return Judged(figure, outcome, 0, "doubtful above 0", f"{name}: {len(films):,}")


def _share(films: Films, suspects: Sequence[Suspect]) -> Judged:
    name = "share of labels that confident learning doubts"
    if not suspects:
        reason = f"fewer than two findings have {LEAST_GROUPS} patients whose films could be seen"
        return without(KEY, "all", name, reason)
    right, needed = _share_of_right(films, suspects)
    if right < needed:
        reason = (
            f"the classifier is right on {right:.2f} of the films, each class weighing alike, and"
            f" {needed:.2f} is needed for its doubts to mean something"
        )
        return without(KEY, "all", name, reason)
    doubted = np.full(len(films.labels), np.nan)
    for one in suspects:
        doubted[one.number] = one.is_issue
    figure = means(KEY, "all", {name: doubted}, groups_of(films.labels))[0]
    outcome = Outcome.FINE
    if figure.low is None:
        outcome = Outcome.NOT_ESTIMABLE
    elif figure.low > MOST_WRONG:
        outcome = Outcome.DOUBTFUL
    rule = f"doubtful where the whole interval lies above {MOST_WRONG}"
    return Judged(figure, outcome, MOST_WRONG, rule, f"{name}: {said(figure)}")


def _share_of_right(films: Films, suspects: Sequence[Suspect]) -> tuple[float, float]:
    """On which share of the films, by class, labels agree with looks; and half-way up from chance.

    A classifier that cannot tell the classes doubts any label.
    """
    agree: defaultdict[str, list[bool]] = defaultdict(list)
    for one in suspects:
        label = str(films.labels[one.number]["finding"])
        agree[label].append(one.looks_like == label)
    right = fmean(fmean(found) for found in agree.values())
    return right, (1 + 1 / len(agree)) / 2


def _name(label: Label) -> str:
    return f"{label['collection']}: {label['source_path']}"


def _shown_twins(labels: Sequence[Label], pair: TwinPair) -> ShownFilm:
    a, b = labels[pair.a], labels[pair.b]
    words = " and ".join(f"{one['finding']} ({_name(one)})" for one in (a, b))
    return ShownFilm(a["image_id"], f"Twins with other labels: {words}", b["image_id"])


def _shown_suspect(labels: Sequence[Label], suspect: Suspect) -> ShownFilm:
    label = labels[suspect.number]
    words = f"Labelled {label['finding']}, most like {suspect.looks_like}; {_name(label)}"
    return ShownFilm(label["image_id"], words)


def _table(labels: Sequence[Label], suspects: Sequence[Suspect]) -> Table:
    first = math.ceil(len(suspects) * MOST_LISTED)
    rows = []
    for number, one in enumerate(suspects):
        if not one.is_issue and number >= first:
            break
        label = labels[one.number]
        image = _name(label), label["image_id"][:16]
        told = label["finding"], one.looks_like, f"{one.quality:.3f}"
        rows.append((*image, *told, "yes" if one.is_issue else "no"))
    head = ("image", "SHA-256", "label", "most like", "probability of its label", "doubted")
    return Table(
        "The most suspect labels: all that confident learning doubts, 5 % of the films at least",
        head,
        tuple(rows),
    )
