"""What films of two classes differ in beside what they show, and what may be said of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from hilum.audit.check import Check, Judged, Outcome
from hilum.audit.contrast import contrasts
from hilum.audit.film_file import QUALITY
from hilum.audit.quality import check_quality
from tests.fakes.audit import make_films, make_labels

HALF = ["covid"] * 60 + ["normal"] * 60


def checked(name: str, values: NDArray[np.floating], findings: list[str] | None = None) -> Check:
    films = make_films(make_labels(findings or HALF))
    films = replace(films, quality={**films.quality, name: values.astype(np.float32)})
    return check_quality(films, contrasts(films.labels))


def figure_of(check: Check, words: str) -> Judged:
    [judged] = [one for one in check.figures if words in one.figure.name]
    return judged


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("border", "is border", "the border"),
        ("compression", "blocks of JPEG", "the compression"),
        ("clipped", "darkest or brightest", "the clipped greys"),
    ],
)
@pytest.mark.parametrize("more_in", ["COVID-19", "normal"])
def test_more_of_it_in_either_class_is_doubtful(
    name: str, words: str, said: str, more_in: str
) -> None:
    values = np.random.default_rng(0).normal(0.2, 0.01, 120)
    values[:60] += 0.1 if more_in == "COVID-19" else -0.1
    check = checked(name, values)
    judged = figure_of(check, words)
    assert judged.outcome is check.outcome is Outcome.DOUBTFUL
    assert judged.figure.value == pytest.approx(float(more_in == "COVID-19"), abs=0.02)
    assert judged.because.endswith(f"more in {more_in}")
    assert (judged.figure.unit, judged.threshold) == (
        "AUROC",
        0.6 if more_in == "COVID-19" else 0.4,
    )
    area = f"{judged.figure.value:.2f}"
    assert check.answer == f"Yes: COVID-19 against normal by {said} (AUROC {area})."


def test_films_of_many_sizes_are_compared_by_their_number_of_pixels() -> None:
    width = np.random.default_rng(3).permutation(120) + 1000
    width[:60] *= 2
    check = checked("width", width)
    # Of sizes that one film each has nothing is known, taken as kinds.
    assert figure_of(check, "finding and size").outcome is Outcome.NOT_ESTIMABLE
    for words in ("how many pixels the film has", "how wide the film is"):
        judged = figure_of(check, words)
        assert judged.outcome is Outcome.DOUBTFUL and judged.figure.value == 1, words
    assert "the number of pixels (AUROC 1.00), the proportions (AUROC 1.00)" in check.answer


def test_films_of_one_kind_are_alike() -> None:
    check = checked("clipped", np.random.default_rng(1).random(120))
    assert check.outcome is Outcome.FINE
    assert "alike in the size, the view, the bit depth, the number of pixels" in check.answer
    for words in ("is border", "blocks of JPEG", "darkest or brightest"):
        assert figure_of(check, words).outcome is Outcome.FINE


def test_a_difference_that_few_films_show_is_neither_fine_nor_doubtful() -> None:
    values = np.random.default_rng(2).normal(0, 1, 30)
    values[:15] += 0.8
    check = checked("border", values, ["covid"] * 15 + ["normal"] * 15)
    judged = figure_of(check, "is border")
    assert judged.figure.value is not None and judged.figure.low is not None
    assert judged.figure.low < 0.6 < judged.figure.value
    assert judged.outcome is Outcome.NOT_ESTIMABLE
    assert check.answer.endswith("; of the border it cannot be estimated.")


def test_what_is_not_known_cannot_be_estimated() -> None:
    judged = figure_of(checked("compression", np.full(120, np.nan)), "blocks of JPEG")
    assert judged.outcome is Outcome.NOT_ESTIMABLE and judged.figure.reason


def test_random_halves_raise_no_alarm() -> None:
    for seed in range(20):
        values = np.random.default_rng(seed).exponential(size=120)
        assert figure_of(checked("clipped", values), "darkest").outcome is not Outcome.DOUBTFUL


def test_tables_say_what_their_numbers_are() -> None:
    for table in checked("border", np.zeros(120)).tables:
        medians = table.head[2:-1]
        assert len(medians) == len(QUALITY)
        assert all(name.startswith("median ") and name.endswith(")") for name in medians)
        assert all(len(row) == len(table.head) for row in table.rows)


def test_sizes_of_a_film_each_tell_nothing_of_their_classes() -> None:
    films = make_films(make_labels(HALF))
    width = np.where(np.arange(120) % 3, np.arange(120) + 300, 500).astype(np.float32)
    check = check_quality(
        replace(films, quality={**films.quality, "width": width}), contrasts(films.labels)
    )
    [size] = [one for one in check.figures if one.figure.name == "finding and size"]
    assert size.figure.value is not None  # of those that many have
    assert size.outcome is Outcome.NOT_ESTIMABLE and "most films" in size.because
