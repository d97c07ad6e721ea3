"""What is made to be refused: an image, the same for the same seed, and not the film again."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.learning.refusal.not_films import DRAWN, FROM_A_FILM, varied
from tests.fakes.chest import draw_chest

FILM = draw_chest(np.random.default_rng(1), size=(150, 180)).pixels


@pytest.mark.parametrize("kind", FROM_A_FILM)
def test_what_is_made_of_a_film(kind: str) -> None:
    kept = FILM.copy()
    made, again = (FROM_A_FILM[kind](FILM, np.random.default_rng(7)) for _ in range(2))
    assert made.dtype == np.uint8 and made.ndim == 2 and min(made.shape) >= 30
    assert np.array_equal(made, again) and np.array_equal(FILM, kept)
    assert not np.array_equal(made, FILM)


@pytest.mark.parametrize("kind", DRAWN)
def test_what_is_drawn(kind: str) -> None:
    drawn, again, other = (DRAWN[kind](np.random.default_rng(seed)) for seed in (7, 7, 8))
    assert drawn.dtype == np.uint8 and drawn.shape == (256, 256)
    assert np.array_equal(drawn, again) and not np.array_equal(drawn, other)
    assert drawn.std() > 4


def test_a_variant_is_nearly_the_image() -> None:
    for seed in range(20):
        variant = varied(FILM, np.random.default_rng(seed))
        assert variant.dtype == np.uint8
        assert all(0.8 * n < m <= n for n, m in zip(FILM.shape, variant.shape, strict=True))
