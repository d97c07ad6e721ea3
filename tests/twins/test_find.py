from __future__ import annotations

import pickle

import cv2
import numpy as np
import pytest

from hilum.errors import HilumError
from hilum.twins.clusters import clusters
from hilum.twins.find import TwinPair, find_twins
from hilum.twins.fingerprint import fingerprint
from hilum.twins.transform import Transform, warp_mask
from tests.fakes.chest import draw_chest
from tests.twins.changes import CHANGES, Grey

SIZE = (320, 300)
"""(height, width)."""


def draw(seed: int) -> Grey:
    return draw_chest(np.random.default_rng(seed), size=SIZE).pixels


def find(images: list[Grey]) -> list[TwinPair]:
    return find_twins([fingerprint(one) for one in images], load=lambda n: images[n])


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_found_named_and_measured(name: str) -> None:
    word, change, transform_for = CHANGES[name]
    original = draw(1)
    changed = change(original)

    [pair] = find([draw(2), original, draw(3), changed])

    assert (pair.a, pair.b) == (1, 3)
    assert word in pair.change
    truth = transform_for(SIZE[1], SIZE[0])
    for point in ((60.0, 60.0), (250.0, 80.0), (150.0, 290.0)):
        x, y = pair.transform.of(point)
        true_x, true_y = truth.of(point)
        assert abs(x - true_x) < 0.7 and abs(y - true_y) < 0.7


@pytest.mark.parametrize("name", ("resized", "cropped", "padded", "rotated 90", "mirrored"))
def test_a_mask_carried_over_lies_where_it_should(name: str) -> None:
    _, change, _ = CHANGES[name]
    lungs = draw_chest(np.random.default_rng(1), size=SIZE).lungs
    original = draw(1)
    changed = change(original)
    truth = change(np.where(lungs, np.uint8(255), np.uint8(0))) >= 128

    [pair] = find([original, changed])
    carried = warp_mask(lungs, pair.transform, (changed.shape[1], changed.shape[0]))

    assert 2 * (carried & truth).sum() / (carried.sum() + truth.sum()) > 0.985


def test_two_patients_are_no_twins() -> None:
    assert find([draw(seed) for seed in range(12)]) == []


def test_another_day_of_one_patient_is_no_twin() -> None:
    rng = np.random.default_rng(7)
    first = draw(4)
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)
    # A breath deeper, and the body turned a little: ribs move against each other.
    shift_y = 9 * np.sin(columns / 45) + 7 * np.sin(rows / 38)
    shift_x = 8 * np.cos(rows / 40)
    moved = cv2.remap(first, columns + shift_x, rows + shift_y, cv2.INTER_LINEAR)
    second = np.clip(moved + rng.normal(0, 6, SIZE), 0, 255).astype(np.uint8)

    assert find([first, second]) == []


def test_blank_images_match_nothing() -> None:
    blank = np.zeros(SIZE, np.uint8)
    grey = np.full(SIZE, 90, np.uint8)

    assert find([blank, blank.copy(), grey, 255 - blank, draw(1)]) == []


def test_equal_pixels_are_paired_with_the_first() -> None:
    film = draw(1)

    pairs = find([film, draw(2), film.copy(), film.copy()])

    assert [(p.a, p.b, p.change, p.score) for p in pairs] == [
        (0, 2, "same pixels", 1.0),
        (0, 3, "same pixels", 1.0),
    ]


def test_the_same_again() -> None:
    images = [draw(1), CHANGES["CLAHE"][1](draw(1)), draw(2), CHANGES["cropped"][1](draw(2))]

    assert find(images) == find(images)
    assert fingerprint(images[0]) == pickle.loads(pickle.dumps(fingerprint(images[0])))


def test_more_copies_than_candidates_are_kept_of_an_image_are_one_cluster() -> None:
    film = draw(1)
    sides = range(200, 320, 10)
    copies = [cv2.resize(film, (n, n), interpolation=cv2.INTER_AREA) for n in sides]
    images = [draw(2), *copies, draw(3)]
    count = len(sides)

    pairs = find(images)

    assert count < len(pairs) < count * (count - 1) // 2
    assert clusters(len(images), pairs) == [list(range(1, count + 1))]


def test_writing_in_a_border_hides_no_copy() -> None:
    film = cv2.copyMakeBorder(draw(1), 50, 50, 60, 60, cv2.BORDER_CONSTANT, value=0)
    written = film.copy()
    cv2.putText(written, "AP ERECT 10:32", (5, 385), 0, 1.2, 255, 3)
    cv2.putText(written, "R", (8, 60), 0, 1.2, 255, 3)

    [pair] = find([film, draw(2), written])

    assert (pair.a, pair.b) == (0, 2)
    x, y = pair.transform.of((200.0, 250.0))
    assert abs(x - 200) < 0.7 and abs(y - 250) < 0.7


def test_few_greys_of_a_faint_film_hide_no_copy() -> None:
    faint = np.asarray(60 + cv2.GaussianBlur(draw(1), (0, 0), 2) * 0.35, np.uint8)

    [pair] = find([faint, draw(2), (faint >> 4) * 17])

    assert (pair.a, pair.b) == (0, 2)


def test_one_image_or_none() -> None:
    assert find([]) == []
    assert find([draw(1)]) == []


def test_an_image_that_changed_meanwhile_is_an_error() -> None:
    images = [draw(1), CHANGES["resized"][1](draw(1))]
    prints = [fingerprint(one) for one in images]

    with pytest.raises(HilumError, match="not those of its fingerprint"):
        find_twins(prints, load=lambda n: np.zeros((10, 10), np.uint8))


def test_an_array_of_floats_has_no_fingerprint() -> None:
    with pytest.raises(HilumError, match="no fingerprint"):
        fingerprint(np.zeros((9, 9, 3), np.uint8))


def _pair(a: int, b: int, score: float) -> TwinPair:
    return TwinPair(a, b, "resized", score, Transform(((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))))


def test_one_weak_pair_glues_no_two_clusters() -> None:
    strong = [_pair(0, 1, 0.9), _pair(2, 3, 0.9)]

    assert clusters(6, [*strong, _pair(1, 2, 0.57)]) == [[0, 1], [2, 3]]
    assert clusters(6, [*strong, _pair(1, 2, 0.57), _pair(0, 3, 0.57)]) == [[0, 1, 2, 3]]
    assert clusters(6, [*strong, _pair(3, 5, 0.57)]) == [[0, 1], [2, 3, 5]]


def test_a_pair_beyond_the_images_is_an_error() -> None:
    with pytest.raises(HilumError, match="there is not"):
        clusters(2, [_pair(1, 2, 0.9)])
