"""An earlier training that another one goes on from, with a recipe and a dataset of its own."""

from __future__ import annotations

import hashlib
import json
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from hilum.errors import RecipeError
from hilum.learning.fit import kept_checkpoint
from hilum.learning.module import TrainingModule
from hilum.learning.recipe import ScheduleRecipe

RUN_FILE = "run.json"
"""In a run folder: what the training there is for."""

_DAMAGE = (
    *(OSError, EOFError, RuntimeError, LookupError, TypeError, ValueError),
    pickle.UnpicklingError,
)
"""What torch raises over files that are no checkpoints."""


@dataclass(frozen=True)
class Start:
    """Weights to begin with instead of random ones."""

    checkpoint: Path
    purpose: dict[str, Any]
    """Recipe and dataset they were trained by, what that training started from, and the SHA-256
    of the checkpoint."""

    def load_into(self, module: TrainingModule) -> None:
        """Give ``module`` these weights.

        Raises:
            RecipeError: they are of another network, or damaged.
        """
        module.load_state_dict(self._weights_for(module))

    def mix_into(self, module: TrainingModule, share: float) -> None:
        """Make ``share`` of each weight of ``module`` that of the start, running means too.

        Raises:
            RecipeError: as of :meth:`load_into`.
        """
        own = module.state_dict()
        for name, start in self._weights_for(module).items():
            if own[name].is_floating_point():
                own[name] = torch.lerp(own[name], start.to(own[name]), share)
        module.load_state_dict(own)

    def _weights_for(self, module: TrainingModule) -> dict[str, torch.Tensor]:
        try:
            kept = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
            weights = kept["state_dict"]
        except _DAMAGE as error:
            raise RecipeError(
                "the earlier training's checkpoint cannot be read",
                path=self.checkpoint,
                got=str(error).split("\n", 1)[0],
                remedy="train it again, or start from nothing",
            ) from None
        wanted = {name: tensor.shape for name, tensor in module.state_dict().items()}
        found = {name: tensor.shape for name, tensor in weights.items()}
        unlike = sorted(n for n in wanted.keys() | found.keys() if wanted.get(n) != found.get(n))
        if unlike:
            raise RecipeError(
                "the earlier training was of another network",
                path=self.checkpoint,
                got=f"{len(unlike)} tensors that differ, {unlike[0]} among them",
                expected="the same network, targets and findings in both recipes",
                remedy="take the network of the earlier recipe over into the new one",
            )
        return dict(weights)


def read_start(run: Path) -> Start:
    """The training kept in the folder ``run``, finished or not.

    Raises:
        RecipeError: no training was kept there.
    """
    try:
        purpose = json.loads((run / RUN_FILE).read_text(encoding="utf-8"))
        schedule = ScheduleRecipe.model_validate(purpose["recipe"]["schedule"])
        checkpoint = kept_checkpoint(run, schedule)
        with checkpoint.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError, KeyError, TypeError):
        raise RecipeError(
            "this is no folder of a training",
            path=run,
            expected=f"{RUN_FILE} and checkpoints, as 'hilum train' leaves them in OUTPUT.run",
        ) from None
    return Start(checkpoint, {**purpose, "checkpoint_sha256": digest})
