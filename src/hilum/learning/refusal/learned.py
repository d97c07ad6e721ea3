"""Which images a network learned from, as far as its model file and its dataset tell."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass

from hilum.dataset.read import Dataset
from hilum.errors import DatasetError
from hilum.imaging.read import read_file
from hilum.inference.model import ModelDescription
from hilum.learning.refusal.sample import Sample
from hilum.radiograph import Split


@dataclass(frozen=True)
class Learned:
    """Tells what was learned from; see :func:`learned_from`."""

    collections: frozenset[str]
    images: frozenset[str] | None
    """SHA-256 of every file in the train split; None where the dataset is not at hand."""

    def mark(self, sample: Sample) -> Sample:
        """``sample`` of a file, with whether the network learned from that very file."""
        assert sample.path is not None
        if self.images is not None:
            learned = hashlib.sha256(read_file(sample.path)).hexdigest() in self.images
        else:
            in_train = sample.official_split in (None, Split.TRAIN)
            learned = in_train and sample.collection in self.collections
        return dataclasses.replace(sample, is_learned=learned)


def learned_from(description: ModelDescription, dataset: Dataset | None = None) -> Learned:
    """What the network with ``description`` learned from.

    With the dataset it was trained on: the files in its train split, in whatever collection they
    lie. Without it: of the collections it was trained on, the official train split, and what has
    no official split, since that was drawn when the dataset was compiled.

    Raises:
        DatasetError: the model was trained on another dataset.
    """
    if dataset is None:
        return Learned(frozenset(description.trained_on), None)
    if dataset.content_sha256 != description.dataset_sha256:
        raise DatasetError(
            "the model was not trained on this dataset",
            path=dataset.folder,
            got=f"content hash {dataset.content_sha256[:16]}",
            expected=description.dataset_sha256[:16],
            remedy="give the folder that 'hilum train' was given, or leave --dataset out",
        )
    images = frozenset(str(row["image_id"]) for row in dataset.labels(Split.TRAIN))
    return Learned(frozenset(description.trained_on), images)
