"""Do the classes come from the same places? Class by origin and by collection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hilum.audit.check import Check, Judged, Outcome, Table, worst_of_all
from hilum.audit.contrast import Contrast, Label, in_words
from hilum.audit.figures import listed, said
from hilum.dataset.card.association import association_of, cramers_v
from hilum.evaluation.figures import Figure
from hilum.evaluation.intervals import LEAST_GROUPS, compute_figures
from hilum.evaluation.measure import Floats, Measure, Needed

KEY = "origins"

MOST_ASSOCIATION = 0.3
"""Cramér's V from which on the origin says much about the class."""

_LEAST_COMMON, _FEW_COMMON = 0.5, 0.05
"""Which share of the classes is to lie in the same places, and which is as good as none."""

_RULE = (
    f"doubtful where V lies above {MOST_ASSOCIATION}, also with places of few patients each for"
    f" itself; condemned where, besides, at most {_FEW_COMMON:.0%} of the classes’ films lie in the"
    " same places, counting all of unknown place; never fine while one is unknown, or less than"
    f" {_LEAST_COMMON:.0%} lie in the same places"
)
_UNKNOWN = "unknown"
_COLUMNS = ("origin", "collection")


def check_origins(labels: Sequence[Label], contrasts: Sequence[Contrast]) -> Check:
    """Class × origin, class × collection, and which contrasts exist within one known origin."""
    figures = [_judge(labels, contrast, column) for contrast in contrasts for column in _COLUMNS]
    within = _within(labels, contrasts)
    return Check(
        KEY,
        "Origins",
        "Do the classes come from the same hospitals and collections?",
        worst_of_all(judged.outcome for judged in figures),
        _answer(figures, within),
        tuple(figures),
        (*(_counts(labels, column) for column in _COLUMNS), within),
        caveat="A collection may itself be a compilation of others, and an origin is what its files"
        " say. Films of unknown origin are left out of the table’s V; unknown is not clean.",
    )


def association(
    key: str,
    subject: str,
    name: str,
    pairs: Sequence[tuple[str | None, str | None]],
    groups: NDArray[np.str_],
) -> Figure:
    """Cramér's V (Bergsma's) of two labels of M films over those in which both are known.

    Values of the second that fewer than ten patients have are taken together: of many rare ones
    each draw would have others, and another V.
    """
    pairs = _without_rare(pairs, groups)
    known = np.array([a is not None and b is not None for a, b in pairs], np.bool_)
    kinds = sorted({(a, b) for a, b in pairs if a is not None and b is not None})
    places = {kind: place for place, kind in enumerate(kinds)}
    columns = np.zeros((len(pairs), max(1, len(kinds))))
    for row, (a, b) in enumerate(pairs):
        if a is not None and b is not None:
            columns[row, places[a, b]] = 1

    def formula(sums: Floats) -> Floats:
        values = []
        for drawn in sums.astype(int).tolist():
            found = association_of(Counter(dict(zip(kinds, drawn, strict=False))) + Counter())
            values.append(float("nan") if found.v is None else found.v)
        return np.array(values)

    needed = (Needed(known, f"with known {name}"),)
    measure = Measure(
        *(key, subject, name, needed, columns, formula),
        unit="Cramér’s V",
        undefined="there is a single one, or nothing to compare",
    )
    return compute_figures([measure], groups.tolist())[0]


def _without_rare(
    pairs: Sequence[tuple[str | None, str | None]], groups: NDArray[np.str_]
) -> list[tuple[str | None, str | None]]:
    owners = {(value, owner) for (_, value), owner in zip(pairs, groups.tolist(), strict=True)}
    patients = Counter(value for value, _ in owners)
    return [
        (first, value if value is None or patients[value] >= LEAST_GROUPS else "a rare one")
        for first, value in pairs
    ]


def _judge(labels: Sequence[Label], contrast: Contrast, name: str) -> Judged:
    told = [labels[number] for number in contrast.index.tolist()]
    values = [label[name] for label in told]
    pairs = [(str(label["finding"]), value) for label, value in zip(told, values, strict=True)]
    figure = association(KEY, contrast.name, f"finding and {name}", pairs, contrast.groups)
    unknown = values.count(None)
    common = _common(pairs)
    # At most: were the unknown ones all of places that the other class has.
    unknowns = [_share_of_unknown(pairs, side) for side in (contrast.positive, contrast.negative)]
    # Taken together, many places of few patients hide that each has films of one class only.
    apart = cramers_v(pairs).v
    if unknown == len(values):
        outcome, because = Outcome.NOT_ESTIMABLE, f"the {name} of no film is known"
    elif common + sum(unknowns) <= _FEW_COMMON and apart is not None and apart > MOST_ASSOCIATION:
        outcome, because = Outcome.CONDEMNED, f"no {name} has films of both classes"
        if common or unknown:
            because = f"hardly any film of one class shares its {name} with one of the other"
    elif figure.value is not None and figure.value > MOST_ASSOCIATION:
        outcome = Outcome.DOUBTFUL
        because = f"the {name} says much about the class, Cramér’s V {said(figure)}"
    elif apart is not None and apart > MOST_ASSOCIATION:
        outcome = Outcome.DOUBTFUL
        because = (
            f"the {name} says much about the class, Cramér’s V {apart:.2f} with the many of few"
            " patients each for itself"
        )
    elif unknown:
        outcome = Outcome.NOT_ESTIMABLE
        because = f"the {name} of {unknown:,} of {len(values):,} films is not known"
    elif any(label["origin"] is None for label in told):
        outcome = Outcome.NOT_ESTIMABLE
        because = f"a {name} of films of unknown origin may be compiled of others"
    elif common < _LEAST_COMMON:
        outcome = Outcome.NOT_ESTIMABLE
        because = f"the classes have only {common:.0%} of their films in the same {name}s"
    else:
        outcome, because = Outcome.FINE, f"both classes come from the same {name}s"
    return Judged(figure, outcome, MOST_ASSOCIATION, _RULE, because, f"the {name}")


def _common(pairs: Sequence[tuple[str, str | None]]) -> float:
    """Which share of the films of both classes lies in the same places, 0 to 1.

    Of each place the lesser of what either class has there, as a share of the class.

    >>> _common([("a", "X"), ("a", "Y"), ("b", "X"), ("b", None)])
    0.5
    """
    films = Counter(side for side, _ in pairs)
    there = Counter(pairs)
    places = {place for _, place in pairs} - {None}
    return sum(min(there[side, place] / n for side, n in films.items()) for place in places)


def _share_of_unknown(pairs: Sequence[tuple[str, str | None]], side: str) -> float:
    places = [place for one, place in pairs if one == side]
    return places.count(None) / len(places)


def _counts(labels: Sequence[Label], name: str) -> Table:
    findings = sorted({str(label["finding"] or _UNKNOWN) for label in labels})
    counts = Counter((label[name] or _UNKNOWN, label["finding"] or _UNKNOWN) for label in labels)
    totals = Counter(label[name] or _UNKNOWN for label in labels)
    rows = [
        (place, *(f"{counts[place, finding]:,}" for finding in findings))
        for place, _ in sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    ]
    return Table(f"Radiographs by {name} and finding", (name, *findings), tuple(rows))


def _within(labels: Sequence[Label], contrasts: Sequence[Contrast]) -> Table:
    """Contrasts that one known origin holds both sides of, with patients enough."""
    rows = []
    for contrast in contrasts:
        origins = np.array([labels[n]["origin"] or "" for n in contrast.index.tolist()])
        for origin in sorted(set(origins.tolist()) - {""}):
            part = origins == origin
            if not contrast.too_few(part):
                films = [int((side & part).sum()) for side in (contrast.truth, ~contrast.truth)]
                rows.append((contrast.name, origin, *(f"{count:,}" for count in films)))
    return Table(
        f"Contrasts within one known origin ({LEAST_GROUPS} patients of each class or more)",
        ("contrast", "origin", "films of the first class", "of the second"),
        tuple(rows),
    )


def _answer(figures: Sequence[Judged], within: Table) -> str:
    if not figures:
        return "There are no two classes to compare."
    order = [Outcome.CONDEMNED, Outcome.DOUBTFUL, Outcome.NOT_ESTIMABLE, Outcome.FINE]
    worst_first = sorted(figures, key=lambda one: order.index(one.outcome))
    told = listed([f"{in_words(one.figure.subject)}: {one.because}" for one in worst_first])
    end = (
        f"Contrasts that exist within one known origin: {len(within.rows)}."
        if within.rows
        else "No contrast exists within one known origin."
    )
    return f"{told}. {end}"
