from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hilum.audit.check import Outcome
from hilum.audit.contrast import contrasts
from hilum.audit.left_out import leave_out
from hilum.audit.retrain import _folder_name, check_retrained, train_apart
from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.read import Dataset, open_dataset
from hilum.radiograph import Split
from tests.fakes.chest import draw_chest
from tests.fakes.compiled import write_collection
from tests.fakes.fake import write_image
from tests.fakes.model import write_model


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Two collections, each with COVID-19 and normal films."""
    folder = tmp_path_factory.mktemp("two")
    counts = {"Train": 36, "Val": 6}
    write_collection(folder / "one", counts, size=(64, 64))
    rng = np.random.default_rng(5)
    for number in range(28):
        name = ("COVID-19", "NORMAL")[number % 2]
        chest = draw_chest(rng, size=(64, 64), infected=number % 2 == 0)
        write_image(folder / "other" / name / f"{number}.png", chest.pixels)
    compile_dataset(
        [folder / "one", folder / "other"], folder / "dataset", options=CompileOptions()
    )
    return open_dataset(folder / "dataset")


def test_a_place_is_left_out(dataset: Dataset, tmp_path: Path) -> None:
    leave_out(dataset, "collection", "covid-qu-ex", tmp_path / "rest", united={})
    rest = open_dataset(tmp_path / "rest")
    places = {split: {one["collection"] for one in rest.labels(split)} for split in Split}
    assert places[Split.TEST] == {"covid-qu-ex"}
    assert "covid-qu-ex" not in places[Split.TRAIN] | places[Split.VALIDATION]
    assert rest.count(Split.TEST) == 42
    assert rest.count(Split.VALIDATION) > 0
    assert rest.content_sha256 != dataset.content_sha256
    assert next(rest.rows(Split.TEST)).pixels().shape == (64, 64)


def test_a_network_is_trained_without_each_place(dataset: Dataset, tmp_path: Path) -> None:
    trained: list[str] = []

    def train(recipe: Path, learned: Path, folder: Path) -> Path:
        trained.append(learned.parent.name)
        return write_model(folder / "model.onnx")

    labels = [{**one, "split": split} for split in Split for one in dataset.labels(split)]
    told = [one for one in contrasts(labels) if one.name == "covid against normal"]
    given = (dataset, labels, told, tmp_path / "any.yaml", tmp_path / "runs")
    begun: list[str] = []
    check = check_retrained(*given, followed="one", united={}, train=train, tell=begun.append)
    assert begun[0] == "training on the dataset as it is split" and len(begun) == 3
    assert [name.rpartition("-")[0] or name for name in trained] == [
        *(dataset.folder.parent.name, "covid-qu-ex", "plain-folder")
    ]
    assert len(check.figures) == 3
    assert all(judged.figure.value is not None for judged in check.figures), check.figures
    # The origins are unknown, so that the one collection may come from the other.
    assert check.outcome is not Outcome.FINE
    again = check_retrained(*given, followed="one", united={}, train=train, tell=begun.append)
    assert again == check
    assert len(trained) == len(begun) == 3  # what is finished is kept
    check_retrained(*given, followed="another recipe", united={}, train=train)
    assert len(trained) == 6  # but not for another recipe
    group = labels[0]["group_id"]
    check_retrained(*given, followed="one", united={group: "a twin's"}, train=train)
    assert len(trained) == 9  # nor where other films are held out together


def test_a_twin_of_a_film_at_the_place_is_not_learned_from(
    dataset: Dataset, tmp_path: Path
) -> None:
    labels = [one for split in Split for one in dataset.labels(split)]
    groups = {
        name: [one["group_id"] for one in labels if one["collection"] == name]
        for name in ("covid-qu-ex", "plain-folder")
    }
    twins = groups["plain-folder"][::2]
    united = {group: groups["covid-qu-ex"][0] for group in twins}
    leave_out(dataset, "collection", "covid-qu-ex", tmp_path / "rest", united=united)
    rest = open_dataset(tmp_path / "rest")
    learned = {
        one["group_id"] for split in (Split.TRAIN, Split.VALIDATION) for one in rest.labels(split)
    }
    assert learned and learned.isdisjoint(twins)


def test_places_have_folders_of_their_own() -> None:
    names = {_folder_name(place) for place in ("武汉", "广州", "Hospital A", "Hospital-A")}
    assert len(names) == 4


def test_what_cannot_be_trained_is_said(dataset: Dataset, tmp_path: Path) -> None:
    reason = train_apart(tmp_path / "none.yaml", dataset.folder, tmp_path)
    assert isinstance(reason, str) and "none.yaml" in reason
    labels = [{**one, "split": split} for split in Split for one in dataset.labels(split)]
    told = [one for one in contrasts(labels) if one.name == "covid against normal"]
    given = (dataset, labels, told, tmp_path / "none.yaml", tmp_path / "runs")
    check = check_retrained(*given, followed="none", united={}, train=lambda *_: reason)
    assert check.outcome is Outcome.NOT_ESTIMABLE
    assert check.figures[0].figure.reason == reason and reason in check.answer
