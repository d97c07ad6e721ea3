"""Can the class be told by what knows nothing of the lungs? And the origin, within one class?"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hilum.audit.check import AROUND, Check, Judged, Outcome, worst_of_all
from hilum.audit.contrast import Contrast, Label, groups_of, in_words
from hilum.audit.controls import OUTSIDE
from hilum.audit.figures import MOST_AREA, areas, judge_area, listed, noted, without
from hilum.audit.film_file import FILE
from hilum.audit.films import Films, Part
from hilum.audit.probe import held_out_scores, known_rows
from hilum.evaluation.intervals import LEAST_GROUPS
from hilum.radiograph import View

KEY = "shortcuts"

_SEE_LUNGS = ("thumbnail", "grey histogram", "compression")
"""Controls that the lungs are part of: a true finding may show in them, so they decide nothing."""

_DECISIVE = (OUTSIDE, "border")
"""Without these nothing is known of what lies around the lungs, and no contrast is fine."""

_MOST_ORIGINS = 4
"""Origins of a class that are told from each other, the largest."""

_SAID = {
    "background": "the film with its lungs blacked out, seen by the network,",
    OUTSIDE: "the film outside the box around the lungs",
    "border": "the border of the film alone",
    "thumbnail": "a thumbnail of 8×8 pixels",
    "grey histogram": "the histogram of greys",
    "file": "the properties of the file (size, bit depth, format)",
    "compression": "how few bytes the file has for its pixels",
    "age": "the patient’s age alone",
    "sex": "the patient’s sex alone",
    "view": "the projection alone",
}
_RECOGNISES = {
    "age": "the patient’s age",
    "sex": "the patient’s sex",
    "view": "the projection",
    "file": "the kind of file",
}


def check_shortcuts(
    films: Films, contrasts: Sequence[Contrast], seen: Mapping[str, NDArray[np.float64]]
) -> Check:
    """The AUROC of each control for each contrast, beside that of the whole film and the lungs.

    ``seen`` are the held-out scores of the whole films (M) by contrast name.
    """
    figures: list[Judged] = []
    for contrast in contrasts:
        figures += _of_contrast(films, contrast, seen[contrast.name])
    figures += _origins_within(films)
    judged = [one for one in figures if one.threshold is not None or one.because]
    return Check(
        KEY,
        "Shortcuts",
        "Can the classes be told apart without looking at the lungs?",
        worst_of_all(one.outcome for one in judged),
        _answer(judged),
        tuple(figures),
        caveat="Held-out patients, logistic regression. A classifier that fails proves little: a"
        " network may see more. Lines, markers and how the patient lies may go with disease; they"
        " are no finding of the lungs all the same. Where lungs are outlined by a model, the shape"
        " of the box around them may itself tell of disease. Thumbnail, histogram and compression"
        " see the lungs too, so that a true finding shows in them: they are noted and decide"
        " nothing. The intervals do not hold how much the classifier would vary with other"
        " training films (see Seeds). Origins are told apart within a finding where ten patients of"
        " each have it, the four largest.",
    )


def _of_contrast(films: Films, contrast: Contrast, whole: NDArray[np.float64]) -> Iterator[Judged]:
    alone, _ = _told(films.features[Part.LUNGS][contrast.index], contrast)
    lungs = {
        "the whole film, seen by the network": whole,
        "the lungs alone, seen by the network": alone,
    }
    yield from noted(areas(KEY, contrast.name, lungs, contrast.truth, contrast.groups))
    scores, reasons = {}, {}
    for name, features in _controls(films, contrast).items():
        scores[name], reasons[name] = _told(features, contrast)
    told = areas(KEY, contrast.name, scores, contrast.truth, contrast.groups)
    for figure in told:
        if reason := reasons[figure.name]:
            judged = without(KEY, contrast.name, _words(figure.name), reason)
            if figure.name in _DECISIVE:
                because = f"nothing can be said of {_words(figure.name)}: {reason}"
                judged = replace(judged, because=because)
            yield judged
            continue
        named = replace(figure, name=_words(figure.name))
        if figure.name in _SEE_LUNGS:
            yield from noted([named])
            continue
        words = _SAID.get(figure.name, figure.name)
        judged = judge_area(named, words, _RECOGNISES.get(figure.name, AROUND))
        if judged.outcome is Outcome.NOT_ESTIMABLE and figure.name not in _DECISIVE:
            # As where it is unknown: of few films it speaks neither for nor against.
            judged = Judged(named, Outcome.NOT_ESTIMABLE, rule=judged.rule)
        yield judged


def _words(name: str) -> str:
    return _SAID.get(name, name).rstrip(",")


def _controls(films: Films, contrast: Contrast) -> dict[str, NDArray[np.floating]]:
    """Name → M×F, rows of NaN where unknown."""
    given = {name: values[contrast.index] for name, values in films.controls.items()}
    # How well a film can be compressed follows from what it shows; the rest of a file does not.
    of_file = FILE.index("log bytes per pixel")
    given["compression"] = given["file"][:, of_file : of_file + 1]
    given["file"] = np.delete(given["file"], of_file, axis=1)
    labels = [films.labels[number] for number in contrast.index.tolist()]
    ages = np.array([[np.nan if label["age"] is None else label["age"]] for label in labels])
    views = [None if label["view"] == View.FRONTAL else label["view"] for label in labels]
    return {
        "background": films.features[Part.BACKGROUND][contrast.index],
        **given,
        "age": ages,
        "sex": _one_hot([label["sex"] for label in labels]),
        "view": _one_hot(views),
    }


def _one_hot(values: Sequence[str | None]) -> NDArray[np.float64]:
    names = sorted({value for value in values if value is not None})
    if not names:
        return np.full((len(values), 1), np.nan)
    return np.array(
        [[np.nan if value is None else float(value == name) for name in names] for value in values]
    )


def _told(features: NDArray[np.floating], contrast: Contrast) -> tuple[NDArray[np.float64], str]:
    """M held-out scores, NaN where a feature is unknown; and why there are none."""
    known = known_rows(features)
    score = np.full(len(features), np.nan)
    if not known.any():
        return score, "it is unknown for every film"
    if reason := contrast.too_few(known):
        return score, f"of those of which it is known, {reason}"
    score[known] = held_out_scores(features[known], contrast.truth[known], contrast.groups[known])
    return score, ""


def _origins_within(films: Films) -> Iterator[Judged]:
    """How well the network's features tell one known origin from another, class by class."""
    groups = groups_of(films.labels)
    findings = sorted({label["finding"] for label in films.labels if label["finding"]})
    features = films.features[Part.WHOLE]
    is_told = False
    for finding in findings:
        found = _large_origins(films.labels, groups, finding)
        of_class = np.array([label["finding"] == finding for label in films.labels])
        for one, other in itertools.combinations(found, 2):
            origins = np.array([label["origin"] or "" for label in films.labels])
            index = np.flatnonzero(of_class & np.isin(origins, [one, other]) & known_rows(features))
            pair = Contrast(one, other, index, origins[index] == one, groups[index])
            if not pair.too_few():
                is_told = True
                score = held_out_scores(features[index], pair.truth, pair.groups)
                name = f"origin {one} against {other}"
                yield from noted(
                    areas(KEY, f"within {finding}", {name: score}, pair.truth, pair.groups)
                )

    if not is_told:
        reason = f"no finding has two known origins of {LEAST_GROUPS} patients each"
        yield without(KEY, "all", "one origin against another, within a finding", reason)


def _large_origins(labels: Sequence[Label], groups: NDArray[np.str_], finding: str) -> list[str]:
    owners = {
        (str(label["origin"]), group)
        for label, group in zip(labels, groups.tolist(), strict=True)
        if label["origin"] and label["finding"] == finding
    }
    counts = Counter(origin for origin, _ in owners)
    large = [(-n, origin) for origin, n in counts.items() if n >= LEAST_GROUPS]
    return [origin for _, origin in sorted(large)[:_MOST_ORIGINS]]


def _answer(judged: Sequence[Judged]) -> str:
    if not judged:
        return "There are no two classes with patients enough to tell apart."
    bad = [one for one in judged if one.outcome is Outcome.CONDEMNED]
    if bad:
        first = max(bad, key=lambda one: one.figure.value or 0)
        names = listed(list(dict.fromkeys(in_words(one.figure.subject) for one in bad)))
        return (
            f"Yes, for {names}. The clearest: {first.because} for {in_words(first.figure.subject)}."
        )
    if any(one.outcome is Outcome.DOUBTFUL for one in judged):
        first = max(
            (one for one in judged if one.outcome is Outcome.DOUBTFUL),
            key=lambda one: one.figure.value or 0,
        )
        return f"Perhaps: {first.because} for {in_words(first.figure.subject)}."
    unknown = [one for one in judged if one.outcome is Outcome.NOT_ESTIMABLE]
    told = f"No control that could be estimated lies above {MOST_AREA}"
    return f"{told}; {listed([one.because for one in unknown])}." if unknown else f"{told}."
