"""How much does the score hang on the draw of the folds?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hilum.audit.check import Check, Judged, Outcome, Table, worst_of_all
from hilum.audit.contrast import Contrast
from hilum.audit.figures import areas, without
from hilum.audit.films import Films, Part
from hilum.audit.probe import held_out_scores, known_rows
from hilum.evaluation.figures import Figure

KEY = "seeds"
SEEDS = 5
MOST_SPREAD = 0.05

_RULE = f"doubtful above {MOST_SPREAD}"


def scores_by_seed(films: Films, contrast: Contrast) -> NDArray[np.float64]:
    """SEEDS×M: classifiers on the network's features, of films held out; NaN where unknown."""
    features = films.features[Part.WHOLE][contrast.index]
    known = known_rows(features)
    scores = np.full((SEEDS, len(known)), np.nan)
    if not contrast.too_few(known):
        for seed in range(SEEDS):
            scores[seed, known] = held_out_scores(
                *(features[known], contrast.truth[known], contrast.groups[known]), seed=seed
            )
    return scores


def check_seeds(contrasts: Sequence[Contrast], scores: Mapping[str, NDArray[np.float64]]) -> Check:
    """The AUROC of each of :data:`SEEDS` draws of folds, and their spread."""
    figures: list[Judged] = []
    rows = []
    for contrast in contrasts:
        by_seed = {f"seed {seed}": row for seed, row in enumerate(scores[contrast.name])}
        found = areas(KEY, contrast.name, by_seed, contrast.truth, contrast.groups)
        figures.append(_spread(contrast, found))
        rows.append((contrast.name, *("–" if f.value is None else f"{f.value:.3f}" for f in found)))
    spreads = [one.figure.value for one in figures if one.figure.value is not None]
    answer = (
        f"The AUROC of {SEEDS} draws differs by {max(spreads):.3f} at most."
        if spreads
        else "Cannot be estimated: no two classes have patients enough."
    )
    return Check(
        KEY,
        "Seeds",
        "How much does the score change with the draw?",
        worst_of_all(one.outcome for one in figures),
        answer,
        tuple(figures),
        (Table("AUROC by seed", ("contrast", *map(str, range(SEEDS))), tuple(rows)),),
        caveat="Seeds of the folds and the classifier on frozen features; a network trained anew"
        " varies more.",
    )


def _spread(contrast: Contrast, found: Sequence[Figure]) -> Judged:
    name = f"greatest less least AUROC of {SEEDS} seeds"
    values = [figure.value for figure in found if figure.value is not None]
    if len(values) < SEEDS:
        return without(KEY, contrast.name, name, found[0].reason)
    spread = max(values) - min(values)
    first = found[0]
    figure = Figure(
        *(KEY, contrast.name, name, spread, None, None, first.n, first.groups),
        definition=f"AUROC from {min(values):.3f} to {max(values):.3f}",
    )
    outcome, hangs = Outcome.FINE, "hardly hangs"
    if spread > MOST_SPREAD:
        outcome, hangs = Outcome.DOUBTFUL, "hangs"
    because = f"the AUROC {hangs} on the seed, {min(values):.2f} to {max(values):.2f}"
    return Judged(figure, outcome, MOST_SPREAD, _RULE, because)
