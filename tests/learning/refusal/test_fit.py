"""The fit of the film check, on features drawn so that the right answer is known."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from hilum.errors import HilumError
from hilum.inference.film_features import FEATURES
from hilum.inference.model import read_model
from hilum.learning.refusal.fit import (
    _RIDGE,
    by_collections,
    by_folds,
    by_kinds,
    fit_film_check,
    fit_logistic,
    is_refused,
    sample_weights,
)
from hilum.learning.refusal.sample import FILM, LATERAL, SLICE, Sample
from hilum.learning.refusal.samples import Amounts, collect_samples


def draw(kind: str, count: int, *, shift: float = 0.0, collection: str = "a") -> list[Sample]:
    """Features of a normal distribution, the first of them shifted."""
    rng = np.random.default_rng([count, *kind.encode(), *collection.encode()])
    samples = []
    for number in range(count):
        values = rng.normal(size=len(FEATURES))
        values[0] += shift
        features = dict(zip(FEATURES, values.tolist(), strict=True))
        samples.append(Sample(kind, collection, f"{kind} {collection} {number}", features=features))
    return samples


def odd(kind: str, group: str, feature: str, collection: str = "a") -> Sample:
    """Usual but for one feature, which is far out."""
    features = dict.fromkeys(FEATURES, 0.0) | {feature: 4.5}
    return Sample(kind, collection, group, features=features)


FILMS = [*draw(FILM, 300), *draw(FILM, 100, collection="b")]
OTHERS = [
    *draw("text", 40, shift=9.0, collection=""),
    *draw(LATERAL, 15, shift=-9.0, collection="z"),
    *draw(SLICE, 15, shift=9.0, collection="z"),
]


def test_it_tells_films_from_others_on_either_side() -> None:
    check = fit_film_check(FILMS + OTHERS)
    assert all(is_refused(sample, check) for sample in OTHERS)
    assert sum(is_refused(sample, check) for sample in FILMS) <= 4


def test_what_never_reaches_the_check_is_refused_and_teaches_nothing() -> None:
    blank = Sample("text", "", "blank")
    assert fit_film_check([*FILMS, *OTHERS, blank]) == fit_film_check(FILMS + OTHERS)
    assert is_refused(blank, fit_film_check(FILMS + OTHERS))


@pytest.mark.parametrize("samples", [FILMS, OTHERS, []], ids=["films", "others", "none"])
def test_one_class_alone_is_no_task(samples: list[Sample]) -> None:
    with pytest.raises(HilumError, match="expected both"):
        fit_film_check(samples)


def test_the_regression_is_at_its_minimum() -> None:
    rng = np.random.default_rng(0)
    inputs, weights = rng.normal(size=(200, 3)), rng.uniform(0.001, 0.01, 200)
    positive = inputs @ [1.0, -2.0, 0.0] + rng.logistic(size=200) > 0.5
    found = fit_logistic(inputs, positive, weights)
    columns = np.hstack([inputs, np.ones((200, 1))])
    slope = columns.T @ (weights * (1 / (1 + np.exp(-columns @ found)) - positive))
    slope[:-1] += _RIDGE * found[:-1]
    assert np.abs(slope).max() < 1e-7
    assert found[0] > 0 > found[1]


def test_collections_weigh_by_the_root_of_their_size_and_kinds_alike() -> None:
    drawn = [*draw("page", 10, shift=9.0), *draw("limb", 40, shift=9.0)]
    samples = [*draw(FILM, 900), *draw(FILM, 100, collection="b"), *drawn, *OTHERS]
    weights = sample_weights(samples)

    def total(kind: str, collection: str | None = None) -> float:
        chosen = [s.kind == kind and collection in (None, s.collection) for s in samples]
        return float(weights[chosen].sum())

    assert total(FILM, "a") == pytest.approx(3 * total(FILM, "b"))
    assert total(FILM) == pytest.approx(weights.sum() / 2)
    assert total("page") == pytest.approx(total("limb")) and total("page") > 0
    assert total(LATERAL) == pytest.approx(total(SLICE))


def test_more_of_one_kind_changes_nothing() -> None:
    many = [dataclasses.replace(s, group=f"{s.group}+") for s in OTHERS if s.kind == "text"]
    check, twice = fit_film_check(FILMS + OTHERS), fit_film_check(FILMS + OTHERS + many)
    assert twice.limit == pytest.approx(check.limit, rel=1e-3)


def test_a_patient_is_never_fitted_on_and_judged() -> None:
    # Two images that nothing but one another could teach to refuse.
    pair = [odd(LATERAL, "patient", "symmetry") for _ in range(2)]
    apart = [dataclasses.replace(s, group=f"{n}") for n, s in enumerate([*pair, *pair, *pair])]
    together = [*FILMS, *OTHERS, *pair, *pair, *pair]
    assert not by_folds(together)[-6:].any()
    assert by_folds([*FILMS, *OTHERS, *apart])[-6:].all()


def test_a_collection_is_judged_without_it_and_its_copies() -> None:
    # A collection whose films are all unlike the others': only its own, or copies, could help.
    strange = [odd(FILM, f"strange {n}", "symmetry", "c") for n in range(80)]
    copies = [dataclasses.replace(s, collection="d") for s in strange]
    others = [*OTHERS, *(odd("text", f"like them {n}", "symmetry") for n in range(20))]
    samples = [*FILMS, *others, *strange, *copies]
    refused = by_collections(samples)
    assert refused[-160:].all()
    assert refused[: len(FILMS)].mean() < 0.05 and not refused[len(FILMS) : -160].any()
    assert by_folds(samples)[-160:].mean() < refused[-160:].mean()


def test_a_kind_is_judged_without_it() -> None:
    strange = [odd("limb", f"{n}", "symmetry") for n in range(30)]
    samples = [*FILMS, *OTHERS, *strange]
    assert by_folds(samples)[-30:].all()
    assert not by_kinds(samples)[-30:].any()
    assert not by_kinds(samples)[: len(FILMS)].any()


@pytest.mark.real
def test_the_film_check_of_the_bundled_network_reaches_its_bars(shared_data: Path) -> None:
    """Out of fold: at most 2 % of films and at least 90 % of laterals and CT slices refused."""
    names = ("general-blockchain", "hannover", "ieee8023", "kermany", "nih-normal", "shenzhen")
    folders = [shared_data / name for name in (*names, "covid-qu-ex", "radiography")]
    amounts = Amounts(films=100, changed=3, drawn=20)
    samples = collect_samples(read_model(), folders, amounts=amounts, threads=2)
    refused = by_folds(samples)
    film = np.array([sample.kind == FILM for sample in samples])
    real = [s.kind in (LATERAL, SLICE) and not s.is_variant for s in samples]
    assert film.sum() > 500 and sum(real) >= 24
    assert refused[film].mean() <= 0.02
    assert refused[real].mean() >= 0.9
