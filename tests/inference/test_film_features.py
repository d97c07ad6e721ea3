"""What the film check looks at: facts of drawn lungs that can be said beforehand."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hilum.imaging.masks import BinaryMask
from hilum.inference.film_check import FilmCheck, Term
from hilum.inference.film_features import FEATURES, measure_features
from hilum.inference.postprocess import OutlinedLungs
from hilum.inference.refusal import refuse_after
from hilum.radiograph import Structure
from tests.fakes.chest import draw_chest

SIZE = 128
EACH = (Structure.RIGHT_LUNG, Structure.LEFT_LUNG)
CHEST = draw_chest(np.random.default_rng(4), size=(SIZE, SIZE))
NOTHING = np.zeros((SIZE, SIZE), np.bool_)


def features_of(
    right: BinaryMask = CHEST.right_lung,
    left: BinaryMask = CHEST.left_lung,
    *,
    pixels: NDArray[np.uint8] = CHEST.pixels,
) -> dict[str, float]:
    """Of lungs of which the network is sure."""
    planes = np.stack([right, left]).astype(np.float32)
    return measured(pixels, OutlinedLungs(right, left, None), planes, EACH)


def measured(
    pixels: NDArray[np.uint8],
    outlined: OutlinedLungs,
    planes: NDArray[np.float32],
    targets: Sequence[Structure],
) -> dict[str, float]:
    features = measure_features(pixels, outlined, planes, targets)
    assert features is not None
    return features


def trapezium(columns: tuple[int, int], rows: tuple[int, int] = (30, 100)) -> BinaryMask:
    """Narrow above, like a lung."""
    (first, last), (top, bottom) = columns, rows
    picture = np.zeros((SIZE, SIZE), np.uint8)
    corners = [(first + 8, top), (last - 8, top), (last, bottom), (first, bottom)]
    cv2.fillPoly(picture, [np.array(corners)], 1)
    return picture.view(np.bool_)


def test_every_feature_is_measured_and_no_other() -> None:
    assert list(features_of()) == list(FEATURES)


@pytest.mark.parametrize(
    ("right", "left"),
    [(CHEST.right_lung, NOTHING), (NOTHING, CHEST.left_lung)],
    ids=["right", "left"],
)
def test_one_lung_is_enough(right: BinaryMask, left: BinaryMask) -> None:
    found = features_of(right, left)
    assert np.isfinite(list(found.values())).all()
    assert found["lung_likeness"] == 0 and found["lung_level"] == 0


def test_a_lung_that_covers_everything_is_measured() -> None:
    assert np.isfinite(list(features_of(~NOTHING, NOTHING).values())).all()


def test_lungs_of_equal_shape_are_alike_wherever_the_middle_is() -> None:
    centred = features_of(trapezium((20, 50)), trapezium((78, 108)))
    aside = features_of(trapezium((36, 66)), trapezium((90, 120)))
    unlike = features_of(trapezium((20, 50)), trapezium((78, 124), (50, 124)))
    assert centred["lung_likeness"] > 0.8 and aside["lung_likeness"] > 0.8
    assert unlike["lung_likeness"] < 0.5
    assert unlike["lung_level"] > centred["lung_level"] + 0.1


def test_upside_down_lungs_are_wide_above_and_low() -> None:
    upright = features_of(trapezium((20, 50), (10, 80)), trapezium((78, 108), (10, 80)))
    turned = features_of(
        trapezium((20, 50), (10, 80))[::-1].copy(), trapezium((78, 108), (10, 80))[::-1].copy()
    )
    assert upright["lung_taper"] < 0.5 < turned["lung_taper"]
    assert upright["lung_row"] < 0 < turned["lung_row"]


def test_a_negative_has_bright_lungs_and_a_dark_rim() -> None:
    film, negative = features_of(), features_of(pixels=255 - CHEST.pixels)
    assert film["lung_grey"] < 0 < negative["lung_grey"]
    assert film["rim_contrast"] > 0 > negative["rim_contrast"]
    assert negative["symmetry"] == pytest.approx(film["symmetry"], abs=0.02)


def test_a_film_turned_by_90_degrees_runs_the_other_way() -> None:
    slope = np.tile(np.arange(SIZE, dtype=np.uint8), (SIZE, 1))
    across = features_of(pixels=slope)["direction"]
    assert across > 0 > features_of(pixels=slope.T.copy())["direction"]


def test_greys_do_not_depend_on_exposure() -> None:
    faint = (CHEST.pixels // 2 + 60).astype(np.uint8)
    for name in ("lung_grey", "rim_contrast", "symmetry", "upper_corners", "lower_corners"):
        assert features_of(pixels=faint)[name] == pytest.approx(features_of()[name], abs=0.03)


def test_doubt_and_double_claims_show() -> None:
    outlined = OutlinedLungs(CHEST.right_lung, CHEST.left_lung, None)
    sure = np.stack([CHEST.right_lung, CHEST.left_lung]).astype(np.float32)
    known = measured(CHEST.pixels, outlined, sure, EACH)
    unsure = measured(CHEST.pixels, outlined, 0.7 * sure, EACH)
    twice = measured(CHEST.pixels, outlined, np.maximum(sure, 0.3 * sure[::-1]), EACH)
    assert unsure["lung_certainty"] < known["lung_certainty"]
    assert twice["lung_overlap"] > known["lung_overlap"]


def test_the_size_of_the_film_does_not_matter() -> None:
    planes = np.stack([CHEST.right_lung, CHEST.left_lung]).astype(np.float32)
    small = OutlinedLungs(CHEST.right_lung, CHEST.left_lung, None)
    large = OutlinedLungs(
        *(lung.repeat(5, 0).repeat(3, 1) for lung in (small.right_lung, small.left_lung)), None
    )
    expected = measured(CHEST.pixels, small, planes, EACH)
    assert measured(CHEST.pixels, large, planes, EACH) == pytest.approx(expected, abs=0.1)


def test_targets_that_are_no_lung_are_ignored() -> None:
    outlined = OutlinedLungs(CHEST.right_lung, CHEST.left_lung, None)
    planes = np.stack([CHEST.right_lung, CHEST.left_lung, ~NOTHING]).astype(np.float32)
    more = measured(CHEST.pixels, outlined, planes, (*EACH, Structure.AIRWAYS))
    assert more == features_of()


def test_one_plane_of_both_lungs_will_do() -> None:
    outlined = OutlinedLungs(CHEST.right_lung, CHEST.left_lung, None)
    planes = CHEST.lungs[None].astype(np.float32)
    assert measured(CHEST.pixels, outlined, planes, (Structure.LUNGS,)) == features_of()


def test_a_lung_too_thin_for_the_small_picture_has_no_features() -> None:
    thin = np.zeros((SIZE, SIZE), np.bool_)
    thin[:, 61] = True  # between the columns that are looked at
    planes = np.stack([thin, NOTHING]).astype(np.float32)
    outlined = OutlinedLungs(thin, NOTHING, None)
    assert measure_features(CHEST.pixels, outlined, planes, EACH) is None
    check = FilmCheck({"symmetry": Term(0.0, 1.0, 0.0, 1.0)}, 100.0)
    assert refuse_after(CHEST.pixels, outlined, planes, EACH, check) == "no lungs were found"
