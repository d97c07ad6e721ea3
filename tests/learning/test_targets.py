"""What of a batch is not known, and a batch made smaller."""

from __future__ import annotations

import pytest
import torch

from hilum.learning.recipe import Recipe
from hilum.learning.targets import Targets, shrink, unmeasured
from tests.learning.recipes import tiny_recipe


def recipe_with(other_opacity: str) -> Recipe:
    return tiny_recipe(
        targets=["infection", "right_lung", "left_lung"], loss={"other_opacity": other_opacity}
    )


@pytest.fixture
def masks() -> torch.Tensor:
    """Two images whose infection, right and left lung are a row each of a 4×4 image."""
    drawn = torch.zeros(2, 3, 4, 4)
    for row in range(3):
        drawn[:, row, row] = 1
    return drawn


def test_lungs_with_another_opacity_are_unmeasured_where_the_recipe_says_so(
    masks: torch.Tensor,
) -> None:
    other = torch.tensor([True, False])
    hidden = unmeasured(masks, other, recipe_with("unmeasured"))
    assert hidden.shape == (2, 1, 4, 4)
    assert hidden[0, 0].sum(1).tolist() == [0, 4, 4, 0]
    assert not hidden[1].any()
    assert not unmeasured(masks, other, recipe_with("empty")).any()


def test_a_smaller_batch_keeps_its_targets_beside_its_greys() -> None:
    images = torch.zeros(1, 1, 64, 64)
    images[..., 16:48, 8:24] = 255
    known, findings = torch.tensor([[True]]), torch.tensor([2])
    targets = Targets(images / 255, known, images / 255, findings)
    smaller, moved = shrink(images, targets, 0.75)
    assert smaller.shape == moved.masks.shape == moved.unmeasured.shape == (1, 1, 48, 48)
    assert torch.equal(smaller > 127, moved.masks > 0)
    assert torch.equal(moved.masks, moved.unmeasured)
    assert set(moved.masks.unique().tolist()) == {0.0, 1.0}
    assert (moved.known, moved.findings) == (known, findings)
