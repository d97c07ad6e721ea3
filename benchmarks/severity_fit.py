"""Fits what turns infected percents into readers' scores, and prints how far off it is.

    hilum compile ieee8023/ covid-qu-ex/ general-blockchain/ --twins group -o DATASET
    python benchmarks/severity_fit.py DATASET [--model FILE] [--learned covid-qu-ex] [--write FILE]

``--learned`` names collections of DATASET whose official train split the network learned to outline
infection from: films of patients with a copy there are told apart. Their errors are of lines that
did not see the patient's scores; the network did see the film. ``--write`` stores the lines, for
the bundled model in ``src/hilum/inference/weights/severity-scales.json``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hilum.dataset.read import open_dataset
from hilum.evaluation.conversion_fit import (
    INPUTS,
    ScoredFilm,
    conversion_figures,
    fit_conversion,
    leave_patients_out,
    scored_films,
)
from hilum.evaluation.figures import Figure
from hilum.inference.model import BUNDLED_MODEL
from hilum.inference.predictor import Predictor
from rounds import print_table


def main() -> None:
    """Fit, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path, help="a folder written by 'hilum compile'")
    parser.add_argument("--model", type=Path, default=BUNDLED_MODEL)
    parser.add_argument("--learned", nargs="*", default=["covid-qu-ex"])
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()

    dataset, predictor = open_dataset(arguments.dataset), Predictor(arguments.model)
    films = scored_films(predictor, dataset, learned=arguments.learned)
    conversion = fit_conversion(predictor, films, dataset)
    usable = [film for film in films if film.features is not None]
    print(f"{len(films)} scored films, {len(usable)} of them called COVID-19\n")
    print_errors(usable)
    for line in conversion.lines:
        terms = " + ".join(f"{weight:g} × {name}" for name, weight in line.weights.items())
        print(f"\n{line.scale.column} = {line.constant:g} + {terms}")
    if arguments.write is not None:
        arguments.write.write_text(conversion.to_json(), encoding="utf-8")


def print_errors(films: Sequence[ScoredFilm]) -> None:
    """How far conversions are off, of all films and of those that were learned from or not."""
    parts = {
        "all": np.ones(len(films), np.bool_),
        "of patients learned from": np.array([film.is_learned for film in films]),
        "of other patients": np.array([not film.is_learned for film in films]),
    }
    rows = []
    for scale in INPUTS:
        converted = leave_patients_out(films, scale)
        truth = np.array([film.scores[scale] for film in films])
        for name, part in parts.items():
            if not part.any():
                continue
            groups = [film.group for film, chosen in zip(films, part, strict=True) if chosen]
            absolute, r = conversion_figures(converted[part], truth[part], groups, scale)
            rows.append(
                (
                    f"{scale.column}, {name}",
                    absolute.n,
                    absolute.groups,
                    _shown(absolute),
                    _shown(r),
                )
            )
    print_table(("scale", "films", "patients", "mean absolute error", "r"), rows)


def _shown(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return f"{figure.value:.2f} (n too small for an interval)"
    return f"{figure.value:.2f} ({figure.low:.2f} – {figure.high:.2f})"


if __name__ == "__main__":
    main()
