"""A model on a split of a dataset, against figures computed by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.exposures import Twins
from hilum.dataset.read import Dataset, Row, open_dataset
from hilum.evaluation.evaluate import evaluate
from hilum.evaluation.judge import judge
from hilum.imaging.masks import encode_mask
from hilum.inference import Predictor
from hilum.inference.model import Score
from hilum.radiograph import Finding, Split, Structure
from tests.fakes import general_blockchain
from tests.fakes.chest import Chest
from tests.fakes.compiled import write_radiograph
from tests.fakes.model import FINDINGS, draw_pixels, write_model

CLASS = {Finding.COVID: "COVID-19", Finding.PNEUMONIA: "Non-COVID", Finding.NORMAL: "Normal"}
SIDE = 64
RIGHT, LEFT = (slice(16, 48), slice(8, 24)), (slice(16, 48), slice(40, 56))


def box(*places: tuple[slice, slice]) -> NDArray[np.bool_]:
    mask = np.zeros((SIDE, SIDE), np.bool_)
    for place in places:
        mask[place] = True
    return mask


def add(root: Path, name: str, truth: Finding, seen: Finding, infection: NDArray[np.bool_]) -> None:
    """A radiograph of ``truth`` that the model calls ``seen``."""
    pixels = draw_pixels(seen)
    pixels[-1, :8] = len(list(root.rglob("*.png")))  # no two files are the same
    chest = Chest(pixels, box(RIGHT), box(LEFT), infection)
    write_radiograph(root, f"Val/{CLASS[truth]}/{name}.png", chest)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("data")
    root, nothing = folder / "in", box()
    lower = box((slice(32, 48), RIGHT[1]))  # what the model finds: 256 pixels
    add(root, "covid_exact", Finding.COVID, Finding.COVID, lower)
    add(root, "covid_whole", Finding.COVID, Finding.COVID, box(RIGHT))  # twice as much
    add(root, "covid_missed", Finding.COVID, Finding.NORMAL, lower)
    add(root, "normal_right", Finding.NORMAL, Finding.NORMAL, nothing)
    add(root, "normal_called", Finding.NORMAL, Finding.COVID, nothing)
    add(root, "other_right", Finding.PNEUMONIA, Finding.PNEUMONIA, nothing)
    compile_dataset([root], folder / "dataset", options=CompileOptions(twins=Twins.IGNORE))
    return open_dataset(folder / "dataset")


def scores_by_name(scores: tuple[Score, ...]) -> dict[str, Score]:
    """Each under its name, of which no two are equal."""
    found = {score.name: score for score in scores}
    assert len(found) == len(scores)
    return found


def test_scores_are_those_counted_by_hand(tmp_path: Path, dataset: Dataset) -> None:
    predictor = Predictor(write_model(tmp_path / "model.onnx"))
    scores = evaluate(predictor, dataset, Split.VALIDATION)
    found = scores_by_name(scores)
    expected = {
        "lungs Dice": (1, 6),
        "right_lung Dice": (1, 6),
        "left_lung Dice": (1, 6),
        # exact 1; half of it 2·256/(256+512); missed 0; two rightly empty 1; one falsely full 0
        "infection Dice, all images": ((1 + 2 / 3 + 2) / 6, 6),
        "infection Dice, infected images": ((1 + 2 / 3) / 3, 3),
        "infection Dice, pooled": (2 * 512 / (512 + 1024), 3),
        "COVID-19 sensitivity": (2 / 3, 3),
        "COVID-19 specificity": (2 / 3, 3),
        "finding accuracy": (4 / 6, 6),
        "refused": (0, 6),
    }
    assert set(found) == set(expected)
    for name, (value, n) in expected.items():
        score = found[name]
        assert score.value == pytest.approx(value, abs=1e-4), name
        assert score.n == n, name
        assert score.low <= score.value <= score.high, name
        assert f"validation split of dataset {dataset.content_sha256[:16]}" in score.protocol


def test_what_a_model_does_not_do_has_no_score(tmp_path: Path, dataset: Dataset) -> None:
    model = write_model(tmp_path / "model.onnx", targets=[Structure.LUNGS], findings=[])
    scores = evaluate(Predictor(model), dataset, Split.VALIDATION)
    lungs = ["lungs Dice", "right_lung Dice", "left_lung Dice"]
    assert [score.name for score in scores] == [*lungs, "refused"]


def test_findings_the_model_has_no_name_for_are_not_wrong(tmp_path: Path, dataset: Dataset) -> None:
    findings = [Finding.NORMAL, Finding.PNEUMONIA]
    model = write_model(tmp_path / "model.onnx", findings=findings)
    found = scores_by_name(evaluate(Predictor(model), dataset, Split.VALIDATION))
    assert "COVID-19 sensitivity" not in found
    assert found["finding accuracy"].n == 3


@pytest.mark.parametrize("always", FINDINGS)
def test_a_model_that_always_says_the_same(
    always: Finding, tmp_path: Path, dataset: Dataset
) -> None:
    model = write_model(tmp_path / "model.onnx", always=always)
    found = scores_by_name(evaluate(Predictor(model), dataset, Split.VALIDATION))
    is_covid = always is Finding.COVID
    assert found["COVID-19 sensitivity"].value == float(is_covid)
    assert found["COVID-19 specificity"].value == float(not is_covid)


def test_a_refused_image_counts_as_wrong_on_either_side(tmp_path: Path) -> None:
    root, blank = tmp_path / "in", np.full((SIDE, SIDE), 90, np.uint8)
    chest = Chest(blank, box(RIGHT), box(LEFT), box(RIGHT))
    write_radiograph(root, "Val/COVID-19/blank.png", chest)
    blank = np.full((SIDE, SIDE), 91, np.uint8)
    chest = Chest(blank, box(RIGHT), box(LEFT), np.zeros((SIDE, SIDE), np.bool_))
    write_radiograph(root, "Val/Normal/blank.png", chest)
    compile_dataset([root], tmp_path / "dataset", options=CompileOptions())
    predictor = Predictor(write_model(tmp_path / "model.onnx"))
    found = scores_by_name(
        evaluate(predictor, open_dataset(tmp_path / "dataset"), Split.VALIDATION)
    )
    assert found["lungs Dice"].value == 0
    assert found["COVID-19 sensitivity"].value == 0
    assert found["COVID-19 specificity"].value == 0
    assert found["infection Dice, all images"].value == 0
    assert found["finding accuracy"].value == 0
    assert found["refused"].value == 1


def test_an_empty_split_has_no_scores(tmp_path: Path, dataset: Dataset) -> None:
    predictor = Predictor(write_model(tmp_path / "model.onnx"))
    assert evaluate(predictor, dataset, Split.TEST) == ()


def test_each_collection_has_its_own_scores_and_lungs_count_in_the_convention_they_allow(
    tmp_path: Path,
) -> None:
    root = tmp_path / "in"
    for finding in FINDINGS:
        add(root, finding.value, finding, finding, box())
    second = general_blockchain.draw(tmp_path / "second", np.random.default_rng(0)).folder
    options = CompileOptions()
    compile_dataset([root, second], tmp_path / "dataset", options=options)
    dataset = open_dataset(tmp_path / "dataset")
    targets = [Structure.RIGHT_LUNG, Structure.LEFT_LUNG, Structure.WHOLE_LUNGS]
    predictor = Predictor(write_model(tmp_path / "model.onnx", targets=targets))
    scores = [score for split in Split for score in evaluate(predictor, dataset, split)]
    of_first = {s.name for s in scores if "of covid-qu-ex, validation" in s.protocol}
    of_second = {s.name for s in scores if "of general-blockchain, " in s.protocol}
    assert {"lungs Dice", "right_lung Dice", "left_lung Dice"} <= of_first - of_second
    assert "whole_lungs Dice" in of_second - of_first


def test_lungs_drawn_behind_the_heart_are_judged_once_it_is_taken_away(tmp_path: Path) -> None:
    """The model finds the aerated lungs; the collection's reach under the heart between them."""
    right, left = box((RIGHT[0], slice(8, 32))), box((LEFT[0], slice(32, 56)))
    masks = {
        Structure.RIGHT_LUNG: encode_mask(right),
        Structure.LEFT_LUNG: encode_mask(left),
        Structure.CARDIOMEDIASTINUM: encode_mask(box((RIGHT[0], slice(24, 40)))),
    }
    labels = {"lung_convention": "partly_behind_heart", "group_id": "a", "image_id": "a"}
    row = Row(b"", masks, {**labels, "finding": None, "collection": "general-blockchain"})
    predictor = Predictor(write_model(tmp_path / "model.onnx"))
    judged = judge(predictor(draw_pixels()), row, predictor.model.description)
    both, found, true = judged.overlaps[Structure.LUNGS]
    assert found == int(box(RIGHT, LEFT).sum())
    assert both == true > 0.99 * found  # corners at the cut are rounded
