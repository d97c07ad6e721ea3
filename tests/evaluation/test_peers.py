"""Figures against scikit-learn, SciPy and MONAI; needs the extra ``peers``."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hilum.evaluation.cases import Case
from hilum.evaluation.detection import detection_measures
from hilum.evaluation.distances import FRAME, TOLERANCE, outline_distances
from hilum.evaluation.intervals import compute_figures
from hilum.evaluation.judge import compare_masks
from hilum.evaluation.segmentation import ALL_IMAGES, POOLED, segmentation_measures
from hilum.evaluation.severity import ALL_PERCENTS, severity_measures
from hilum.radiograph import Finding, Structure
from tests.evaluation.cases import case, random_cases

# MONAI warns of its own arguments that are to go.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")

POINT = 0.5
EXACT = 1e-6


def values(cases: list[Case]) -> dict[tuple[str, str], float | None]:
    measures = [
        *segmentation_measures(cases, [Structure.INFECTION]),
        *detection_measures(cases, [Finding.NORMAL, Finding.COVID], {Finding.COVID: POINT}),
        *severity_measures(cases),
    ]
    figures = compute_figures(measures, [one.group for one in cases])
    return {(figure.subject, figure.name): figure.value for figure in figures}


@pytest.mark.parametrize("seed", range(3))
def test_findings_are_scored_as_by_scikit_learn(seed: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    cases = random_cases(300, seed=seed)
    truth = [one.truth is Finding.COVID for one in cases]
    called = [one.predicted is Finding.COVID for one in cases]
    scores = [one.probabilities[Finding.COVID] for one in cases]
    found = values(cases)
    expected = {
        "sensitivity": metrics.recall_score(truth, called),
        "specificity": metrics.recall_score(truth, called, pos_label=False),
        "precision": metrics.precision_score(truth, called),
        "F1": metrics.f1_score(truth, called),
        "AUROC": metrics.roc_auc_score(truth, scores),
        "AUPRC": metrics.average_precision_score(truth, scores),
        "Brier score": metrics.brier_score_loss(truth, scores),
    }
    for name, value in expected.items():
        assert found["covid", name] == pytest.approx(value, abs=EXACT), name
    accuracy = metrics.accuracy_score(truth, called)
    assert found["finding", "accuracy"] == pytest.approx(accuracy, abs=EXACT)


@pytest.mark.parametrize("seed", range(3))
def test_overlap_and_percents_are_scored_as_by_scikit_learn_and_scipy(seed: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    stats = pytest.importorskip("scipy.stats")
    random = np.random.default_rng(seed)
    masks = [blobs(random) for _ in range(12)]
    cases = [
        case(number, masks={Structure.INFECTION: compare_masks(one, other)})
        for number, (one, other) in enumerate(masks)
    ]
    found = values(cases)
    for name, score in (("Dice", metrics.f1_score), ("IoU", metrics.jaccard_score)):
        each = [score(other.ravel(), one.ravel()) for one, other in masks]
        assert found["infection", f"{name}, {ALL_IMAGES}"] == pytest.approx(
            np.mean(each), abs=EXACT
        )
        flat = [np.concatenate([pair[side].ravel() for pair in masks]) for side in (1, 0)]
        assert found["infection", f"{name}, {POOLED}"] == pytest.approx(score(*flat), abs=EXACT)

    cases = random_cases(200, seed=seed)
    pairs = np.array([(one.infected_percent, one.true_infected_percent) for one in cases]).T
    found = values(cases)
    difference = pairs[0] - pairs[1]
    expected = {
        "Pearson r": stats.pearsonr(*pairs).statistic,
        "Spearman r": stats.spearmanr(*pairs).statistic,
        "mean absolute error": metrics.mean_absolute_error(pairs[1], pairs[0]),
        "Bland–Altman bias": difference.mean(),
        "Bland–Altman lower limit": difference.mean() - 1.96 * difference.std(ddof=1),
        "Bland–Altman upper limit": difference.mean() + 1.96 * difference.std(ddof=1),
    }
    for name, value in expected.items():
        assert found[ALL_PERCENTS, name] == pytest.approx(value, abs=EXACT), name


@pytest.mark.parametrize("seed", range(8))
def test_distances_and_dice_are_those_of_monai(seed: int) -> None:
    metrics = pytest.importorskip("monai.metrics")
    torch = pytest.importorskip("torch")
    one, other = blobs(np.random.default_rng(seed))
    tensors = [torch.from_numpy(mask)[None, None].float() for mask in (one, other)]
    found = outline_distances(one, other)
    hausdorff = metrics.compute_hausdorff_distance(*tensors, include_background=True, percentile=95)
    surface = metrics.compute_surface_dice(
        *tensors, class_thresholds=[TOLERANCE], include_background=True
    )
    dice = metrics.compute_dice(*tensors, include_background=True)
    assert found.hausdorff95 == pytest.approx(hausdorff.item(), rel=EXACT)
    assert found.surface_dice == pytest.approx(surface.item(), abs=EXACT)
    mask = compare_masks(one, other)
    assert 2 * mask.both / (mask.found + mask.true) == pytest.approx(dice.item(), abs=EXACT)


def blobs(random: np.random.Generator) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Two overlapping shapes with holes and pieces, which reach the border here and there."""
    field = cv2.GaussianBlur(random.normal(size=(FRAME, FRAME)), (0, 0), 14)
    moved = field + cv2.GaussianBlur(random.normal(size=(FRAME, FRAME)), (0, 0), 10) / 2
    return field > 0.01, moved > 0.01
