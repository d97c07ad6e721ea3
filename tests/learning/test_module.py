"""Batches, order and scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from hilum.learning.arrays import TrainingArrays
from hilum.learning.callbacks import read_history, write_history
from hilum.learning.module import (
    ArrayBatches,
    ShuffledByEpoch,
    TrainingModule,
    keep_batch,
    unpack_masks,
)
from tests.learning.recipes import schedule, tiny_recipe


def test_label_bits_become_masks() -> None:
    labels = torch.tensor([[[0b000, 0b101], [0b010, 0b111]]], dtype=torch.uint8)
    masks = unpack_masks(labels, 3)
    assert masks.tolist() == [[[[0, 1], [0, 1]], [[0, 0], [1, 1]], [[0, 1], [0, 1]]]]
    assert masks.dtype == torch.float32


def test_a_batch_is_taken_in_one_go() -> None:
    arrays = TrainingArrays(
        images=np.arange(5 * 16, dtype=np.uint8).reshape(5, 4, 4),
        labels=np.ones((5, 4, 4), np.uint8),
        known=np.ones((5, 2), np.bool_),
        findings=np.arange(5),
        other_opacity=np.arange(5) > 2,
        groups=tuple("abcde"),
        repeats=np.ones(5, np.int64),
    )
    images, labels, known, findings, other = keep_batch(ArrayBatches(arrays).__getitems__([3, 1]))
    assert images.shape == (2, 1, 4, 4)
    assert labels.shape == (2, 4, 4)
    assert known.shape == (2, 2)
    assert findings.tolist() == [3, 1]
    assert other.tolist() == [True, False]
    assert images[0, 0, 0, 0] == 48


def test_each_epoch_has_its_own_order_of_all_rows() -> None:
    sampler = ShuffledByEpoch(np.ones(20, np.int64), seed=1)
    orders = []
    for epoch in (0, 1, 0):
        sampler.set_epoch(epoch)
        orders.append(list(sampler))
    assert sorted(orders[0]) == list(range(20))
    assert orders[0] == orders[2] != orders[1]
    assert orders[0] != list(ShuffledByEpoch(np.ones(20, np.int64), seed=2))


def test_a_row_comes_as_often_as_it_is_to_be_seen() -> None:
    sampler = ShuffledByEpoch(np.array([1, 3, 2]), seed=1)
    assert len(sampler) == 6
    assert sorted(sampler) == [0, 1, 1, 1, 2, 2]


def test_the_pace_warms_up_and_falls_to_zero() -> None:
    recipe = tiny_recipe(schedule=schedule(epochs=4, warmup_epochs=1, learning_rate=0.5))
    configured = TrainingModule(recipe, steps_per_epoch=10).configure_optimizers()
    optimiser, scheduler = configured["optimizer"], configured["lr_scheduler"]["scheduler"]
    rates = []
    for _ in range(40):
        rates.append(scheduler.get_last_lr()[0])
        optimiser.step()
        scheduler.step()
    assert rates[0] == pytest.approx(0.05)
    assert max(rates) == pytest.approx(0.5)
    assert rates[:10] == sorted(rates[:10])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert scheduler.get_last_lr()[0] == pytest.approx(0, abs=1e-6)


def test_calm_epochs_can_begin_anew() -> None:
    plan = schedule(
        epochs=6, warmup_epochs=1, learning_rate=0.5, calm_epochs=2, calm_learning_rate=0.1
    )
    module = TrainingModule(tiny_recipe(schedule=plan), steps_per_epoch=10)
    configured = module.configure_optimizers()
    optimiser, scheduler = configured["optimizer"], configured["lr_scheduler"]["scheduler"]
    rates = []
    for _ in range(60):
        rates.append(scheduler.get_last_lr()[0])
        optimiser.step()
        scheduler.step()
    assert rates[10:40] == sorted(rates[10:40], reverse=True)
    assert rates[39] < 0.01
    assert rates[40] == pytest.approx(0.1)
    assert rates[40:] == sorted(rates[40:], reverse=True)
    assert scheduler.get_last_lr()[0] == pytest.approx(0, abs=1e-6)


class Answers(torch.nn.Module):
    """Gives the logits it was told, whatever it is shown."""

    def __init__(self, masks: Tensor, findings: Tensor) -> None:
        super().__init__()
        self.answers = masks, findings

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        return self.answers


def test_scores_skip_what_is_unknown_and_masks_that_are_empty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe = tiny_recipe(
        targets=["lungs", "infection"],
        findings=["normal", "covid"],
        loss={"finding": 1.0},
        network={"architecture": "unet", "encoder": "resnet18"},
    )
    module = TrainingModule(recipe, steps_per_epoch=1)
    labels = torch.zeros(4, 4, 4, dtype=torch.uint8)
    labels[0, :2] = 0b01  # lungs: 8 of 16 pixels
    labels[1, :2] = 0b11
    known = torch.tensor([[True, True], [False, True], [True, True], [True, False]])
    findings = torch.tensor([0, 1, 1, -1])
    masks = torch.full((4, 2, 4, 4), -1.0)
    masks[0, 0, :1] = 1  # half of it found: Dice 2·4 ÷ (4 + 8)
    masks[1, 1, :2] = 1
    classes = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    module.network = Answers(masks, classes)
    logged: dict[str, float] = {}
    monkeypatch.setattr(module, "log_dict", logged.update)
    monkeypatch.setattr(module, "log", lambda name, value, **_: logged.update({name: value}))

    nothing = torch.zeros(4, dtype=torch.bool)
    batch = (torch.zeros(4, 1, 4, 4, dtype=torch.uint8), labels, known, findings, nothing)
    for part in (slice(0, 3), slice(3, 4)):
        module.network = Answers(masks[part], classes[part])
        module.validation_step(tuple(tensor[part] for tensor in batch), 0)
    module.on_validation_epoch_end()
    assert logged == pytest.approx(
        {
            "lungs_dice": 2 / 3,  # of the one image that is known and not empty
            "infection_dice": 1.0,
            "finding_balanced_accuracy": 0.75,  # normal 1 of 1, covid 1 of 2
            "score": (2 / 3 + 1.0 + 0.75) / 3,
        }
    )


def test_history_columns_stay_in_line_when_scores_come_and_go(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    rows: list[dict[str, float]] = [{"epoch": 1, "loss": 2.0}]
    write_history(rows, path)
    rows = [*read_history(path), {"epoch": 2, "infection_dice": 0.5, "loss": 1.0}]
    write_history(rows, path)
    rows = [*read_history(path), {"epoch": 3, "loss": 0.5}]
    write_history(rows, path)
    assert path.read_text(encoding="utf-8").splitlines() == [
        "epoch,infection_dice,loss",
        "1,,2.0",
        "2,0.5,1.0",
        "3,,0.5",
    ]
    assert read_history(path) == rows
    assert read_history(tmp_path / "none.csv") == []


def test_images_are_moved_in_full_precision_whatever_the_network_computes_in() -> None:
    recipe = tiny_recipe(augmentation={"rotation_degrees": 10})
    module = TrainingModule(recipe, steps_per_epoch=1)
    moved = []
    augment = module._augment

    def watched(*batch: Any) -> Any:
        moved.append(torch.is_autocast_enabled("cpu"))
        return augment(*batch)

    module._augment = watched
    module.log = lambda *args, **options: None
    labels = torch.zeros(2, 64, 64, dtype=torch.uint8)
    known, findings = torch.ones(2, 1, dtype=torch.bool), torch.tensor([-1, -1])
    images = torch.zeros(2, 1, 64, 64, dtype=torch.uint8)
    with torch.autocast("cpu", torch.bfloat16):
        nothing = torch.zeros(2, dtype=torch.bool)
        module.training_step((images, labels, known, findings, nothing), 0)
    assert moved == [False]


def test_the_last_epochs_change_images_as_the_calm_augmentation_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe = tiny_recipe(augmentation={"mirror": 1.0}, schedule=schedule(epochs=3, calm_epochs=2))
    module = TrainingModule(recipe, steps_per_epoch=1)
    module.log = lambda *args, **kwargs: None  # type: ignore[method-assign, assignment]
    images = torch.arange(2 * 64 * 64).reshape(2, 1, 64, 64).remainder(251).to(torch.uint8)
    nothing = torch.zeros(2, dtype=torch.bool)
    batch = (
        images,
        torch.ones(2, 64, 64, dtype=torch.uint8),
        torch.ones(2, 1, dtype=torch.bool),
        torch.full((2,), -1),
        nothing,
    )
    seen = []
    module.network.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].clone()))
    for epoch in range(3):
        monkeypatch.setattr(TrainingModule, "current_epoch", epoch)
        module.training_step(batch, 0)
    assert [torch.equal(one, images.float()) for one in seen] == [False, True, True]
