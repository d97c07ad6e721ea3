"""Image and masks move together; sides change names; one seed gives one sequence."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from hilum.learning.augment import Augmentation, draw_cloud
from hilum.learning.augment_greys import equalise, even_out, lose_resolution, round_blocks
from hilum.learning.recipe import AugmentationRecipe
from hilum.learning.targets import UNKNOWN_FINDING, Targets, shrink
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


def given(masks: Tensor, known: Tensor) -> Targets:
    """Targets with a finding each, whose infection was measured outside the first mask only."""
    return Targets(masks, known, masks[:, :1].clone(), torch.arange(len(masks)))


def augment_all(
    images: Tensor, targets: Targets, *, seed: int = 0, **recipe: Any
) -> tuple[Tensor, Targets]:
    augmentation = Augmentation(AugmentationRecipe(**recipe), SIDES)
    return augmentation(images, targets, torch.Generator().manual_seed(seed))


def augment(images: Tensor, masks: Tensor, known: Tensor, *, seed: int = 0, **recipe: Any) -> Moved:
    changed, targets = augment_all(images, given(masks, known), seed=seed, **recipe)
    return changed, targets.masks, targets.known


ALL: dict[str, Any] = {
    "rotation_degrees": 20,
    "scale": 0.2,
    "stretch": 0.1,
    "shift": 0.1,
    "bend": 0.01,
    "mirror": 0.5,
    "gamma": 0.4,
    "contrast": 0.3,
    "shading": 0.1,
    "equalise": 0.5,
    "local_contrast": 0.5,
    "blur": 1.0,
    "noise": 0.05,
    "jpeg": 0.5,
    "erase_border": 0.9,
    "join_halves": 0.5,
    "veil": 0.5,
    "replace_background": 0.5,
}
SHAPES = ("rotation_degrees", "scale", "stretch", "shift", "bend", "mirror")
GREYS = [name for name in ALL if name not in (*SHAPES, "join_halves", "veil", "replace_background")]


def test_nothing_asked_nothing_changed() -> None:
    for before, after in zip(batch(), augment(*batch()), strict=True):
        torch.testing.assert_close(before, after)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "recipe",
    [
        {"rotation_degrees": 30},
        {"scale": 0.3},
        {"stretch": 0.2},
        {"shift": 0.2},
        {"bend": 0.02},
        {"mirror": 0.5},
        None,
    ],
    ids=["rotate", "scale", "stretch", "shift", "bend", "mirror", "all"],
)
def test_image_and_mask_move_together(recipe: dict[str, Any] | None, seed: int) -> None:
    geometric = {k: ALL[k] for k in SHAPES}
    _, masks, known = batch()
    known[:] = True
    lungs = (masks[:, :1] + masks[:, 2:]).clamp(max=1)
    images, targets = augment_all(
        255 * lungs, given(masks, known), seed=seed, **(recipe or geometric)
    )
    moved = targets.masks
    drawn, outlined = images[:, 0] > 127, (moved[:, 0] + moved[:, 2]) > 0
    overlap = (drawn & outlined).sum() / (drawn | outlined).sum()
    assert overlap > 0.97
    assert set(moved.unique().tolist()) == {0.0, 1.0}
    still = (images == 255 * lungs).flatten(1).all(1)
    assert not still.all()
    for index, (hidden, mask) in enumerate(zip(targets.unmeasured, moved, strict=True)):
        # What was not measured is the first lung, by whichever name it now goes.
        assert any(torch.equal(hidden[0], mask[side]) for side in (0, 2)), index


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
    _, moved = augmentation(images, given(masks[:, :1], known[:, :1]), torch.Generator())
    torch.testing.assert_close(moved.masks, masks[:, :1].flip(3))
    assert torch.equal(moved.known, known[:, :1])


@pytest.mark.parametrize("name", GREYS)
def test_each_change_of_greys_changes_them_within_their_range(name: str) -> None:
    images, masks, known = batch()
    changed, _, _ = augment(images.clone(), masks, known, **{name: ALL[name]})
    assert (changed - images).abs().mean() > 0.1
    assert changed.min() >= 0
    assert changed.max() <= 255


def test_greys_stay_greys_and_masks_stay_where_only_greys_change() -> None:
    greys = {name: ALL[name] for name in GREYS}
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


def test_lost_resolution_leaves_everything_where_it_is() -> None:
    edges = torch.zeros(1, 1, 64, 64)
    edges[..., 8:12], edges[..., 52:56] = 1, 1
    columns = torch.arange(64.0)
    for factor in (1.5, 2.3, 2.99):
        blurred = lose_resolution(edges, factor)
        for half in (slice(0, 32), slice(32, 64)):
            centres = [
                ((image * columns)[..., half].sum() / image[..., half].sum()).item()
                for image in (edges, blurred)
            ]
            assert abs(centres[0] - centres[1]) < 0.3


def test_images_of_a_batch_are_changed_each_in_its_own_way() -> None:
    image, masks, known = (part[:1].repeat(6, *[1] * (part.dim() - 1)) for part in batch())
    changed, _, _ = augment(image, masks, known, **{**ALL, "blur": 0.0})
    assert len({tensor.sum().item() for tensor in changed}) == 6


def test_equalisation_is_that_of_opencv() -> None:
    grey = batch()[0][0, 0].to(torch.uint8)
    expected = cv2.equalizeHist(grey.numpy()).astype(np.float32)
    got = 255 * equalise(grey.float() / 255)
    assert np.abs(got.numpy() - expected).max() <= 2


def test_joined_halves_keep_each_side_its_masks_and_forget_what_two_sources_disagree_on() -> None:
    images, masks, known = batch()
    known[:] = True
    known[2, 1] = False
    given_targets = given(masks, known)
    joined, targets = augment_all(images, given_targets, join_halves=1.0)
    for index, (image, mask) in enumerate(zip(joined, targets.masks, strict=True)):
        assert torch.equal(image[:, :, :26], images[index, :, :, :26])
        assert torch.equal(mask[:, :, :26], masks[index, :, :, :26])
        (source,) = [i for i in range(6) if torch.equal(image[:, :, 38:], images[i, :, :, 38:])]
        assert torch.equal(mask[:, :, 38:], masks[source, :, :, 38:])
        hidden = targets.unmeasured[index, 0]
        assert torch.equal(hidden[:, :26], masks[index, 0, :, :26])
        assert torch.equal(hidden[:, 38:], masks[source, 0, :, 38:])
        assert targets.known[index, 1] == (2 not in (index, source))
        assert targets.findings[index] == (index if source == index else UNKNOWN_FINDING)


def test_a_veil_whitens_lungs_only_and_says_that_infection_under_it_is_unknown() -> None:
    images, masks, known = batch()
    veiled, targets = augment_all(images, given(masks, known), veil=1.0)
    lungs = (masks[:, :1] + masks[:, 2:]).clamp(max=1) > 0
    assert torch.allclose(veiled[~lungs], images[~lungs], atol=0.01)
    assert (veiled - images)[lungs].mean() > 5
    assert torch.equal(targets.masks, masks)
    changed = (veiled - images).abs() > 0.2 * images.amax()
    assert not (changed & (targets.unmeasured == 0)).any()
    assert not ((targets.unmeasured > 0) & ~lungs).any()
    assert (targets.findings == UNKNOWN_FINDING).all()


def test_a_chest_whose_lungs_nobody_outlined_is_not_veiled_and_keeps_its_finding() -> None:
    images, masks, known = batch()
    masks[2] = 0
    veiled, targets = augment_all(images, given(masks, known), veil=1.0)
    torch.testing.assert_close(veiled[2], images[2])
    assert (targets.findings != UNKNOWN_FINDING).nonzero().flatten().tolist() == [2]


def test_a_replaced_background_leaves_the_lungs_and_nothing_to_know_their_film_by() -> None:
    images, masks, _ = batch()
    known = torch.ones(6, 3, dtype=torch.bool)
    lungs = (masks[:, :1] + masks[:, 2:]).clamp(max=1) > 0
    replaced, targets = augment_all(images, given(masks, known), replace_background=1.0)
    assert torch.allclose(replaced[lungs], images[lungs], atol=0.01)
    assert torch.equal(targets.masks, masks)
    assert targets.known.all()
    assert torch.equal(targets.findings, torch.arange(6))
    far = functional.max_pool2d(lungs.float(), 21, stride=1, padding=10) == 0
    marked = images.clone()
    marked[far] = 255 - marked[far]
    again, _ = augment_all(marked, given(masks, known), replace_background=1.0)
    own = [index for index in range(6) if torch.allclose(again[index], replaced[index], atol=0.01)]
    assert len(own) >= 2, "flat ones do not depend on what lay there"


def test_whole_lungs_are_not_known_on_another_background_nor_is_one_put_behind_unknown_lungs() -> (
    None
):
    images, masks, known = batch()
    augmentation = Augmentation(
        AugmentationRecipe(replace_background=1.0),
        (Structure.RIGHT_LUNG, Structure.WHOLE_LUNGS, Structure.LEFT_LUNG),
    )
    known[:3], known[3:, 0] = True, False
    changed, targets = augmentation(images, given(masks, known), torch.Generator().manual_seed(0))
    assert targets.known[:3].tolist() == 3 * [[True, False, True]]
    assert torch.equal(targets.known[3:], known[3:])
    torch.testing.assert_close(changed[3:], images[3:])
    assert not torch.allclose(changed[:3], images[:3], atol=5)


def test_clouds_differ_and_stay_between_nothing_and_all() -> None:
    cloud = draw_cloud(torch.ones(4, 1, 32, 32), torch.Generator().manual_seed(0))
    assert cloud.min() >= 0
    assert cloud.max() <= 1
    assert len({one.sum().item() for one in cloud}) == 4


def test_rounded_blocks_are_like_a_jpeg_and_fine_steps_change_nothing() -> None:
    grey = batch()[0][:1] / 255
    fine = round_blocks(grey, torch.full((1, 1, 1, 1), 1e-4))
    assert (fine - grey).abs().max() < 0.01
    rough = round_blocks(grey, torch.full((1, 1, 1, 1), 0.15))
    _, data = cv2.imencode(".jpg", (255 * grey[0, 0]).numpy(), [cv2.IMWRITE_JPEG_QUALITY, 20])
    jpeg = torch.from_numpy(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)) / 255
    error, other = ((image - grey[0, 0]).square().mean().sqrt() for image in (rough[0, 0], jpeg))
    assert 0.5 < error / other < 2


def test_evened_out_greys_forget_a_slope_but_keep_an_edge() -> None:
    slope = torch.linspace(0, 1, 64).repeat(64, 1)[None, None]
    flat = even_out(slope, window=9)[..., 8:-8]
    assert (flat - 0.5).abs().max() < 0.01
    stepped = torch.where(torch.arange(64) < 32, 0.4, 0.6).repeat(64, 1)[None, None]
    edged = even_out(stepped, window=9)[..., 30:34]
    assert edged.amax() - edged.amin() > 0.2


def test_a_batch_without_masks_is_changed_too() -> None:
    images, _, _ = batch()
    nothing = torch.zeros(6, 0, 64, 64)
    targets = Targets(
        nothing, nothing[:, :, 0, 0].bool(), torch.zeros_like(images), torch.arange(6)
    )
    changes = AugmentationRecipe(**{**ALL, "join_halves": 0.5, "veil": 0.5})
    generator = torch.Generator().manual_seed(0)
    changed, moved = Augmentation(changes, ())(images, targets, generator)
    assert changed.shape == images.shape and not torch.equal(changed, images)
    smaller, shrunk = shrink(changed, moved, 0.75)
    assert smaller.shape == (6, 1, 48, 48) and shrunk.masks.shape[:2] == (6, 0)
