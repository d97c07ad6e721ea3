"""Image and masks move together; sides change names; one seed gives one sequence."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from hilum.learning.augment import Augmentation, equalise
from hilum.learning.recipe import AugmentationRecipe
from hilum.radiograph import Structure
from tests.fakes.chest import draw_chest

SIDES = (Structure.RIGHT_LUNG, Structure.INFECTION, Structure.LEFT_LUNG)
Moved = tuple[Tensor, Tensor, Tensor]


def batch() -> tuple[Tensor, Tensor, Tensor]:
    """Six drawn chests as images, masks (right, infection, left) and what of them is known."""
    rng = np.random.default_rng(0)
    chests = [draw_chest(rng, size=(64, 64), infected=True) for _ in range(6)]
    images = torch.from_numpy(np.stack([c.pixels for c in chests]))[:, None].float()
    masks = np.stack([[c.right_lung, c.infection, c.left_lung] for c in chests])
    known = torch.rand(6, 3, generator=torch.Generator().manual_seed(1)) > 0.4
    return images, torch.from_numpy(masks).float(), known


def augment(images: Tensor, masks: Tensor, known: Tensor, *, seed: int = 0, **recipe: Any) -> Moved:
    augmentation = Augmentation(AugmentationRecipe(**recipe), SIDES)
    return augmentation(images, masks, known, torch.Generator().manual_seed(seed))


ALL: dict[str, Any] = {
    "rotation_degrees": 20,
    "scale": 0.2,
    "shift": 0.1,
    "mirror": 0.5,
    "gamma": 0.4,
    "contrast": 0.3,
    "equalise": 0.5,
    "blur": 1.0,
    "noise": 0.05,
    "erase_border": 0.9,
}


def test_nothing_asked_nothing_changed() -> None:
    for before, after in zip(batch(), augment(*batch()), strict=True):
        torch.testing.assert_close(before, after)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "recipe",
    [{"rotation_degrees": 30}, {"scale": 0.3}, {"shift": 0.2}, {"mirror": 0.5}, None],
    ids=["rotate", "scale", "shift", "mirror", "all"],
)
def test_image_and_mask_move_together(recipe: dict[str, Any] | None, seed: int) -> None:
    geometric = {k: ALL[k] for k in ("rotation_degrees", "scale", "shift", "mirror")}
    _, masks, known = batch()
    known[:] = True
    lungs = (masks[:, :1] + masks[:, 2:]).clamp(max=1)
    images, moved, _ = augment(255 * lungs, masks, known, seed=seed, **(recipe or geometric))
    drawn, outlined = images[:, 0] > 127, (moved[:, 0] + moved[:, 2]) > 0
    overlap = (drawn & outlined).sum() / (drawn | outlined).sum()
    assert overlap > 0.97
    assert set(moved.unique().tolist()) == {0.0, 1.0}
    still = (images == 255 * lungs).flatten(1).all(1)
    assert not still.all()


def test_a_mirrored_chest_swaps_its_lungs_and_what_is_known_of_them() -> None:
    images, masks, known = batch()
    mirrored, moved, moved_known = augment(images, masks, known, mirror=1.0)
    torch.testing.assert_close(mirrored, images.flip(3), atol=0.01, rtol=0)
    torch.testing.assert_close(moved[:, 0], masks[:, 2].flip(2))
    torch.testing.assert_close(moved[:, 2], masks[:, 0].flip(2))
    torch.testing.assert_close(moved[:, 1], masks[:, 1].flip(2))
    assert torch.equal(moved_known, known[:, [2, 1, 0]])
    columns = torch.arange(64.0)
    for mask in moved:  # the right lung still lies on the left of the image
        centres = [(m.sum(0) * columns).sum() / m.sum() for m in (mask[0], mask[2])]
        assert centres[0] < centres[1]


def test_a_mirrored_chest_without_both_sides_keeps_its_targets_in_place() -> None:
    images, masks, known = batch()
    augmentation = Augmentation(AugmentationRecipe(mirror=1.0), (Structure.LUNGS,))
    _, moved, moved_known = augmentation(images, masks[:, :1], known[:, :1], torch.Generator())
    torch.testing.assert_close(moved, masks[:, :1].flip(3))
    assert torch.equal(moved_known, known[:, :1])


def test_greys_stay_greys_and_masks_stay_where_only_greys_change() -> None:
    greys = {
        k: v for k, v in ALL.items() if k not in ("rotation_degrees", "scale", "shift", "mirror")
    }
    images, masks, known = batch()
    changed, same_masks, same_known = augment(images.clone(), masks, known, **greys)
    assert changed.min() >= 0
    assert changed.max() <= 255
    assert (changed - images).abs().mean() > 1
    assert torch.equal(same_masks, masks)
    assert torch.equal(same_known, known)


def test_one_seed_gives_one_sequence_and_the_batch_given_is_not_changed() -> None:
    given = batch()
    first, same, other = (augment(*given, seed=seed, **ALL) for seed in (3, 3, 4))
    for one, two in zip(first, same, strict=True):
        assert torch.equal(one, two)
    assert not torch.equal(first[0], other[0])
    for before, after in zip(batch(), given, strict=True):
        assert torch.equal(before, after)


def test_images_of_a_batch_are_changed_each_in_its_own_way() -> None:
    image, masks, known = (part[:1].repeat(6, *[1] * (part.dim() - 1)) for part in batch())
    changed, _, _ = augment(image, masks, known, **{**ALL, "blur": 0.0})
    assert len({tensor.sum().item() for tensor in changed}) == 6


def test_equalisation_is_that_of_opencv() -> None:
    grey = batch()[0][0, 0].to(torch.uint8)
    expected = cv2.equalizeHist(grey.numpy()).astype(np.float32)
    got = 255 * equalise(grey.float() / 255)
    assert np.abs(got.numpy() - expected).max() <= 2
