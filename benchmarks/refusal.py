"""Does a model refuse what is no frontal chest film, and only that? Fits the check for it.

    python benchmarks/refusal.py COLLECTION... [--films PATH...] [--model MODEL] [--write]

Takes frontal films of the collections, their laterals and CT slices, and images that are made or
drawn; fits the check of ``hilum.inference.film_check`` and prints how many of each kind are
refused by checks that were fitted without them. ``--write`` puts the check that was fitted on all
of them, and its two main figures, into the model file; the network stays as it is. The targets are
at most 2 % of films and at least 90 % of laterals and CT slices.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hilum.evaluation.intervals import Estimate, share_with_interval
from hilum.inference.inputs import find_inputs
from hilum.inference.model import BUNDLED_MODEL, Model, Score, read_model
from hilum.learning.film_check_fit import by_collections, by_folds, by_kinds, fit_film_check
from hilum.learning.film_samples import FILM, LATERAL, SLICE, Sample, collect_samples
from hilum.workers import available_cores
from rounds import print_table

Refused = NDArray[np.bool_]


def main() -> None:
    """Measure, fit, print and, if asked, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collections", type=Path, nargs="+", help="downloaded collections")
    parser.add_argument("--films", type=Path, nargs="*", default=[], help="more frontal films")
    parser.add_argument("--model", type=Path, default=BUNDLED_MODEL)
    parser.add_argument("--threads", type=int, default=available_cores())
    parser.add_argument("--write", action="store_true", help="change the model file")
    arguments = parser.parse_args()

    model = read_model(arguments.model)
    films = {image.path: image.path.parent.name for image in find_inputs(arguments.films).images}
    samples = collect_samples(model, arguments.collections, films=films, threads=arguments.threads)
    samples, variants = (
        [sample for sample in samples if sample.is_variant is wanted] for wanted in (False, True)
    )
    kinds = np.array([sample.kind for sample in samples])
    everything = [*samples, *variants]
    in_folds = by_folds(everything)[: len(samples)]
    unseen = np.where(kinds == FILM, by_collections(everything)[: len(samples)], False)
    unseen |= np.where(kinds != FILM, by_kinds(everything)[: len(samples)], False)
    print_tables(samples, kinds, in_folds, unseen)

    if arguments.write:
        write(model, everything, main_scores(samples, kinds, in_folds))
        print(f"\nwritten into {arguments.model}")


def print_tables(
    samples: Sequence[Sample], kinds: NDArray[np.str_], in_folds: Refused, unseen: Refused
) -> None:
    """One line per collection of films, one per kind that is none."""
    collections = np.array([sample.collection for sample in samples])
    film = kinds == FILM
    print("Frontal films refused:\n")
    rows = [("all", film)]
    rows += [(name, film & (collections == name)) for name in sorted(set(collections[film]))]
    heads = ("n", "10 folds of patients", "95 % interval", "collection left out", "95 % interval")
    print_table(("collection", *heads), (row(*one, in_folds, unseen) for one in rows))
    print("\nOther images refused:\n")
    real = np.isin(kinds, (LATERAL, SLICE))
    rows = [("laterals and CT slices", real)]
    names = [LATERAL, SLICE, *sorted(set(kinds) - {FILM, LATERAL, SLICE})]
    rows += [(name, kinds == name) for name in names if (kinds == name).any()]
    heads = ("n", "10 folds of patients", "95 % interval", "kind left out", "95 % interval")
    print_table(("kind", *heads), (row(*one, in_folds, unseen) for one in rows))


def row(name: str, chosen: Refused, in_folds: Refused, unseen: Refused) -> tuple[str, ...]:
    """A line of a table: the counts of the chosen samples under both protocols."""
    cells = [name, str(int(chosen.sum()))]
    for refused in (in_folds, unseen):
        share = estimate(refused[chosen])
        cells += [str(int(refused[chosen].sum())), f"{share.low:.1%} – {share.high:.1%}"]
    return tuple(cells)


def estimate(refused: Refused) -> Estimate:
    """The share that is refused."""
    return share_with_interval(int(refused.sum()), len(refused))


def main_scores(
    samples: Sequence[Sample], kinds: NDArray[np.str_], in_folds: Refused
) -> tuple[Score, ...]:
    """The two figures that the model file keeps."""
    film, real = kinds == FILM, np.isin(kinds, (LATERAL, SLICE))
    protocol = "share; checks fitted without the image's patient, on "
    films, others = (
        ", ".join(sorted({s.collection for s, one in zip(samples, chosen, strict=True) if one}))
        for chosen in (film, real)
    )
    figures = [("frontal films refused", estimate(in_folds[film]), protocol + films)]
    if real.any():
        figures.append(
            ("laterals and CT slices refused", estimate(in_folds[real]), protocol + others)
        )
    return tuple(
        Score(name, round(e.value, 4), round(e.low, 4), round(e.high, 4), e.n, how)
        for name, e, how in figures
    )


def write(model: Model, samples: Sequence[Sample], scores: Sequence[Score]) -> None:
    """Put the check fitted on all ``samples`` into the model's file."""
    from hilum.learning.export import rewrite_description  # imports torch

    names = {score.name for score in scores}
    kept = [score for score in model.description.scores if score.name not in names]
    description = dataclasses.replace(
        model.description, film_check=fit_film_check(samples), scores=(*kept, *scores)
    )
    rewrite_description(model.path, description)


if __name__ == "__main__":
    main()
