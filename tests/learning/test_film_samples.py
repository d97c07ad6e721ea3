"""From folders to measured samples: every kind, its patient, and copies found."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from hilum.collections.registry import read_folder
from hilum.inference.film_features import FEATURES
from hilum.inference.model import read_model
from hilum.learning.film_samples import FILM, LATERAL, SLICE, Amounts, Sample, collect_samples
from hilum.learning.not_films import DRAWN, FROM_A_FILM
from hilum.radiograph import Structure
from tests.conftest import REPOSITORY
from tests.fakes.chest import draw_chest
from tests.fakes.every import FAKES
from tests.fakes.fake import write_image
from tests.fakes.model import TARGETS, write_model

FEW = Amounts(films=50, changed=2, drawn=3)
SIZE = (96, 80)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two fakes with images large enough for films; one image of the second is a copy."""
    found = []
    for name in ("ieee8023", "kermany"):
        fake = FAKES[name](tmp_path_factory.mktemp(name), np.random.default_rng(3))
        images = sorted(p for p in fake.folder.rglob("*") if p.suffix in (".jpeg", ".jpg", ".png"))
        for number, path in enumerate(images):
            write_image(path, cloudy_chest(np.random.default_rng([number, *name.encode()])))
        found.append(fake.folder)
    shutil.copy(next(found[0].rglob("a.jpeg")), read_folder(found[1]).radiographs[0].path)
    return found


def cloudy_chest(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Drawn chests differ too little to be told from copies."""
    chest = draw_chest(rng, size=SIZE).pixels
    clouds = cv2.resize(rng.integers(0, 256, (6, 5), np.uint8), SIZE[::-1])
    return cv2.addWeighted(chest, 0.6, clouds, 0.4, 0).astype(np.uint8)


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
    found = collect_samples(model, folders[:1], amounts=Amounts(films=3, changed=1, drawn=0))
    assert len(of_kind(found, FILM)) == 3
    assert all(len(of_kind(found, kind)) == 1 for kind in FROM_A_FILM)


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


def test_the_command_prints_both_tables_and_changes_nothing_but_the_description(
    folders: list[Path], tmp_path: Path
) -> None:
    path = write_model(tmp_path / "fake.onnx")
    before = onnx.load_model(path)
    command = [sys.executable, "benchmarks/refusal.py", *map(str, folders), "--model", str(path)]
    done = subprocess.run(
        [*command, "--write"], cwd=REPOSITORY, env=dict(os.environ), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "| laterals and CT slices | 2 |" in done.stdout and "| kermany |" in done.stdout

    description = read_model(path).description
    assert description.film_check is not None
    assert [score.name for score in description.scores] == [
        "frontal films refused",
        "laterals and CT slices refused",
    ]
    after = onnx.load_model(path)
    del before.metadata_props[:], after.metadata_props[:]
    assert after.SerializeToString() == before.SerializeToString()
