"""What a model file says of films of other collections than it was made for.

    python benchmarks/elsewhere.py DATASET [--model FILE]

Predicts every frontal film of every split of DATASET and prints, for each collection and truth, how
often which finding was called; and the correlation of the infected percent with the readers'
scores (geographic extent 0-8, opacity 0-6, Brixia 0-18), with a 95 % interval by drawing patients.
Whether the model learned from any of these films is not known to this command: public
collections contain one another.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hilum.dataset.read import Dataset, Row, open_dataset
from hilum.evaluation.evaluate import predict_row
from hilum.inference.model import BUNDLED_MODEL
from hilum.inference.predictor import Prediction, Predictor, Status
from hilum.radiograph import Split, View
from rounds import print_table

_SCORES = ("geographic_extent_0_to_8", "opacity_0_to_6", "brixia_0_to_18")
_DRAWS = 2000

Judged = tuple[Row, Prediction]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path, help="a folder written by 'hilum compile'")
    parser.add_argument("--model", type=Path, default=BUNDLED_MODEL)
    arguments = parser.parse_args()

    predictor = Predictor(arguments.model)
    judged = list(predict(predictor, open_dataset(arguments.dataset)))
    print_findings(judged, [str(name) for name in predictor.model.description.findings])
    print()
    print_severity(judged)


def predict(predictor: Predictor, dataset: Dataset) -> Iterator[Judged]:
    """Each frontal film with what was made of it."""
    for split in Split:
        for row in dataset.rows(split):
            if row.labels["view"] != View.LATERAL:
                yield row, predict_row(predictor, row)


def print_findings(judged: list[Judged], findings: list[str]) -> None:
    """Counts of what was called, by collection and truth."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for row, prediction in judged:
        truth = str(row.labels["collection"]), row.labels["finding"] or "unknown"
        called = "refused" if prediction.status is Status.REFUSED else str(prediction.finding)
        counts.setdefault(truth, Counter())[called] += 1
    columns = [*findings, "refused"]
    print_table(
        ("collection", "truth", "n", *(f"called {name}" for name in columns)),
        (
            (*truth, called.total(), *(called[name] for name in columns))
            for truth, called in sorted(counts.items())
        ),
    )


def print_severity(judged: list[Judged]) -> None:
    """The correlation of the infected percent with each readers' score."""
    rows = []
    for name in _SCORES:
        scored = [
            (float(row.labels[name]), prediction.infected_percent, str(row.labels["group_id"]))
            for row, prediction in judged
            if row.labels[name] is not None
        ]
        # A film called normal is 0 % infected; one whose percentage is unknown does not count.
        known = [(score, percent, group) for score, percent, group in scored if percent is not None]
        if len(known) > 2:
            scores, percents = (np.array([one[i] for one in known], np.float64) for i in (0, 1))
            groups = [group for *_, group in known]
            low, high = interval(scores, percents, groups)
            value = f"{correlation(scores, percents):.2f}"
            unknown = len(scored) - len(known)
            rows.append(
                (name, len(known), len(set(groups)), unknown, value, f"{low:.2f} – {high:.2f}")
            )
    print_table(("score", "films", "patients", "percent unknown", "r", "95 % interval"), rows)


def correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Pearson's."""
    return float(np.corrcoef(one, other)[0, 1])


def interval(
    one: NDArray[np.float64], other: NDArray[np.float64], groups: list[str]
) -> tuple[float, float]:
    """The middle 95 % of the correlation over 2,000 draws of whole patients."""
    generator = np.random.default_rng(0)
    names, index = np.unique(groups, return_inverse=True)
    members = [np.flatnonzero(index == number) for number in range(len(names))]
    drawn = []
    for _ in range(_DRAWS):
        chosen = generator.integers(0, len(members), len(members))
        films = np.concatenate([members[number] for number in chosen])
        if one[films].std() and other[films].std():
            drawn.append(correlation(one[films], other[films]))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


if __name__ == "__main__":
    main()
