"""The audit tells the truth: what is planted in real films is caught, what is real is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hilum.audit.audit import Audit, Audited, audit
from hilum.audit.check import Outcome
from hilum.audit.contrast import contrasts
from hilum.audit.films import Part
from hilum.audit.measure import Measured, measure_films
from hilum.audit.noise import check_labels, find_suspects
from hilum.audit.pairs import find_pairs
from hilum.audit.probe import held_out_scores
from hilum.audit.shortcuts import check_shortcuts
from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.exposures import Twins
from hilum.dataset.lock import read_lock
from hilum.dataset.read import Dataset, open_dataset
from tests.audit.planted import copy_covid_qu_ex, plant_in_shenzhen

pytestmark = pytest.mark.real


def measured_in(
    collections: list[Path], folder: Path, twins: Twins = Twins.UNITE
) -> tuple[Dataset, Measured]:
    compile_dataset(collections, folder / "dataset", options=CompileOptions(twins=twins))
    dataset = open_dataset(folder / "dataset")
    return dataset, measure_films(dataset, folder / "audit", threads=2)


def audited(collections: list[Path], folder: Path, twins: Twins = Twins.UNITE) -> Audit:
    dataset, measured = measured_in(collections, folder, twins)
    pairs = find_pairs(dataset, measured.films.labels)
    lock = read_lock(dataset.folder)
    return audit(Audited("real", dataset.content_sha256, lock, None, measured, pairs))


def outcome_of(found: Audit, subject: str) -> Outcome:
    return next(verdict.outcome for verdict in found.verdicts if verdict.subject == subject)


def test_covid_against_children_is_condemned(shared_data: Path, tmp_path: Path) -> None:
    names = ("ieee8023", "hannover", "kermany")
    found = audited([shared_data / name for name in names], tmp_path)
    assert outcome_of(found, "covid against normal") is Outcome.CONDEMNED
    judged = [j for c in found.checks if c.key == "shortcuts" for j in c.figures]
    condemned = {j.figure.name for j in judged if j.outcome is Outcome.CONDEMNED}
    assert "the border of the film alone" in condemned


def test_painted_opacities_are_not_condemned(shared_data: Path, tmp_path: Path) -> None:
    folder = plant_in_shenzhen(shared_data / "shenzhen", tmp_path / "films", what="opacities")
    found = audited([folder], tmp_path)
    assert outcome_of(found, "tuberculosis against normal") is not Outcome.CONDEMNED
    whole = next(c for c in found.checks if c.key == "elsewhere").figures[0].figure
    assert whole.low is not None and whole.low > 0.6


def test_a_marker_in_a_corner_is_caught(shared_data: Path, tmp_path: Path) -> None:
    folder = plant_in_shenzhen(shared_data / "shenzhen", tmp_path / "films", what="marker")
    found = audited([folder], tmp_path)
    assert outcome_of(found, "tuberculosis against normal") is Outcome.CONDEMNED


def test_random_halves_raise_at_most_one_alarm(shared_data: Path, tmp_path: Path) -> None:
    folder = plant_in_shenzhen(shared_data / "shenzhen", tmp_path / "films", what="nothing")
    _, measured = measured_in([folder], tmp_path)
    labels = measured.films.labels
    alarms, reached = 0, []
    for seed in range(20):
        drawn = np.random.default_rng(seed).permutation([label["finding"] for label in labels])
        relabelled = tuple(
            {**label, "finding": finding}
            for label, finding in zip(labels, drawn.tolist(), strict=True)
        )
        films = replace(measured.films, labels=relabelled)
        [contrast] = contrasts(relabelled)
        whole = held_out_scores(
            films.features[Part.WHOLE][contrast.index], contrast.truth, contrast.groups
        )
        # Nothing else can condemn films of one origin without a model.
        found = check_shortcuts(films, [contrast], {contrast.name: whole})
        alarms += found.outcome is Outcome.CONDEMNED
        reached.append(found.figures[0].figure.value or 0)
    assert alarms <= 1
    assert np.mean(reached) == pytest.approx(0.5, abs=0.05)


def test_planted_twins_are_caught(shared_data: Path, tmp_path: Path) -> None:
    counts = {"Train/COVID-19": 40, "Train/Normal": 40, "Val/COVID-19": 20, "Val/Normal": 20}
    folder, _ = copy_covid_qu_ex(shared_data / "covid-qu-ex", tmp_path / "films", counts, twins=3)
    found = audited([folder], tmp_path, Twins.IGNORE)
    assert outcome_of(found, "the splits") is Outcome.CONDEMNED
    splits = next(check for check in found.checks if check.key == "splits")
    assert splits.figures[0].figure.value == 12  # 6 films and their 6 twins
    assert all("twin " in film.caption for film in splits.films)
    # 120 films, and 6 that are held out and drawn with the film they are a copy of.
    shortcuts = next(check for check in found.checks if check.key == "shortcuts")
    assert (shortcuts.figures[0].figure.n, shortcuts.figures[0].figure.groups) == (126, 120)


def test_wrong_labels_are_among_the_first_suspects(shared_data: Path, tmp_path: Path) -> None:
    counts = {"Train/COVID-19": 250, "Train/Normal": 250}
    folder, wrong = copy_covid_qu_ex(
        shared_data / "covid-qu-ex", tmp_path / "films", counts, wrong=10
    )
    _, measured = measured_in([folder], tmp_path)
    labels = check_labels(measured.films, [], find_suspects(measured.films))
    first = [row[0].rpartition("/")[2] for row in labels.tables[0].rows[:25]]
    assert len(set(first) & set(wrong)) >= 8
