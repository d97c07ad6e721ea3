"""Does this installation give what the bundled model gave where its outputs were stored?

Each step is compared by itself: the decoded pixels, what the network sees, what comes of it. The
first two have to be identical; the last cannot be, since runtimes compute in different numbers.

The limits were set between two measurements, taken with the model 629016d28c47f836. One is how far
runtimes differ on 172 radiographs (24 of Hannover, 84 of Kermany, 24 of ChestX-ray14, 40 of
COVID-QU-Ex with COVID-19): OpenVINO in bf16 against ONNX Runtime in f32, the worst of version
2026.4 with and without AMX and of 2025.0; in f16 OpenVINO differs by a tenth of that, in f32 by a
thousandth, and ONNX Runtime 1.20 from 1.31 not at all. The other is what defects made on purpose
do to the reference images. Whole lungs, which that model does not outline, have the limit of each
lung.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hilum.errors import ImageError, ModelError, ReferenceOutputsError
from hilum.imaging.masks import BinaryMask
from hilum.imaging.read import read_picture, to_uint8
from hilum.inference.expected import (
    REFERENCE,
    Expected,
    ExpectedImage,
    hash_pixels,
    masks_of,
    percents_of,
    read_expected,
)
from hilum.inference.model import BUNDLED_MODEL, Model, read_model
from hilum.inference.no_film import draw_no_film
from hilum.inference.predictor import Prediction, Predictor, Status
from hilum.inference.runtime import RuntimeName, installed_runtimes
from hilum.radiograph import Finding, Structure

LEAST_LUNG_DICE = 0.99
"""Of each lung and of whole lungs. Runtimes: at least 0.9964 of each lung. An image moved by one
pixel: at most 0.982."""

LEAST_INFECTION_DICE = 0.98
"""Runtimes: at least 0.9927. An image moved by one pixel: at most 0.960."""

MOST_PROBABILITY_DIFFERENCE = 0.03
"""Of a finding, 0–1. Runtimes: at most 0.008. A mirrored image: at least 0.03 on 2 of 4."""

MOST_PERCENT_DIFFERENCE = 2.0
"""Percentage points of a lung that is infected. Runtimes: at most 1.05."""


class Verdict(enum.StrEnum):
    """What the check of an image came to: the first step that went another way."""

    OK = "ok"
    OTHER_PIXELS = "other pixels"
    """Decoding failed, or gave other greys."""
    OTHER_INPUT = "other input"
    """The same greys reach the network in another shape."""
    OTHER_RESULTS = "other results"


@dataclass(frozen=True)
class Agreement:
    """How far a prediction lies from what is expected."""

    lung_dice: float
    """The smallest of the right, the left and, where the model outlines them, the whole lungs."""
    infection_dice: float
    """1 where neither has any."""
    probability_difference: float
    """The largest of a finding's."""
    percent_difference: float
    """The largest of both lungs, right and left; 100 where only one of them is known."""
    finding: Finding | None
    same_finding: bool

    @property
    def is_close(self) -> bool:
        """Whether all of it is within the limits."""
        return (
            self.same_finding
            and self.lung_dice >= LEAST_LUNG_DICE
            and self.infection_dice >= LEAST_INFECTION_DICE
            and self.probability_difference <= MOST_PROBABILITY_DIFFERENCE
            and self.percent_difference <= MOST_PERCENT_DIFFERENCE
        )


@dataclass(frozen=True)
class ImageCheck:
    """What became of one image in one runtime."""

    image: str
    same_pixels: bool
    same_input: bool
    agreement: Agreement | None
    """None if it was refused or could not be read."""
    reason: str = ""
    """Why there is no agreement."""

    @property
    def verdict(self) -> Verdict:
        """The first step that went another way."""
        if not self.same_pixels:
            return Verdict.OTHER_PIXELS
        if not self.same_input:
            return Verdict.OTHER_INPUT
        close = self.agreement is not None and self.agreement.is_close
        return Verdict.OK if close else Verdict.OTHER_RESULTS


@dataclass(frozen=True)
class RuntimeCheck:
    """All images in one runtime."""

    runtime: RuntimeName
    precision: str = ""
    """In what numbers it computes and where: ``bf16 on CPU``."""
    problem: str = ""
    """Why it does not run at all."""
    images: tuple[ImageCheck, ...] = ()
    refuses_drawing: bool = True
    """Whether what is no chest film is refused; see :mod:`hilum.inference.no_film`."""

    @property
    def agrees(self) -> bool:
        """Whether every image is as expected."""
        return all(one.verdict is Verdict.OK for one in self.images)

    @property
    def passed(self) -> bool:
        """Whether it runs, every image is as expected, and what is no film is refused."""
        return not self.problem and self.agrees and self.refuses_drawing


@dataclass(frozen=True)
class Verification:
    """All runtimes that were checked."""

    expected: Expected
    runtimes: tuple[RuntimeCheck, ...]

    @property
    def passed(self) -> bool:
        """Whether every one of them passed."""
        return all(one.passed for one in self.runtimes)


def verify(
    runtimes: Sequence[RuntimeName] | None = None,
    *,
    folder: Path = REFERENCE,
    model: Path = BUNDLED_MODEL,
) -> Verification:
    """Predict the reference images, and a drawing that is no film, in each of ``runtimes``.

    By default all that are installed are checked.

    Args:
        runtimes: which to check.
        folder: images and outputs, as :func:`~hilum.inference.expected.write_expected` left them.
        model: the model file whose outputs they are.

    Raises:
        ReferenceOutputsError: the stored outputs are damaged, or of another model.
        ModelError: the model file is missing or damaged.
    """
    expected = read_expected(folder)
    loaded = read_model(model)
    if loaded.sha256 != expected.model_sha256:
        raise ReferenceOutputsError(
            "the stored outputs are not of this model file",
            path=loaded.path,
            got=f"a model with the hash {loaded.sha256[:16]}",
            expected=expected.model_sha256[:16],
            remedy="install hilum again; in a clone with a new model, run: python docs/generate.py",
        )
    names = runtimes or installed_runtimes()
    return Verification(expected, tuple(_check_runtime(name, loaded, expected) for name in names))


def _check_runtime(runtime: RuntimeName, model: Model, expected: Expected) -> RuntimeCheck:
    try:
        predictor = Predictor(model, runtime=runtime)
    except ModelError as error:  # the file has the right hash, so it is the runtime
        return RuntimeCheck(
            runtime, problem=f"{error.cause}; got {error.got}" if error.got else error.cause
        )
    checks = tuple(_check_image(image, predictor) for image in expected.images)
    refuses = predictor(draw_no_film()).status is Status.REFUSED
    return RuntimeCheck(runtime, predictor.precision, images=checks, refuses_drawing=refuses)


def _check_image(expected: ExpectedImage, predictor: Predictor) -> ImageCheck:
    name = expected.path.name
    try:
        picture = read_picture(expected.path, at_least=predictor.decoded_side)
    except ImageError as error:
        return ImageCheck(name, False, False, None, error.reason)
    grey = to_uint8(picture.pixels)
    prediction = predictor(expected.path)
    agreement = None
    if prediction.status is Status.OK:
        agreement = _compare(prediction, expected)
    return ImageCheck(
        name,
        same_pixels=hash_pixels(grey) == expected.pixels_sha256,
        same_input=hash_pixels(predictor.network_input(grey)) == expected.input_sha256,
        agreement=agreement,
        reason="" if agreement else f"{prediction.status}: {prediction.reason}",
    )


def _compare(prediction: Prediction, expected: ExpectedImage) -> Agreement:
    masks = masks_of(prediction)
    dice = {name: _dice(masks.get(name), mask) for name, mask in expected.masks.items()}
    infection_dice = dice.pop(Structure.INFECTION, 1.0)
    probabilities = [
        abs(prediction.probabilities.get(name, 0.0) - probability)
        for name, probability in expected.probabilities.items()
    ]
    percents = map(_difference, percents_of(prediction.severity), expected.percents)
    return Agreement(
        lung_dice=min(dice.values(), default=0.0),
        infection_dice=infection_dice,
        # numpy's, which does not lose a NaN
        probability_difference=float(np.max(probabilities, initial=0.0)),
        percent_difference=float(np.max(list(percents))),
        finding=prediction.finding,
        same_finding=prediction.finding == expected.finding,
    )


def _dice(found: BinaryMask | None, expected: BinaryMask) -> float:
    """Twice what both have ÷ what each has, both H×W bool; 1 where neither has any."""
    if found is None or found.shape != expected.shape:
        return 0.0
    pixels = np.count_nonzero(found) + np.count_nonzero(expected)
    return 1.0 if pixels == 0 else float(2 * np.count_nonzero(found & expected) / pixels)


def _difference(found: float | None, expected: float | None) -> float:
    if found is None or expected is None:
        return 0.0 if found is expected else 100.0
    return abs(found - expected)
