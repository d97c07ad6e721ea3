"""What a protocol may ask of a model and a dataset."""

from __future__ import annotations

from hilum.dataset.read import Dataset, read_lock
from hilum.evaluation.figures import Evaluation
from hilum.evaluation.protocols.protocol import Setting
from hilum.inference.model import ModelDescription


def setting_of(evaluation: Evaluation, description: ModelDescription, dataset: Dataset) -> Setting:
    """``evaluation`` with what the model's description and the dataset's lock tell.

    Raises:
        DatasetError: the lock is gone or damaged.
    """
    lock = read_lock(dataset.folder)
    variant = lock.get("variant") or {}
    enhancement = variant.get("enhance") or {}
    return Setting(
        evaluation,
        findings=description.findings,
        targets=description.targets,
        enhancement=enhancement.get("name"),
        lungs_only=variant.get("lungs_only") is not None,
        folds=lock.get("options", {}).get("split", {}).get("folds"),
    )
