"""Where the lungs of a film are, for who wants no more: computed in f32, a model per process."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hilum.errors import ModelError
from hilum.imaging.masks import BinaryMask
from hilum.inference.model import BUNDLED_MODEL, read_model
from hilum.inference.predictor import Predictor, Status
from hilum.inference.runtime import default_runtime


@dataclass(frozen=True)
class LungOutliner:
    """Outlines lungs with a model file; picklable, and quick to make."""

    model: Path = BUNDLED_MODEL

    def __call__(self, pixels: NDArray[np.uint8]) -> tuple[BinaryMask, BinaryMask] | str:
        """The right and the left lung of ``pixels`` (H×W uint8), bool H×W; or why it is refused.

        A lung that was not found is all False; both never are.

        Raises:
            ModelError: the file is no model of hilum, or outlines no lungs.
        """
        prediction = _load(self.model)(pixels)
        if prediction.status is not Status.OK:
            return prediction.reason
        if prediction.right_lung is None or prediction.left_lung is None:
            return "no lungs were found"
        return prediction.right_lung, prediction.left_lung

    def facts(self) -> dict[str, Any]:
        """What the outlines depend on, as JSON.

        Raises:
            ModelError: the file is no model of hilum.
        """
        model = read_model(self.model)
        runtime = default_runtime()
        return {
            "model": model.description.name,
            "model_sha256": model.sha256,
            "lung_convention": model.description.lung_convention,
            "precision": "f32",
            "runtime": runtime,
            "runtime_version": version(runtime),
        }


@functools.cache
def _load(model: Path) -> Predictor:
    predictor = Predictor(model, f32=True)
    if not predictor.model.description.targets:
        raise ModelError(
            "the model outlines no lungs", path=model, remedy="give one that does, not a classifier"
        )
    return predictor
