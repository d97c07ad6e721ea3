"""A network, with all that its file gives of a film."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hilum.imaging.masks import BinaryMask
from hilum.inference.model import Model
from hilum.inference.postprocess import outline
from hilum.inference.predictor import Predictor, Seen
from hilum.inference.refusal import refuse_after
from hilum.inference.runtime import INSIDE, PREDICTED, load_runtime

Given = dict[str, NDArray[np.float32]]
"""Name of an output → what it is of one film."""


class Viewer:
    """Runs ``model`` on films and parts of films; safe to call from ``threads`` threads.

    Raises:
        ModelError: the file cannot be run.
    """

    def __init__(self, model: Model, *, threads: int) -> None:
        self.model = model
        self.predictor = Predictor(model, threads=threads)
        outputs = (*PREDICTED, *INSIDE)
        self._network = load_runtime(model.onnx, streams=threads, outputs=outputs)
        side = model.description.image_size
        blank = self(np.zeros((side, side), np.uint8))
        self.features = blank["features"].size if "features" in blank else 0
        """How many there are; 0 of a file that does not give them."""
        self.classes = len(model.description.findings)
        self.shows_activation = {"activation", "local_features"} <= blank.keys()

    def see(self, grey: NDArray[np.uint8], *, is_varied: bool) -> Seen | str:
        """What the network sees of ``grey`` (H×W), or why it is not asked."""
        height, width = grey.shape
        return self.predictor.see(grey, width=width, height=height, is_varied=is_varied)

    def __call__(self, pixels: NDArray[np.uint8]) -> Given:
        """Every output for ``pixels``, S×S."""
        return {name: values[0] for name, values in self._network.compute(pixels[None]).items()}

    def find_lungs(self, pixels: NDArray[np.uint8], masks: NDArray[np.float32]) -> BinaryMask | str:
        """Both lungs, S×S, by the ``masks`` given for ``pixels``; or why they are not believed."""
        description, side = self.model.description, len(pixels)
        points, targets = description.operating_points.masks, description.targets
        outlined = outline(masks, targets, points, width=side, height=side)
        refusal = refuse_after(pixels, outlined, masks, targets, description.film_check)
        if refusal is not None:
            return refusal
        if not outlined.right_lung.any() or not outlined.left_lung.any():
            return "only one lung was found"
        return outlined.lungs
