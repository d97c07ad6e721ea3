"""The audit tells the truth: what is planted in real films is caught, what is real is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from hilum.audit.audit import Audit, Audited, audit
from hilum.audit.check import Outcome
from hilum.audit.measure import measure_films
from hilum.audit.pairs import find_pairs
from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.exposures import Twins
from hilum.dataset.lock import read_lock
from hilum.dataset.read import open_dataset
from tests.audit.planted import copy_covid_qu_ex, plant_in_shenzhen

pytestmark = pytest.mark.real


def audited(collections: list[Path], folder: Path, twins: Twins = Twins.UNITE) -> Audit:
    compile_dataset(collections, folder / "dataset", options=CompileOptions(twins=twins))
    dataset = open_dataset(folder / "dataset")
    measured = measure_films(dataset, folder / "audit", threads=2)
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


def test_random_halves_raise_no_alarm(shared_data: Path, tmp_path: Path) -> None:
    alarms = 0
    for seed in range(3):
        folder = tmp_path / str(seed)
        films = plant_in_shenzhen(shared_data / "shenzhen", folder / "films", what="", seed=seed)
        found = audited([films], folder)
        alarms += outcome_of(found, "tuberculosis against normal") is Outcome.CONDEMNED
    assert alarms == 0


def test_planted_twins_are_caught(shared_data: Path, tmp_path: Path) -> None:
    counts = {"Train/COVID-19": 40, "Train/Normal": 40, "Val/COVID-19": 20, "Val/Normal": 20}
    folder, _ = copy_covid_qu_ex(shared_data / "covid-qu-ex", tmp_path / "films", counts, twins=3)
    found = audited([folder], tmp_path, Twins.IGNORE)
    assert outcome_of(found, "the splits") is Outcome.CONDEMNED
    splits = next(check for check in found.checks if check.key == "splits")
    assert splits.figures[0].figure.value == 12  # 6 films and their 6 twins
    assert all("twin " in film.caption for film in splits.films)


def test_wrong_labels_are_among_the_first_suspects(shared_data: Path, tmp_path: Path) -> None:
    counts = {"Train/COVID-19": 250, "Train/Normal": 250}
    folder, wrong = copy_covid_qu_ex(
        shared_data / "covid-qu-ex", tmp_path / "films", counts, wrong=10
    )
    found = audited([folder], tmp_path)
    labels = next(check for check in found.checks if check.key == "labels")
    first = " ".join(row[0] for row in labels.tables[0].rows[:25])
    assert sum(name in first for name in wrong) >= 8
