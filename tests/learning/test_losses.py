"""Unknown is not negative: what is not known moves no weight."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from hilum.learning.losses import finding_loss, mask_loss, total_loss
from hilum.learning.recipe import Recipe
from hilum.learning.targets import UNKNOWN_FINDING, Targets
from tests.learning.recipes import tiny_recipe


def logits(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator).requires_grad_()


def masks(*shape: int) -> Tensor:
    return (torch.rand(*shape, generator=torch.Generator().manual_seed(7)) > 0.5).float()


def given(masks: Tensor, known: Tensor, findings: Tensor | None = None) -> Targets:
    """Targets of which every pixel was measured."""
    unknown = torch.full((len(masks),), UNKNOWN_FINDING)
    return Targets(masks, known, 0 * masks[:, :1], unknown if findings is None else findings)


def loss_of(predicted: Tensor, targets: Targets, *, dice_weight: float) -> Tensor:
    """The mask loss where every pixel counts."""
    return mask_loss(predicted, targets, torch.ones_like(targets.masks), dice_weight=dice_weight)


def recipe_of(targets: list[str], **loss: float) -> Recipe:
    """A recipe with a finding head and this loss."""
    network = {"architecture": "fpn", "encoder": "resnet18"}
    return tiny_recipe(
        targets=targets, findings=["covid", "normal", "pneumonia"], network=network, loss=loss
    )


def gradient(loss: Tensor, of: Tensor) -> Tensor:
    (grad,) = torch.autograd.grad(loss, of)
    return grad


def test_unknown_masks_give_no_gradient_and_known_ones_do() -> None:
    predicted = logits(3, 2, 8, 8)
    known = torch.tensor([[True, False], [False, False], [True, True]])
    targets = given(masks(3, 2, 8, 8), known)
    moved = gradient(loss_of(predicted, targets, dice_weight=1.0), predicted).abs().sum((2, 3))
    assert torch.equal(moved > 0, known)


def test_an_unknown_mask_is_worth_nothing_whatever_it_holds() -> None:
    predicted = logits(2, 1, 8, 8)
    known = torch.tensor([[True], [False]])
    truth = masks(2, 1, 8, 8)
    other = truth.clone()
    other[1] = 1 - other[1]
    losses = [loss_of(predicted, given(t, known), dice_weight=1.0) for t in (truth, other)]
    alone = loss_of(predicted[:1], given(truth[:1], known[:1]), dice_weight=1.0)
    assert losses[0] == losses[1]
    torch.testing.assert_close(losses[0], alone)


def test_a_batch_that_knows_nothing_is_zero_and_can_be_stepped_on() -> None:
    predicted, classes = logits(2, 3, 8, 8), logits(2, 3)
    targets = given(masks(2, 3, 8, 8), torch.zeros(2, 3, dtype=torch.bool))
    recipe = recipe_of(["right_lung", "left_lung", "infection"], finding=1.0)
    assert total_loss(predicted, classes, targets, recipe).item() == 0
    for part in (predicted, classes):
        loss = total_loss(predicted, classes, targets, recipe)
        assert gradient(loss, part).abs().sum() == 0


def test_infection_that_was_not_measured_moves_nothing_but_the_lungs_there_do() -> None:
    predicted, classes = logits(2, 2, 8, 8), logits(2, 3)
    truth = masks(2, 2, 8, 8)
    hidden = torch.zeros(2, 1, 8, 8)
    hidden[:, :, :4] = 1
    targets = Targets(truth, torch.ones(2, 2, dtype=torch.bool), hidden, torch.tensor([0, 2]))
    recipe = recipe_of(["lungs", "infection"], finding=1.0)
    moved = gradient(total_loss(predicted, classes, targets, recipe), predicted).abs()
    assert moved[:, 1, :4].sum() == 0
    assert (moved[:, 1, 4:] > 0).all()
    assert (moved[:, 0] > 0).all()


def test_dice_counts_only_masks_that_are_not_empty() -> None:
    predicted = logits(2, 1, 8, 8)
    truth = masks(2, 1, 8, 8)
    truth[1] = 0
    targets = given(truth, torch.ones(2, 1, dtype=torch.bool))
    with_dice, without = (loss_of(predicted, targets, dice_weight=w) for w in (1.0, 0.0))
    moved = gradient(with_dice - without, predicted).abs().sum((1, 2, 3))
    assert moved[0] > 0
    assert moved[1] == 0
    assert gradient(loss_of(predicted, targets, dice_weight=1.0), predicted)[1].abs().sum() > 0


def test_a_perfect_mask_costs_nothing_and_a_wrong_one_much() -> None:
    truth = masks(2, 1, 16, 16)
    targets = given(truth, torch.ones(2, 1, dtype=torch.bool))
    right = loss_of(40 * (truth - 0.5), targets, dice_weight=1.0)
    wrong = loss_of(-40 * (truth - 0.5), targets, dice_weight=1.0)
    assert right.item() == pytest.approx(0, abs=1e-4)
    assert wrong.item() > 10


def test_unknown_findings_give_no_gradient() -> None:
    predicted = logits(3, 4)
    findings = torch.tensor([2, UNKNOWN_FINDING, 0])
    moved = gradient(finding_loss(predicted, findings, label_smoothing=0.1), predicted)
    assert torch.equal(moved.abs().sum(1) > 0, findings != UNKNOWN_FINDING)
    known = torch.tensor([0, 2])
    torch.testing.assert_close(
        finding_loss(predicted, findings, label_smoothing=0.1),
        torch.nn.functional.cross_entropy(predicted[known], findings[known], label_smoothing=0.1),
    )


def test_the_parts_are_weighted() -> None:
    predicted, classes = logits(2, 1, 8, 8), logits(2, 3)
    known = torch.ones(2, 1, dtype=torch.bool)
    targets = given(masks(2, 1, 8, 8), known, torch.tensor([0, 1]))
    recipe = recipe_of(["lungs"], masks=2.0, dice=0.5, finding=3.0)
    expected = 2 * loss_of(predicted, targets, dice_weight=0.5) + 3 * finding_loss(
        classes, targets.findings, label_smoothing=0
    )
    torch.testing.assert_close(total_loss(predicted, classes, targets, recipe), expected)
