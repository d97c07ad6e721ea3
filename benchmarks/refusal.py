"""Does a model refuse what is no frontal chest film, and only that? Judges the check for it.

    python benchmarks/refusal.py COLLECTION... [--films PATH...] [--also PATH...] [--model MODEL]
                                 [--dataset DATASET]

Fits the check of ``hilum.inference.film_check`` as ``hilum fit-refusal`` does and prints how many
of each kind are refused by checks that were fitted without them; writes nothing. Films from which
the network did not learn, nor from a copy of them or their patient, have rows of their own;
``--dataset``, what it was trained on, tells them where splits were drawn. ``--also`` images are
in no figure: what becomes of each is printed. The targets are at most 2 % of films and at least
90 % of laterals and CT slices.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from hilum.dataset.read import open_dataset
from hilum.inference.inputs import find_inputs
from hilum.inference.model import BUNDLED_MODEL, Model, read_model
from hilum.inference.predictor import Predictor
from hilum.learning.refusal.figures import count_patients, estimate
from hilum.learning.refusal.fit import Chosen, by_collections, by_folds, by_kinds, fit_film_check
from hilum.learning.refusal.sample import FILM, LATERAL, SLICE, Sample
from hilum.learning.refusal.samples import collect_samples
from hilum.workers import available_cores
from rounds import print_table

Row = tuple[str, Chosen]


def main() -> None:
    """Measure, fit and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collections", type=Path, nargs="+", help="downloaded collections")
    parser.add_argument("--films", type=Path, nargs="*", default=[], help="more frontal films")
    parser.add_argument("--also", type=Path, nargs="*", default=[], help="images in no figure")
    parser.add_argument("--model", type=Path, default=BUNDLED_MODEL)
    parser.add_argument("--dataset", type=Path, help="what the model was trained on")
    parser.add_argument("--threads", type=int, default=available_cores())
    arguments = parser.parse_args()

    model = read_model(arguments.model)
    everything = collect_samples(
        model,
        arguments.collections,
        films={image.path: image.path.parent.name for image in find_inputs(arguments.films).images},
        dataset=None if arguments.dataset is None else open_dataset(arguments.dataset),
        threads=arguments.threads,
    )
    film = np.array([sample.kind == FILM for sample in everything])
    counted = np.array([not sample.is_variant for sample in everything])
    in_folds = by_folds(everything)
    unseen = np.where(film, by_collections(everything), by_kinds(everything))
    samples = [sample for sample, one in zip(everything, counted, strict=True) if one]
    print_tables(samples, in_folds[counted], unseen[counted])
    print_others(model, everything, arguments.also)


def print_tables(samples: Sequence[Sample], in_folds: Chosen, unseen: Chosen) -> None:
    """One line per collection of films, one per kind that is none."""
    for title, first, rows in (
        ("Frontal films refused", "collection", film_rows(samples)),
        ("Other images refused", "kind", other_rows(samples)),
    ):
        print(f"{title}:\n")
        left_out = f"{first} left out"
        heads = ("n", "patients", "10 folds of patients", "95 % interval", left_out)
        lines = (line(samples, row, in_folds, unseen) for row in rows if row[1].any())
        print_table((first, *heads, "95 % interval"), lines)
        print()


def film_rows(samples: Sequence[Sample]) -> Iterator[Row]:
    """Those that the network did not learn from, all, and each collection likewise."""
    film = np.array([sample.kind == FILM for sample in samples])
    learned = np.array([sample.is_learned for sample in samples])
    collection = np.array([sample.collection for sample in samples])
    yield "not learned from", film & ~learned
    yield "all", film
    for name in sorted(set(collection[film])):
        mine = film & (collection == name)
        if (mine & learned).any():
            yield f"{name}, not learned from", mine & ~learned
        yield name, mine


def other_rows(samples: Sequence[Sample]) -> Iterator[Row]:
    """Real ones together and apart, then what was made or drawn."""
    kind = np.array([sample.kind for sample in samples])
    learned = np.array([sample.is_learned for sample in samples])
    real = np.isin(kind, (LATERAL, SLICE))
    if (real & learned).any():
        yield "laterals and CT slices, not learned from", real & ~learned
    yield "laterals and CT slices", real
    for name in (LATERAL, SLICE, *sorted(set(kind) - {FILM, LATERAL, SLICE})):
        yield name, kind == name


def line(
    samples: Sequence[Sample], row: Row, in_folds: Chosen, unseen: Chosen
) -> tuple[str | int, ...]:
    """A line of a table: the counts of the row's samples under both protocols."""
    name, chosen = row
    counted = [sample for sample, one in zip(samples, chosen, strict=True) if one]
    cells: list[str | int] = [name, len(counted), count_patients(counted)]
    for refused in (in_folds[chosen], unseen[chosen]):
        share = estimate(refused)
        cells += [int(refused.sum()), f"{share.low:.1%} – {share.high:.1%}"]
    return tuple(cells)


def print_others(model: Model, samples: Sequence[Sample], paths: Sequence[Path]) -> None:
    """What becomes of each image at ``paths`` with the check fitted on all ``samples``."""
    check = fit_film_check(samples)
    description = dataclasses.replace(model.description, film_check=check)
    predictor = Predictor(dataclasses.replace(model, description=description))
    for image in find_inputs(paths).images:
        prediction = predictor(image.path)
        print(f"{image.relative}: {prediction.status} {prediction.reason}".rstrip())


if __name__ == "__main__":
    main()
