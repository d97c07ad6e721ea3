"""What a protocol may ask of a model and a dataset."""

from __future__ import annotations

from hilum.dataset.lock import read_lock
from hilum.dataset.read import Dataset
from hilum.evaluation.figures import Evaluation
from hilum.evaluation.protocols.protocol import Setting
from hilum.inference.model import ModelDescription


def setting_of(evaluation: Evaluation, description: ModelDescription, dataset: Dataset) -> Setting:
    """``evaluation`` with what the model's description and the dataset's lock tell.

    The variant is the model's: it makes its change to plain films itself.

    Raises:
        DatasetError: the lock is gone or damaged.
    """
    split = read_lock(dataset.folder).get("options", {}).get("split", {})
    return Setting(
        evaluation,
        findings=description.findings,
        targets=description.targets,
        variant=description.variant,
        folds=split.get("folds"),
    )
