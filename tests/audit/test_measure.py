"""Every film ends among the numbers or among the lost, and a run that was stopped goes on."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hilum.audit import measure
from hilum.audit.films import Films, Part
from hilum.audit.folder import note_subject, subject_of
from hilum.audit.measure import MEASURED, Measured, measure_films
from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.exposures import Twins
from hilum.dataset.read import Dataset, open_dataset
from hilum.errors import OutputError
from hilum.inference.model import BUNDLED_MODEL, Model, read_model, rewrite_description
from hilum.output import held
from hilum.radiograph import Finding, Split
from tests.fakes.chest import Chest
from tests.fakes.compiled import CLASSES, write_radiograph
from tests.fakes.model import FINDINGS, describe, draw_pixels, write_model

COUNTS = {"Train": 6, "Val": 3, "Test": 2}
FILMS = sum(COUNTS.values())
DRAWN = {"COVID-19": Finding.COVID, "Normal": Finding.NORMAL, "Non-COVID": Finding.PNEUMONIA}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Films that the fake model reads; the last of Train has no lungs."""
    folder = tmp_path_factory.mktemp("drawn")
    rng = np.random.default_rng(0)
    for split, count in COUNTS.items():
        for number in range(count):
            lungs = "none" if (split, number) == ("Train", 5) else "both"
            name = CLASSES[number % 3]
            pixels = draw_pixels(DRAWN[name], size=(128, 128), lungs=lungs)
            pixels[100:110, 40:90] += rng.integers(0, 9, (10, 50), np.uint8)
            if lungs == "none":
                pixels[40:90, 20:110] = 160  # or it were blank
            mask = np.zeros((128, 128), np.bool_)
            right, left = mask.copy(), mask.copy()
            right[32:96, 16:48] = left[32:96, 80:112] = True
            chest = Chest(pixels, right, left, right if name == "COVID-19" else mask)
            write_radiograph(folder / "collection", f"{split}/{name}/{number:03}.png", chest)
    options = CompileOptions(twins=Twins.IGNORE)
    compile_dataset([folder / "collection"], folder / "dataset", options=options)
    return open_dataset(folder / "dataset")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return read_model(write_model(tmp_path_factory.mktemp("model") / "fake.onnx"))


class Counted:
    """A progress that stops after so many films."""

    def __init__(self, most: float = math.inf) -> None:
        self.films, self._most = 0, most

    def __call__(self, step: str, total: int) -> Callable[[], None]:
        assert (step, total) == ("measuring films", FILMS)
        return self._advance

    def _advance(self) -> None:
        if self.films >= self._most:
            raise KeyboardInterrupt
        self.films += 1


@pytest.fixture(scope="module")
def measured(dataset: Dataset, model: Model, tmp_path_factory: pytest.TempPathFactory) -> Measured:
    return measure_films(dataset, tmp_path_factory.mktemp("audit"), model=model, threads=2)


def values_of(films: Films) -> dict[str, np.ndarray]:
    many = {
        "features": films.features,
        "probabilities": films.probabilities,
        "controls": films.controls,
        "quality": films.quality,
        "occlusion": films.occlusion,
    }
    named = {f"{k}/{name}": v for k, values in many.items() for name, v in values.items()}
    shares = {"here": films.activation_in_lungs, "chance": films.activation_by_chance}
    return named | shares | {"lungs": films.lungs_found}


def test_rows_are_in_the_order_of_the_dataset(dataset: Dataset, measured: Measured) -> None:
    films = measured.films
    wanted = [label["image_id"] for split in Split for label in dataset.labels(split)]
    assert [label["image_id"] for label in films.labels] == wanted
    assert [label["split"] for label in films.labels].count(Split.TRAIN) == 6
    called = films.probabilities[Part.WHOLE].argmax(axis=1)
    assert [FINDINGS[number] for number in called] == [label["finding"] for label in films.labels]
    for name, values in values_of(films).items():
        assert len(values) == FILMS, name


def test_a_film_without_lungs_keeps_what_is_known_of_it(measured: Measured) -> None:
    films = measured.films
    (without,) = np.flatnonzero(~films.lungs_found)
    reason = measured.lost[films.labels[without]["image_id"]]
    assert reason == "nothing is known of lungs and background: no lungs were found"
    assert len(measured.lost) == 1
    for part in (Part.LUNGS, Part.BACKGROUND):
        unknown = np.isnan(films.features[part]).all(axis=1)
        assert np.flatnonzero(unknown).tolist() == [without]
    assert np.isnan(films.controls["outside the lungs' box"][without]).all()
    assert np.isfinite(films.features[Part.WHOLE]).all()
    assert np.isfinite(films.controls["thumbnail"]).all()


def test_parts_and_corners_change_what_the_model_gives(measured: Measured) -> None:
    films = measured.films
    covid = np.array([label["finding"] == "covid" for label in films.labels])
    at = FINDINGS.index(Finding.COVID)
    # The fake model reads the finding from a corner, which is black where only lungs are shown.
    assert (films.probabilities[Part.WHOLE][covid, at] > 0.9).all()
    assert (films.probabilities[Part.BACKGROUND][covid, at] > 0.9).all()
    assert (films.probabilities[Part.LUNGS][covid, at] < 0.1).all()
    assert (films.occlusion["corners"][covid] < -0.9).all()
    assert np.abs(films.occlusion["corners"][~covid]).max() < 0.1
    assert np.isnan(films.activation_in_lungs).all()


def test_what_the_model_lacks_is_said_and_taken_from_the_bundled_one(measured: Measured) -> None:
    assert measured.features_of.path == BUNDLED_MODEL
    activation, features = measured.remarks
    assert "fake does not say in its file what its finding is made of" in activation
    assert features.startswith("Features are those of hilum")


def test_without_a_model_nothing_is_asked_of_one(dataset: Dataset, tmp_path: Path) -> None:
    films = measure_films(dataset, tmp_path).films
    assert films.probabilities == films.occlusion == {}
    assert set(films.features) == set(Part)


def test_a_classifier_has_its_lungs_outlined_by_the_bundled_model(
    dataset: Dataset, tmp_path: Path
) -> None:
    classifier = read_model(write_model(tmp_path / "classifier.onnx", targets=()))
    told = measure_films(dataset, tmp_path / "audit", model=classifier)
    assert told.remarks[-1].startswith("Lungs were outlined by hilum")
    covid = [label["finding"] == "covid" for label in told.films.labels]
    at = FINDINGS.index(Finding.COVID)
    assert (told.films.probabilities[Part.WHOLE][:, at] > 0.5).tolist() == covid
    # The drawn films are none to the bundled model.
    assert not told.films.lungs_found.any() and len(told.lost) == FILMS


def test_a_model_that_names_no_finding_is_asked_nothing(dataset: Dataset, tmp_path: Path) -> None:
    outliner = read_model(write_model(tmp_path / "outliner.onnx", findings=()))
    told = measure_films(dataset, tmp_path / "audit", model=outliner)
    assert told.remarks[0] == "fake names no finding: nothing was asked of it."
    assert told.films.probabilities == told.films.occlusion == {}
    assert told.films.lungs_found.sum() == FILMS - 1


def test_the_bundled_model_shows_its_activation(dataset: Dataset, tmp_path: Path) -> None:
    told = measure_films(dataset, tmp_path, model=read_model())
    assert told.remarks == () and told.features_of.path == BUNDLED_MODEL
    known = told.films.lungs_found
    shares = told.films.activation_in_lungs, told.films.activation_by_chance
    for share in shares:
        assert np.isnan(share[~known]).all()
        assert ((share[known] >= 0) & (share[known] <= 1)).all()


def test_a_run_that_was_stopped_goes_on_and_gives_the_same(
    dataset: Dataset,
    model: Model,
    measured: Measured,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measure, "FILMS", 4)
    with pytest.raises(KeyboardInterrupt):
        measure_films(dataset, tmp_path, model=model, progress=Counted(6))
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / MEASURED).glob("*.npz")}
    assert len(kept) == 1

    progress = Counted()
    again = measure_films(dataset, tmp_path, model=model, progress=progress)
    assert progress.films == FILMS
    assert all(path.stat().st_mtime_ns == written for path, written in kept.items())
    wanted = values_of(measured.films)
    for name, values in values_of(again.films).items():
        np.testing.assert_array_equal(values, wanted[name], err_msg=name)
    assert again.lost == measured.lost


def test_a_damaged_file_of_numbers_is_measured_again(
    dataset: Dataset, model: Model, measured: Measured, tmp_path: Path
) -> None:
    measure_films(dataset, tmp_path, model=model)
    (path,) = (tmp_path / MEASURED).glob("*.npz")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    again = measure_films(dataset, tmp_path, model=model)
    assert path.read_bytes() == whole and again.lost == measured.lost


def test_numbers_of_another_model_stay_and_are_not_gone_on_with(
    dataset: Dataset, model: Model, tmp_path: Path
) -> None:
    measure_films(dataset, tmp_path, model=model)
    kept = numbers_in(tmp_path)
    with pytest.raises(OutputError, match=r"another audit lies here; got .* model fake"):
        measure_films(dataset, tmp_path)
    assert numbers_in(tmp_path) == kept


@pytest.mark.parametrize(("name", "other"), [("CODE", 0), ("package_versions", dict)])
def test_numbers_of_other_code_or_packages_are_not_gone_on_with(
    name: str, other: object, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure_films(dataset, tmp_path)
    before = numbers_in(tmp_path)
    monkeypatch.setattr(measure, name, other)
    measure_films(dataset, tmp_path)
    assert len(before) == 1 and before.keys().isdisjoint(numbers_in(tmp_path))


def test_a_caution_in_the_model_file_changes_no_numbers(dataset: Dataset, tmp_path: Path) -> None:
    path = write_model(tmp_path / "fake.onnx")
    measure_films(dataset, tmp_path / "audit", model=read_model(path))
    kept = numbers_in(tmp_path / "audit")
    rewrite_description(path, describe(caution="Condemned."))
    measure_films(dataset, tmp_path / "audit", model=read_model(path))
    assert numbers_in(tmp_path / "audit") == kept


def numbers_in(folder: Path) -> dict[str, int]:
    """Name of each file of numbers → when it was written."""
    return {p.name: p.stat().st_mtime_ns for p in (folder / MEASURED).glob("*.npz")}


def test_two_runs_do_not_write_at_once(dataset: Dataset, tmp_path: Path) -> None:
    note_subject(tmp_path, subject_of(dataset, None))
    place = tmp_path / MEASURED
    place.mkdir()
    with (
        held(place, lock=place / ".lock"),
        pytest.raises(OutputError, match="another run is writing"),
    ):
        measure_films(dataset, tmp_path)


@pytest.mark.real
def test_real_films(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "hannover"
    compile_dataset([source], tmp_path / "dataset", options=CompileOptions())
    dataset = open_dataset(tmp_path / "dataset")
    told = measure_films(dataset, tmp_path / "audit", model=read_model(), threads=2)
    films = told.films
    assert films.lungs_found.mean() > 0.8 and told.remarks == ()
    known = films.lungs_found
    assert (films.activation_in_lungs[known] > films.activation_by_chance[known] - 0.3).all()
    assert np.isfinite(films.features[Part.BACKGROUND][known]).all()
    assert np.abs(films.occlusion["corners"][known]).max() <= 1
