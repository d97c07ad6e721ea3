"""Unknown is not negative: what is not known moves no weight."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from hilum.learning.losses import UNKNOWN_FINDING, Targets, finding_loss, mask_loss, total_loss
from hilum.learning.recipe import LossRecipe


def logits(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator).requires_grad_()


def masks(*shape: int) -> Tensor:
    return (torch.rand(*shape, generator=torch.Generator().manual_seed(7)) > 0.5).float()


def gradient(loss: Tensor, of: Tensor) -> Tensor:
    (grad,) = torch.autograd.grad(loss, of)
    return grad


def test_unknown_masks_give_no_gradient_and_known_ones_do() -> None:
    predicted = logits(3, 2, 8, 8)
    known = torch.tensor([[True, False], [False, False], [True, True]])
    targets = Targets(masks(3, 2, 8, 8), known, torch.full((3,), UNKNOWN_FINDING))
    moved = gradient(mask_loss(predicted, targets, dice_weight=1.0), predicted).abs().sum((2, 3))
    assert torch.equal(moved > 0, known)


def test_an_unknown_mask_is_worth_nothing_whatever_it_holds() -> None:
    predicted = logits(2, 1, 8, 8)
    known = torch.tensor([[True], [False]])
    truth = masks(2, 1, 8, 8)
    other = truth.clone()
    other[1] = 1 - other[1]
    losses = [
        mask_loss(predicted, Targets(t, known, torch.zeros(2)), dice_weight=1.0)
        for t in (truth, other)
    ]
    alone = mask_loss(predicted[:1], Targets(truth[:1], known[:1], torch.zeros(1)), dice_weight=1.0)
    assert losses[0] == losses[1]
    torch.testing.assert_close(losses[0], alone)


def test_a_batch_that_knows_nothing_is_zero_and_can_be_stepped_on() -> None:
    predicted, classes = logits(2, 3, 8, 8), logits(2, 2)
    targets = Targets(masks(2, 3, 8, 8), torch.zeros(2, 3, dtype=torch.bool), torch.full((2,), -1))
    loss = total_loss(predicted, classes, targets, LossRecipe(finding=1.0))
    assert loss.item() == 0
    for part in (predicted, classes):
        assert (
            gradient(total_loss(predicted, classes, targets, LossRecipe(finding=1.0)), part)
            .abs()
            .sum()
            == 0
        )


def test_dice_counts_only_masks_that_are_not_empty() -> None:
    predicted = logits(2, 1, 8, 8)
    truth = masks(2, 1, 8, 8)
    truth[1] = 0
    targets = Targets(truth, torch.ones(2, 1, dtype=torch.bool), torch.zeros(2))
    with_dice, without = (mask_loss(predicted, targets, dice_weight=w) for w in (1.0, 0.0))
    moved = gradient(with_dice - without, predicted).abs().sum((1, 2, 3))
    assert moved[0] > 0
    assert moved[1] == 0
    assert gradient(mask_loss(predicted, targets, dice_weight=1.0), predicted)[1].abs().sum() > 0


def test_a_perfect_mask_costs_nothing_and_a_wrong_one_much() -> None:
    truth = masks(2, 1, 16, 16)
    targets = Targets(truth, torch.ones(2, 1, dtype=torch.bool), torch.zeros(2))
    right = mask_loss(40 * (truth - 0.5), targets, dice_weight=1.0)
    wrong = mask_loss(-40 * (truth - 0.5), targets, dice_weight=1.0)
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
    predicted, classes = logits(2, 1, 8, 8), logits(2, 2)
    targets = Targets(masks(2, 1, 8, 8), torch.ones(2, 1, dtype=torch.bool), torch.tensor([0, 1]))
    recipe = LossRecipe(masks=2.0, dice=0.5, finding=3.0)
    expected = 2 * mask_loss(predicted, targets, dice_weight=0.5) + 3 * finding_loss(
        classes, targets.findings, label_smoothing=0
    )
    torch.testing.assert_close(total_loss(predicted, classes, targets, recipe), expected)
