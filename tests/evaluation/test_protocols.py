"""Measures of protocols against figures computed by hand, and what each says is missing."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.evaluation.cases import Case, MaskCase
from hilum.evaluation.figures import Figure
from hilum.evaluation.protocols.covid_seg import BATCH
from hilum.evaluation.protocols.protocol import Setting, compare_with
from hilum.evaluation.protocols.registry import PROTOCOLS
from hilum.imaging.enhance import Enhancement
from hilum.imaging.vary import FilmVariant
from hilum.radiograph import Finding, Structure
from tests.evaluation.cases import case
from tests.fakes.evaluation import make_setting

COVID, NORMAL, PNEUMONIA = Finding.COVID, Finding.NORMAL, Finding.PNEUMONIA


def figures(name: str, setting: Setting) -> dict[str, Figure]:
    return {line.theirs.name: line.ours for line in compare_with(PROTOCOLS[name], setting).lines}


def differs(name: str, setting: Setting) -> str:
    return " ".join(compare_with(PROTOCOLS[name], setting).differs)


def outlined(number: int, both: int, found: int, true: int, **changes: object) -> Case:
    """A case with an infection mask of so many pixels."""
    return case(number, masks={Structure.INFECTION: MaskCase(both, found, true)}, **changes)


def called(number: int, truth: Finding, predicted: Finding, **changes: object) -> Case:
    return case(number, truth=truth, predicted=predicted, **changes)


INFECTIONS = [
    outlined(0, 50, 100, 100),  # Dice 0.5
    outlined(1, 0, 0, 100),  # missed
    outlined(2, 0, 0, 0),  # rightly empty
    outlined(3, 0, 60, 0),  # falsely full
    outlined(4, 0, 0, 0, refused=True),
]


def test_tahir_takes_empty_on_empty_for_1_and_detects_by_the_mask() -> None:
    ours = figures("tahir-2021", make_setting(INFECTIONS))
    assert ours["infection Dice"].value == pytest.approx((0.5 + 0 + 1 + 0 + 0) / 5)
    assert ours["infection Dice, infected images"].value == pytest.approx(0.25)
    assert ours["sensitivity"].value == pytest.approx(1 / 2)
    assert ours["specificity"].value == pytest.approx(1 / 3), "a refused image is not cleared"
    assert ours["lung Dice"].value is None
    assert "lungs" in ours["lung Dice"].reason


def test_degerli_pools_the_pixels_of_all_images() -> None:
    ours = figures("degerli-2021", make_setting(INFECTIONS))
    assert ours["infection F1"].value == pytest.approx(2 * 50 / (100 + 100 + 100 + 60))


def test_a_model_without_infection_says_so() -> None:
    setting = make_setting(INFECTIONS, targets=(Structure.LUNGS,))
    for name in ("tahir-2021", "degerli-2021"):
        assert figures(name, setting)["sensitivity"].reason == (
            "the model does not outline infection"
        )
    assert "does not outline" in figures("cohen-2020", setting)["opacity, r"].reason


def test_a_dataset_without_infection_masks_says_so() -> None:
    reason = figures("tahir-2021", make_setting([case(0), case(1)]))["infection Dice"].reason
    assert reason == "no image with a known mask of infection"


CONFUSION = [
    *(called(i, COVID, COVID) for i in range(3)),
    called(3, COVID, NORMAL),
    *(called(i, PNEUMONIA, PNEUMONIA) for i in range(4, 6)),
    *(called(i, NORMAL, NORMAL) for i in range(6, 9)),
    called(9, NORMAL, PNEUMONIA),
    called(10, Finding.TUBERCULOSIS, NORMAL),  # of no class
]


def test_rahman_weighs_classes_by_their_images() -> None:
    ours = figures("rahman-2021", make_setting(CONFUSION))
    assert ours["accuracy, whole films"].value == pytest.approx(8 / 10)
    assert ours["sensitivity, whole films"].value == pytest.approx(8 / 10)
    specificity = (4 * 1 + 2 * 7 / 8 + 4 * 5 / 6) / 10
    assert ours["specificity, whole films"].value == pytest.approx(specificity)
    f1 = (4 * 6 / 7 + 2 * 4 / 5 + 4 * 6 / 8) / 10
    assert ours["F1, whole films"].value == pytest.approx(f1)
    assert ours["accuracy, whole films"].n == 10
    assert "--lungs-only" in ours["accuracy, lungs alone"].reason


def test_what_is_refused_is_neither_called_nor_cleared() -> None:
    cases = [*CONFUSION, called(11, COVID, COVID, refused=True)]
    ours = figures("rahman-2021", make_setting(cases))
    assert ours["accuracy, whole films"].value == pytest.approx(8 / 11)
    specificity = (5 * 1 + 2 * 7 / 9 + 4 * 5 / 7) / 11
    assert ours["specificity, whole films"].value == pytest.approx(specificity)


def test_rahman_says_which_enhancement_folds_and_classes_are_not_the_same() -> None:
    assert "ours are not enhanced" in differs("rahman-2021", make_setting(CONFUSION))
    clahe, gamma = FilmVariant(Enhancement.CLAHE), FilmVariant(Enhancement.GAMMA)
    assert "ours are clahe" in differs("rahman-2021", make_setting(CONFUSION, variant=clahe))
    same = make_setting(CONFUSION, variant=gamma, folds=5)
    assert "gamma-corrected films; ours" not in differs("rahman-2021", same)
    assert "not the mean over 5 folds" in differs("rahman-2021", same)
    assert "no folds" in differs("rahman-2021", make_setting(CONFUSION))
    assert "third class is pneumonia" in differs("rahman-2021", make_setting(CONFUSION))


def test_wrong_classes_are_named() -> None:
    setting = make_setting(CONFUSION, findings=(COVID, NORMAL))
    reason = figures("rahman-2021", setting)["accuracy, whole films"].reason
    assert (
        reason
        == "the model's classes are covid, normal: there is none for lung_opacity or pneumonia"
    )
    without_covid = make_setting(CONFUSION, findings=(NORMAL, PNEUMONIA))
    for one in figures("chowdhury-2020", without_covid).values():
        assert one.reason == "the model's classes are normal, pneumonia: there is none for covid"


def test_chowdhury_asks_which_of_two_is_likelier() -> None:
    likelier = {COVID: 0.3, NORMAL: 0.2, PNEUMONIA: 0.5}
    cases = [
        called(0, COVID, PNEUMONIA, probabilities=likelier),
        called(1, NORMAL, PNEUMONIA, probabilities=likelier),
        called(2, NORMAL, NORMAL, probabilities={COVID: 0.1, NORMAL: 0.8, PNEUMONIA: 0.1}),
        called(3, PNEUMONIA, PNEUMONIA, probabilities=likelier),
    ]
    ours = figures("chowdhury-2020", make_setting(cases))
    assert ours["accuracy, 2 classes"].value == pytest.approx(2 / 3)
    assert ours["accuracy, 3 classes"].value == pytest.approx(2 / 4)


def test_covid_seg_smooths_batches_that_weigh_alike() -> None:
    def lungs(number: int, both: int, truth: Finding = COVID) -> Case:
        masks = {Structure.LUNGS: MaskCase(both, 10, 10)}
        return case(number, masks=masks, truth=truth)

    cases = [lungs(i, 5) for i in range(BATCH)]
    cases += [lungs(999, 0, NORMAL)]  # is not of COVID-19, and in no batch
    cases += [lungs(i, 10) for i in range(BATCH, BATCH + 2)]
    ours = figures("covid-seg", make_setting(cases))["lung Dice, mean over batches"]
    first = (2 * 5 * BATCH + 1) / (20 * BATCH + 1)
    assert ours.value == pytest.approx((first + 1) / 2)
    assert ours.n == BATCH + 2
    assert ours.low is not None and ours.high is not None
    assert ours.low <= (first + 1) / 2 <= ours.high


def scored(count: int, *, noise: float, per_patient: int = 2) -> list[Case]:
    rng = np.random.default_rng(0)
    cases = []
    for number in range(count):
        percent = float(rng.uniform(0, 100))
        extent = float(np.clip(0.07 * percent + noise * rng.normal(), 0, 8))
        severity = {"geographic_extent_0_to_8": extent, "opacity_0_to_6": extent * 0.75}
        one = case(number // per_patient, infected_percent=percent, severity=severity)
        cases.append(one)
    return cases


def test_cohen_fits_one_half_of_the_patients_and_judges_the_other() -> None:
    exact = figures("cohen-2020", make_setting(scored(60, noise=0)))
    assert exact["geographic extent, r"].value == pytest.approx(1)
    assert exact["geographic extent, mean absolute error"].value == pytest.approx(0, abs=1e-6)
    noisy = figures("cohen-2020", make_setting(scored(400, noise=1.0)))
    error = noisy["geographic extent, mean absolute error"]
    assert error.value == pytest.approx(np.sqrt(2 / np.pi), abs=0.12)
    assert (error.n, error.groups, error.low) == (400, 200, None)
    assert error.reason.startswith("± 0.0")
    assert figures("cohen-2020", make_setting(scored(400, noise=1.0))) == noisy


def test_cohen_refuses_few_patients_and_counts_what_is_left_out() -> None:
    reason = figures("cohen-2020", make_setting(scored(18, noise=0)))["opacity, r"].reason
    assert "films of 9 patients" in reason
    unmeasured = case(99, severity={"geographic_extent_0_to_8": 3.0, "opacity_0_to_6": 2.0})
    told = differs("cohen-2020", make_setting([*scored(60, noise=0), unmeasured]))
    assert "61 scored films here, 94 there." in told
    assert "1 of them have no infected percent" in told


def test_other_collections_and_splits_are_told() -> None:
    told = differs("tahir-2021", make_setting(INFECTIONS, split="validation"))
    assert "images of one; theirs are in covid-qu-ex" in told
    assert "the validation split; theirs: the official Test" in told
    assert "operating points" in told
