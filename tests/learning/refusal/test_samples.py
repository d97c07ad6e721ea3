"""From folders to measured samples: every kind, its patient, and copies found."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from hilum.collections.registry import read_folder
from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.read import open_dataset
from hilum.dataset.split import SplitOptions
from hilum.errors import DatasetError, HilumError
from hilum.inference.film_features import FEATURES
from hilum.inference.model import Model, ModelDescription, read_model
from hilum.learning.refusal.not_films import DRAWN, FROM_A_FILM
from hilum.learning.refusal.sample import FILM, LATERAL, SLICE, Sample
from hilum.learning.refusal.samples import Amounts, collect_samples
from hilum.radiograph import Split, Structure
from tests.conftest import REPOSITORY
from tests.fakes.every import FAKES
from tests.fakes.fake import write_image
from tests.fakes.model import TARGETS, describe, write_model
from tests.fakes.refusal import draw_two_collections

FEW = Amounts(films=50, changed=2, drawn=3)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two fakes; one image of the second is a copy."""
    found = draw_two_collections(tmp_path_factory.mktemp("collections"))
    shutil.copy(next(found[0].rglob("a.jpeg")), read_folder(found[1]).radiographs[0].path)
    return found


@pytest.fixture(scope="module")
def samples(folders: list[Path], tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    model = read_model(write_model(tmp_path_factory.mktemp("m") / "fake.onnx"))
    return collect_samples(model, folders, amounts=FEW)


def of_kind(samples: list[Sample], kind: str) -> list[Sample]:
    return [sample for sample in samples if sample.kind == kind]


def test_every_kind_is_there_in_the_amounts_asked_for(samples: list[Sample]) -> None:
    assert {sample.kind for sample in samples} == {
        *(FILM, LATERAL, SLICE),
        *FROM_A_FILM,
        *DRAWN,
    }
    films = of_kind(samples, FILM)
    assert {s.collection for s in films} == {"ieee8023", "kermany"}
    assert {s.path.name for s in films if s.path and s.collection == "ieee8023"} == {
        *("a.jpeg", "b.png", "d.jpg", "e.jpg", "f.jpg", "g.jpg", "h.jpg")
    }
    assert all(len(of_kind(samples, kind)) == 2 * 2 for kind in FROM_A_FILM)
    assert all(len(of_kind(samples, kind)) == 3 for kind in DRAWN)


def test_no_more_films_are_taken_than_asked_for(folders: list[Path], tmp_path: Path) -> None:
    model = read_model(write_model(tmp_path / "fake.onnx"))
    found = collect_samples(model, folders, amounts=Amounts(films=3, changed=1, drawn=0))
    films = of_kind(found, FILM)
    assert len([s for s in films if s.collection == "ieee8023"]) == 3
    counts = Counter(s.official_split for s in films if s.collection == "kermany")
    assert counts == {Split.TRAIN: 3, Split.VALIDATION: 3, Split.TEST: 1}
    assert all(len(of_kind(found, kind)) == 2 for kind in FROM_A_FILM)


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (["ieee8023"], "got frontal films of ieee8023 only; expected at least two collections"),
        (["kermany", "hannover"], "no lateral view and no CT slice in hannover, kermany"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_measured(
    chosen: list[str], said: str, tmp_path: Path
) -> None:
    rng = np.random.default_rng(3)
    folders = [FAKES[name](tmp_path / name, rng).folder for name in chosen]
    with pytest.raises(HilumError, match=said):
        collect_samples(read_model(write_model(tmp_path / "fake.onnx")), folders)


def trained_on(*names: str, dataset_sha256: str = "0" * 64) -> ModelDescription:
    return dataclasses.replace(describe(), trained_on=names, dataset_sha256=dataset_sha256)


def model_of(description: ModelDescription, folder: Path) -> Model:
    return read_model(write_model(folder / "fake.onnx", described=description))


def test_what_the_network_learned_from_is_known_by_official_splits(
    folders: list[Path], samples: list[Sample], tmp_path: Path
) -> None:
    assert not any(sample.is_learned for sample in samples)  # a model of other collections
    few = Amounts(films=1, changed=1, drawn=1)
    found = collect_samples(model_of(trained_on("kermany"), tmp_path), folders, amounts=few)
    learned = {s.official_split: s.is_learned for s in of_kind(found, FILM)}
    assert learned[Split.TRAIN]
    assert not learned[Split.TEST]  # its only film has a patient of its own
    everything = collect_samples(model_of(trained_on("kermany"), tmp_path), folders, amounts=FEW)
    of_ieee8023 = [s for s in of_kind(everything, FILM) if s.collection == "ieee8023"]
    names = {s.path.name for s in of_ieee8023 if s.path and s.is_learned}
    assert names == {"a.jpeg", "b.png"}, "copied into Kermany's train split, and the same patient"


def test_a_copy_of_a_film_that_is_not_sampled_counts_as_learned(
    folders: list[Path], tmp_path: Path
) -> None:
    # With one film of each split the copy, Kermany's first, stays; the last of it does not.
    model = model_of(trained_on("ieee8023"), tmp_path)
    found = collect_samples(model, folders, amounts=Amounts(films=1, changed=1, drawn=1))
    copy = read_folder(folders[1]).radiographs[0].path
    assert [s.is_learned for s in of_kind(found, FILM) if s.path == copy] == [True]


def test_what_was_drawn_into_the_train_split_is_known_by_the_dataset(
    folders: list[Path], tmp_path: Path
) -> None:
    options = CompileOptions(SplitOptions(fractions=(0.5, 0.0, 0.5)))
    compile_dataset(folders[:1], tmp_path / "dataset", options=options)
    dataset = open_dataset(tmp_path / "dataset")
    described = trained_on("ieee8023", dataset_sha256=dataset.content_sha256)
    found = collect_samples(model_of(described, tmp_path), folders, dataset=dataset, amounts=FEW)
    expected = {str(row["source_path"]) for row in dataset.labels(Split.TRAIN)}
    films = [s for s in of_kind(found, FILM) if s.collection == "ieee8023"]
    learned = {f"images/{s.path.name}" for s in films if s.path and s.is_learned}
    assert learned == expected - {"images/c.jpg"}, "all but the lateral"
    assert 0 < len(learned) < len(films)


def test_another_dataset_is_refused(folders: list[Path], tmp_path: Path) -> None:
    compile_dataset(folders[:1], tmp_path / "dataset", options=CompileOptions())
    with pytest.raises(DatasetError, match="not trained on this dataset"):
        collect_samples(
            model_of(trained_on("ieee8023"), tmp_path),
            folders,
            dataset=open_dataset(tmp_path / "dataset"),
        )


def test_films_that_were_all_learned_from_judge_nothing(
    folders: list[Path], tmp_path: Path
) -> None:
    names = ("ieee8023", "general-blockchain")
    other = FAKES["general-blockchain"](tmp_path / "other", np.random.default_rng(1)).folder
    with pytest.raises(HilumError, match="the refusal cannot be judged"):
        collect_samples(model_of(trained_on(*names), tmp_path), [folders[0], other])


def test_laterals_and_slices_are_known_with_their_patient(samples: list[Sample]) -> None:
    for kind, name, patient in ((LATERAL, "c.jpg", "3"), (SLICE, "ct.png", "9")):
        found = of_kind(samples, kind)
        assert {s.path.name for s in found if s.path} == {name}
        assert {s.group for s in found} == {f"ieee8023:{patient}"}
        assert [s.is_variant for s in found].count(False) == 1 < len(found)
    assert not any(s.is_variant for s in samples if s.kind not in (LATERAL, SLICE))


def test_copies_and_what_is_made_of_a_film_are_of_its_group(samples: list[Sample]) -> None:
    groups = {s.path: s.group for s in of_kind(samples, FILM)}
    by_name = {path.name: group for path, group in groups.items() if path}
    copy = next(s.path for s in of_kind(samples, FILM) if s.collection == "kermany")
    assert groups[copy] == by_name["a.jpeg"]
    assert len(set(groups.values())) > 5
    for kind in FROM_A_FILM:
        assert all(s.group == groups[s.path] for s in of_kind(samples, kind))


def test_features_are_measured_where_there_are_lungs(samples: list[Sample]) -> None:
    films = of_kind(samples, FILM)
    assert all(s.features is not None and set(s.features) == set(FEATURES) for s in films)


def test_other_targets_and_threads_change_nothing(
    folders: list[Path], samples: list[Sample], tmp_path: Path
) -> None:
    lungs_only = [Structure.LEFT_LUNG, Structure.RIGHT_LUNG]
    assert set(lungs_only) < set(TARGETS)
    more = write_model(tmp_path / "more.onnx", targets=lungs_only)
    again = collect_samples(read_model(more), folders, amounts=FEW, threads=2)
    assert again == samples


def test_a_model_of_both_lungs_in_one_mask_is_measured_too(
    folders: list[Path], tmp_path: Path
) -> None:
    model = read_model(write_model(tmp_path / "lungs.onnx", targets=[Structure.LUNGS]))
    found = collect_samples(model, folders, amounts=FEW)
    assert all(s.features is not None for s in of_kind(found, FILM))


def test_the_benchmark_prints_both_tables_and_writes_nothing(
    folders: list[Path], tmp_path: Path
) -> None:
    path = write_model(tmp_path / "fake.onnx")
    before = path.read_bytes()
    blank = write_image(tmp_path / "blank.png", np.zeros((99, 99), np.uint8))
    command = [sys.executable, "benchmarks/refusal.py", *map(str, folders), "--model", str(path)]
    done = subprocess.run(
        [*command, "--also", str(blank)],
        cwd=REPOSITORY,
        env=dict(os.environ),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for start in ("laterals and CT slices | 2 | 2 |", "kermany |", "not learned from |"):
        assert f"| {start}" in done.stdout
    assert "blank.png: refused the image is blank" in done.stdout
    assert path.read_bytes() == before
