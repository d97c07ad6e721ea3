"""A model on a split of a dataset, against figures computed by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from hilum.dataset.compile import CompileOptions, compile_dataset
from hilum.dataset.exposures import Twins
from hilum.dataset.read import Dataset, Row, open_dataset
from hilum.dataset.schema import LABEL_COLUMNS
from hilum.dataset.select import SelectionOptions
from hilum.errors import DatasetError, ModelError
from hilum.evaluation.classes import maps_of
from hilum.evaluation.evaluate import evaluate, predict_row
from hilum.evaluation.figures import EVERYTHING, Evaluation, Figure
from hilum.evaluation.judge import judge
from hilum.evaluation.strata import Stratum
from hilum.imaging.masks import encode_mask
from hilum.inference import Predictor
from hilum.radiograph import Finding, Split, Structure
from tests.fakes import general_blockchain, ieee8023
from tests.fakes.chest import Chest
from tests.fakes.compiled import write_radiograph
from tests.fakes.model import FINDINGS, draw_pixels, write_model

CLASS = {Finding.COVID: "COVID-19", Finding.PNEUMONIA: "Non-COVID", Finding.NORMAL: "Normal"}
SIDE = 64
EACH_LUNG = (Structure.RIGHT_LUNG, Structure.LEFT_LUNG)
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


def figures_of(evaluation: Evaluation, stratum: str = EVERYTHING) -> dict[tuple[str, str], Figure]:
    """Each under subject and name, of which no two are equal."""
    wanted = [figure for figure in evaluation.figures if figure.stratum == stratum]
    found = {(figure.subject, figure.name): figure for figure in wanted}
    assert len(found) == len(wanted)
    return found


def test_figures_are_those_counted_by_hand(tmp_path: Path, dataset: Dataset) -> None:
    predictor = Predictor(write_model(tmp_path / "model.onnx"))
    evaluation = evaluate(predictor, dataset, Split.VALIDATION)
    found = figures_of(evaluation)
    expected = {
        ("lungs", "Dice, mean over all images"): (1, 6),
        ("right_lung", "IoU, mean over images with the target"): (1, 6),
        ("left_lung", "surface Dice"): (1, 6),
        ("lungs", "95th-percentile Hausdorff distance"): (0, 6),
        # exact 1; half of it 2·256/(256+512); missed 0; two rightly empty 1; one falsely full 0
        ("infection", "Dice, mean over all images"): ((1 + 2 / 3 + 2) / 6, 6),
        ("infection", "Dice, mean over images with the target"): ((1 + 2 / 3) / 3, 3),
        ("infection", "Dice, pooled"): (2 * 512 / (512 + 1024), 3),
        ("infection", "IoU, mean over all images"): ((1 + 1 / 2 + 2) / 6, 6),
        ("infection", "IoU, pooled"): (512 / 1024, 3),
        ("infection", "area error"): ((0 - 50 - 100) / 3, 3),
        ("infection", "absolute area error"): ((0 + 50 + 100) / 3, 3),
        # the lungs have 1024 pixels
        ("whole_lungs_as_infection", "Dice, mean over images with the target"): (
            (0.4 + 0.4 + 2 / 3) / 3,
            3,
        ),
        ("covid", "sensitivity"): (2 / 3, 3),
        ("covid", "specificity"): (2 / 3, 3),
        ("covid", "precision"): (2 / 3, 3),
        ("covid", "F1"): (2 / 3, 6),
        ("normal", "sensitivity"): (1 / 2, 2),
        ("pneumonia", "specificity"): (1, 5),
        ("covid", "called normal"): (1, 3),
        ("normal", "called covid"): (1, 2),
        ("finding", "accuracy"): (4 / 6, 6),
        ("images", "refused"): (0, 6),
        ("infected_percent", "measured"): (1, 5),  # pneumonia is not measured
        ("infected_percent", "mean absolute error"): ((0 + 25 + 25 + 0 + 25) / 5, 5),
    }
    for name, (value, n) in expected.items():
        figure = found[name]
        assert figure.value == pytest.approx(value, abs=1e-4), name
        assert (figure.n, figure.groups) == (n, n), name
    assert (evaluation.split, evaluation.dataset_sha256) == ("validation", dataset.content_sha256)
    assert found["covid", "sensitivity"].reason.startswith("fewer than 10 patients with covid (3)")


def test_what_a_model_does_not_do_has_no_figure(tmp_path: Path, dataset: Dataset) -> None:
    model = write_model(tmp_path / "model.onnx", targets=[Structure.LUNGS], findings=[])
    found = figures_of(evaluate(Predictor(model), dataset, Split.VALIDATION))
    assert {subject for subject, _ in found} == {"images", "lungs", "right_lung", "left_lung"}


def test_findings_the_model_has_no_name_for_are_not_wrong(tmp_path: Path, dataset: Dataset) -> None:
    findings = [Finding.NORMAL, Finding.PNEUMONIA]
    model = write_model(tmp_path / "model.onnx", findings=findings)
    evaluation = evaluate(Predictor(model), dataset, Split.VALIDATION)
    found = figures_of(evaluation)
    assert found["finding", "accuracy"].n == 3
    assert found["normal", "specificity"].n == 4
    assert any("no class for covid (3 images)" in note for note in evaluation.notes)


def test_a_wider_finding_is_unknown_to_a_class_that_is_a_kind_of_it(
    tmp_path: Path, dataset: Dataset
) -> None:
    findings = [Finding.NORMAL, Finding.COVID, Finding.VIRAL_PNEUMONIA]
    model = write_model(tmp_path / "model.onnx", findings=findings)
    evaluation = evaluate(Predictor(model), dataset, Split.VALIDATION)
    assert figures_of(evaluation)["pneumonia/viral", "specificity"].n == 5
    assert any("unknown to pneumonia/viral" in note for note in evaluation.notes)


def test_a_map_says_which_class_means_a_finding(tmp_path: Path, dataset: Dataset) -> None:
    findings = [Finding.NORMAL, Finding.LUNG_OPACITY]
    model = write_model(tmp_path / "model.onnx", findings=findings, always=Finding.LUNG_OPACITY)
    classes = {Finding.PNEUMONIA: Finding.LUNG_OPACITY, Finding.COVID: Finding.LUNG_OPACITY}
    predictor = Predictor(model)
    unmapped = evaluate(predictor, dataset, Split.VALIDATION)
    assert (
        figures_of(unmapped)["lung_opacity", "sensitivity"].reason == "no image with lung_opacity"
    )
    assert any("--map lung_opacity=covid" in note for note in unmapped.notes)
    mapped = evaluate(predictor, dataset, Split.VALIDATION, classes=classes)
    assert "covid of the dataset was judged as lung_opacity." in mapped.notes
    assert {(case.dataset_finding, case.truth) for case in mapped.cases} >= {
        (Finding.COVID, Finding.LUNG_OPACITY)
    }
    with pytest.raises(DatasetError, match="a class of that meaning already; got --map"):
        swapped = {Finding.NORMAL: Finding.LUNG_OPACITY}
        evaluate(predictor, dataset, Split.VALIDATION, classes=swapped)
    found = figures_of(mapped)
    assert found["lung_opacity", "sensitivity"].value == 1
    assert found["finding", "accuracy"].value == pytest.approx(4 / 6)


def test_a_model_of_other_classes_is_refused_and_the_map_named(
    tmp_path: Path, dataset: Dataset
) -> None:
    findings = [Finding.TUBERCULOSIS, Finding.LUNG_OPACITY]
    predictor = Predictor(write_model(tmp_path / "model.onnx", findings=findings))
    with pytest.raises(DatasetError, match="--map lung_opacity=covid"):
        evaluate(predictor, dataset, Split.VALIDATION)
    with pytest.raises(DatasetError, match="got --map normal=covid; expected one of lung_opacity"):
        wrong = {Finding.COVID: Finding.NORMAL}
        evaluate(predictor, dataset, Split.VALIDATION, classes=wrong)


def test_of_two_models_each_takes_its_part_of_the_map() -> None:
    opacity = (Finding.NORMAL, Finding.COVID, Finding.LUNG_OPACITY)
    pairs = [
        (Finding.LUNG_OPACITY, Finding.PNEUMONIA),
        (Finding.PNEUMONIA, Finding.LUNG_OPACITY),
        (Finding.COVID, Finding.TUBERCULOSIS),
    ]
    both = {Finding.TUBERCULOSIS: Finding.COVID}
    assert maps_of(pairs, [FINDINGS, opacity]) == [
        {Finding.LUNG_OPACITY: Finding.PNEUMONIA, **both},
        {Finding.PNEUMONIA: Finding.LUNG_OPACITY, **both},
    ]
    (alone,) = maps_of(pairs[:1], [FINDINGS])
    assert alone == {Finding.PNEUMONIA: Finding.LUNG_OPACITY}  # refused with its own reason
    with pytest.raises(DatasetError, match="neither model can take this --map; got --map normal"):
        maps_of([(Finding.NORMAL, Finding.COVID)], [FINDINGS, opacity])
    with pytest.raises(DatasetError, match="two classes of a model; got --map covid=tuberculosis"):
        maps_of([pairs[2], (Finding.NORMAL, Finding.TUBERCULOSIS)], [FINDINGS, opacity])


@pytest.mark.parametrize("always", FINDINGS)
def test_a_model_that_always_says_the_same(
    always: Finding, tmp_path: Path, dataset: Dataset
) -> None:
    model = write_model(tmp_path / "model.onnx", always=always)
    found = figures_of(evaluate(Predictor(model), dataset, Split.VALIDATION))
    is_covid = always is Finding.COVID
    assert found["covid", "sensitivity"].value == float(is_covid)
    assert found["covid", "specificity"].value == float(not is_covid)
    if not is_covid:
        assert found["covid", "precision"].reason == "no image called covid"
        assert found["covid", "PPV at 5% prevalence"].reason == "nothing was called covid"


def blank_dataset(folder: Path) -> Dataset:
    root, blank = folder / "in", np.full((SIDE, SIDE), 90, np.uint8)
    chest = Chest(blank, box(RIGHT), box(LEFT), box(RIGHT))
    write_radiograph(root, "Val/COVID-19/blank.png", chest)
    blank = np.full((SIDE, SIDE), 91, np.uint8)
    chest = Chest(blank, box(RIGHT), box(LEFT), np.zeros((SIDE, SIDE), np.bool_))
    write_radiograph(root, "Val/Normal/blank.png", chest)
    compile_dataset([root], folder / "dataset", options=CompileOptions())
    return open_dataset(folder / "dataset")


def test_a_refused_image_counts_as_wrong_on_either_side(tmp_path: Path) -> None:
    predictor = Predictor(write_model(tmp_path / "model.onnx"))
    evaluation = evaluate(predictor, blank_dataset(tmp_path), Split.VALIDATION)
    found = figures_of(evaluation)
    zero = [
        ("lungs", "Dice, mean over all images"),
        ("infection", "Dice, mean over all images"),
        ("infection", "IoU, mean over all images"),
        ("infection", "surface Dice"),
        ("covid", "sensitivity"),
        ("covid", "specificity"),
        ("covid", "AUROC"),
        ("finding", "accuracy"),
        ("infected_percent", "measured"),
    ]
    assert [found[name].value for name in zero] == [0] * len(zero)
    one = [("images", "refused"), ("covid", "Brier score"), ("covid", "called nothing, refused")]
    assert [found[name].value for name in one] == [1] * len(one)
    assert found["infected_percent", "Pearson r"].n == 0
    assert any("Refused, which counts as wrong: 2 of 2" in note for note in evaluation.notes)


def test_an_empty_split_is_refused_and_the_others_named(tmp_path: Path, dataset: Dataset) -> None:
    predictor = Predictor(write_model(tmp_path / "model.onnx"))
    with pytest.raises(DatasetError, match=r"no image in test; .*validation \(6\)"):
        evaluate(predictor, dataset, Split.TEST)


def test_a_split_of_one_class_has_what_needs_no_other(tmp_path: Path) -> None:
    root = tmp_path / "in"
    for number in range(3):
        add(root, f"{number}", Finding.NORMAL, FINDINGS[number], box())
    learned = Chest(draw_pixels(), box(RIGHT), box(LEFT), box(RIGHT))
    write_radiograph(root, "Train/COVID-19/learned.png", learned)
    options = CompileOptions(twins=Twins.IGNORE)
    compile_dataset([root], tmp_path / "dataset", options=options)
    predictor = Predictor(write_model(tmp_path / "model.onnx"))
    found = figures_of(evaluate(predictor, open_dataset(tmp_path / "dataset"), Split.VALIDATION))
    for name in ("AUROC", "AUPRC", "sensitivity", "F1", "NPV at 1% prevalence"):
        assert found["covid", name].value is None
        assert found["covid", name].reason == "no image with covid"
    assert found["normal", "AUROC"].reason == "no image without normal"
    assert found["covid", "specificity"].value == pytest.approx(2 / 3)
    assert found["infection", "Dice, pooled"].reason == "no image with infection"
    assert found["infection", "Dice, mean over all images"].value == pytest.approx(2 / 3)
    assert found["infected_percent", "Pearson r"].reason == "all values are equal"
    assert found["infected_percent", "mean absolute error"].value == pytest.approx(25 / 2)


def test_probabilities_that_are_no_numbers_are_refused_by_name(
    tmp_path: Path, dataset: Dataset
) -> None:
    predictor = Predictor(write_model(tmp_path / "model.onnx"))
    row = next(dataset.rows(Split.VALIDATION, structures=[Structure.INFECTION]))
    prediction = predict_row(predictor, row)
    broken = replace(prediction, probabilities={Finding.COVID: float("nan")})
    case = judge(broken, row, predictor.model.description)
    assert case.refused and case.predicted is None and not case.probabilities
    assert case.reason == "the model gave no number for covid"
    assert case.source_path == row.labels["source_path"]


def test_masks_that_are_no_numbers_are_no_missing_lungs(tmp_path: Path, dataset: Dataset) -> None:
    path = write_model(tmp_path / "model.onnx")
    network = onnx.load_model(path)
    given = network.graph.output[0].name
    for node in network.graph.node:
        node.output[:] = ["numbers" if name == given else name for name in node.output]
    not_a_number = numpy_helper.from_array(np.array(np.nan, np.float32), "nan")
    network.graph.initializer.append(not_a_number)
    network.graph.node.append(helper.make_node("Add", ["numbers", "nan"], [given]))
    onnx.save_model(network, path)
    with pytest.raises(ModelError, match=r"model\.onnx: the model gave no number for any image"):
        evaluate(Predictor(path), dataset, Split.VALIDATION)


def test_a_model_that_gives_no_numbers_at_all_is_refused(tmp_path: Path, dataset: Dataset) -> None:
    path = write_model(tmp_path / "model.onnx")
    network = onnx.load_model(path)
    (places,) = [one for one in network.graph.initializer if one.name == "places"]
    broken = np.full(numpy_helper.to_array(places).shape, np.nan, np.float32)
    places.CopyFrom(numpy_helper.from_array(broken, "places"))
    onnx.save_model(network, path)
    with pytest.raises(ModelError, match=r"model\.onnx: the model gave no number for any image"):
        evaluate(Predictor(path), dataset, Split.VALIDATION)


def test_masks_that_are_missing_do_not_count(tmp_path: Path) -> None:
    """General Blockchain's radiographs have no infection mask, COVID-QU-Ex's have."""
    root = tmp_path / "in"
    for finding in FINDINGS:
        add(root, finding.value, finding, finding, box())
    second = general_blockchain.draw(tmp_path / "second", np.random.default_rng(0)).folder
    compile_dataset([root, second], tmp_path / "dataset", options=CompileOptions())
    dataset = open_dataset(tmp_path / "dataset")
    targets = [*EACH_LUNG, Structure.WHOLE_LUNGS, Structure.INFECTION]
    predictor = Predictor(write_model(tmp_path / "model.onnx", targets=targets))
    evaluation = evaluate(predictor, dataset, Split.VALIDATION, by=[Stratum.COLLECTION])
    cases = len(evaluation.cases)
    assert cases > 3
    name = "Dice, mean over all images"
    assert figures_of(evaluation)["infection", name].n == 3
    (note,) = [note for note in evaluation.notes if f"known of 3 of {cases} images" in note]
    assert "infection" in note and "whole_lungs" not in note
    first = figures_of(evaluation, "collection=covid-qu-ex")
    other = figures_of(evaluation, "collection=general-blockchain")
    assert first["lungs", name].n == 3
    assert first["whole_lungs", name].reason == "no image with a known mask of whole_lungs"
    assert other["infection", name].n == 0
    assert other["whole_lungs", name].n > 0


def test_laterals_are_left_out_and_counted(tmp_path: Path) -> None:
    folder = ieee8023.draw(tmp_path / "in", np.random.default_rng(0)).folder
    options = CompileOptions(selection=SelectionOptions(views="all"))
    compile_dataset([folder], tmp_path / "dataset", options=options)
    dataset = open_dataset(tmp_path / "dataset")
    predictor = Predictor(write_model(tmp_path / "model.onnx"))
    views = {split: [row["view"] for row in dataset.labels(split)] for split in Split}
    assert any("lateral" in of_split for of_split in views.values())
    for split, of_split in views.items():
        laterals = of_split.count("lateral")
        if laterals == len(of_split):
            with pytest.raises(DatasetError, match=f"got {laterals} laterals|no image"):
                evaluate(predictor, dataset, split)
            continue
        evaluation = evaluate(predictor, dataset, split)
        assert evaluation.left_out == ({"lateral view": laterals} if laterals else {})
        assert len(evaluation.cases) + laterals == len(of_split)


def test_lungs_drawn_behind_the_heart_are_judged_once_it_is_taken_away(tmp_path: Path) -> None:
    """The model finds the aerated lungs; the collection's reach under the heart between them."""
    right, left = box((RIGHT[0], slice(8, 32))), box((LEFT[0], slice(32, 56)))
    masks = {
        Structure.RIGHT_LUNG: encode_mask(right),
        Structure.LEFT_LUNG: encode_mask(left),
        Structure.CARDIOMEDIASTINUM: encode_mask(box((RIGHT[0], slice(24, 40)))),
    }
    labels = {"lung_convention": "partly_behind_heart", "group_id": "a", "image_id": "a"}
    labels |= {"collection": "general-blockchain", "source_path": "a.png"}
    row = Row(b"", masks, {**dict.fromkeys(LABEL_COLUMNS), **labels})
    predictor = Predictor(write_model(tmp_path / "model.onnx"))
    case = judge(predictor(draw_pixels()), row, predictor.model.description)
    lungs = case.masks[Structure.LUNGS]
    assert lungs.found == int(box(RIGHT, LEFT).sum())
    assert lungs.both == lungs.true > 0.99 * lungs.found  # corners at the cut are rounded


def test_what_else_a_model_outlines_is_judged(tmp_path: Path) -> None:
    """The fake model finds the heart where it finds infection: 256 pixels."""
    heart = Structure.CARDIOMEDIASTINUM
    masks = {heart: encode_mask(box((slice(32, 48), RIGHT[1])))}
    labels = {"group_id": "a", "image_id": "a", "collection": "mine", "source_path": "a.png"}
    row = Row(b"", masks, {**dict.fromkeys(LABEL_COLUMNS), **labels})
    model = write_model(tmp_path / "model.onnx", targets=[*EACH_LUNG, heart], findings=[])
    predictor = Predictor(model)
    case = judge(predictor(draw_pixels()), row, predictor.model.description)
    assert case.masks[heart].both == case.masks[heart].true == case.masks[heart].found == 256
