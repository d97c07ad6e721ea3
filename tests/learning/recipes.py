"""Recipes small enough to be trained in a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hilum.learning.recipe import Recipe

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))


def tiny_recipe(**changes: Any) -> Recipe:
    """The plain U-Net on both lungs at 64×64; ``changes`` replace whole fields."""
    values: dict[str, Any] = {
        "name": "tiny",
        "description": "for tests",
        "source": "hilum",
        "image_size": 64,
        "targets": ["lungs"],
        "network": {"architecture": "plain_unet", "dropout": 0.05},
        "schedule": {
            "epochs": 2,
            "batch_size": 4,
            "learning_rate": 0.003,
            "average_decay": 0.5,
            "warmup_epochs": 0,
        },
    }
    return Recipe.model_validate({**values, **changes})


def schedule(**changes: Any) -> dict[str, Any]:
    """The tiny recipe's schedule with ``changes``."""
    return {**tiny_recipe().schedule.model_dump(), **changes}
