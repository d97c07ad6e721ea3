"""Radiograph → lungs, infection, finding and severity, with one model file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hilum.errors import ImageError, ModelError, NotARadiographError
from hilum.imaging.masks import BinaryMask
from hilum.imaging.read import Grey, Picture, read_picture, to_uint8
from hilum.imaging.vary import PLAIN
from hilum.inference.judge import (
    NO_FILM_NOT_REFUSED,
    NOTHING_OUTLINED,
    decide_finding,
    doubt,
    judge,
)
from hilum.inference.model import BUNDLED_MODEL, Model, read_model
from hilum.inference.postprocess import OutlinedLungs, outline
from hilum.inference.prediction import Prediction, Status
from hilum.inference.preprocess import fit_to_network
from hilum.inference.refusal import refuse_after, refuse_before
from hilum.inference.runtime import RuntimeName, default_runtime, load_runtime
from hilum.inference.shown import Frame, Shown, show, show_as_it_is
from hilum.radiograph import Finding, Structure
from hilum.workers import map_threads

__all__ = ["AnyPath", "Look", "Prediction", "Predictor", "Seen", "Status"]

AnyPath = str | os.PathLike[str]

_EACH_LUNG = {Structure.RIGHT_LUNG, Structure.LEFT_LUNG}


@dataclass(frozen=True)
class Seen:
    """What the network sees of one image."""

    pixels: NDArray[np.uint8]
    """S×S."""
    shown: Shown


@dataclass(frozen=True)
class Look:
    """What the network saw of one image and gave for it, before any of it is judged."""

    pixels: NDArray[np.uint8]
    """What it saw, S×S."""
    masks: NDArray[np.float32]
    """T×S×S: the probability of each target."""
    classes: NDArray[np.float32]
    """C: that of each finding."""
    outlined: OutlinedLungs | None
    """Of the size of what was shown; None where the model outlines nothing."""
    shown: Shown


class Predictor:
    """Runs a model file; safe to call from several threads.

    >>> predictor = Predictor()                                  # doctest: +SKIP
    >>> prediction = predictor("film.png")                       # doctest: +SKIP
    >>> prediction.finding, prediction.infected_percent          # doctest: +SKIP
    (<Finding.COVID: 'covid'>, 31.4)

    Args:
        model: a file written by ``hilum train``; by default the bundled model.
        threads: how many images are worked on at once in :meth:`predict_many`.
        runtime: ``openvino`` or ``onnxruntime``; by default what is fastest here.
        f32: compute in 32 bits on the processor: slower, and nearly equal on any machine.

    Raises:
        ModelError: the file is no model of hilum, or outlines something, but no lungs.
    """

    def __init__(
        self,
        model: AnyPath | Model = BUNDLED_MODEL,
        *,
        threads: int = 1,
        runtime: RuntimeName | None = None,
        f32: bool = False,
    ) -> None:
        self.model = model if isinstance(model, Model) else read_model(Path(model))
        self.threads = threads
        targets = set(self.model.description.targets)
        if targets and Structure.LUNGS not in targets and not targets >= _EACH_LUNG:
            raise ModelError(
                "the model does not outline lungs",
                path=self.model.path,
                got=", ".join(sorted(targets)),
                expected="lungs, or right_lung and left_lung, among its targets",
                remedy="give another model",
            )
        self._runtime_name = runtime or default_runtime()
        self._network = load_runtime(
            self.model.onnx, streams=threads, name=self._runtime_name, f32=f32
        )
        self._try_out()
        self._lung_finder: Predictor | None = None
        if self.model.description.variant.lungs_only:  # as 'hilum compile' cuts films
            self._lung_finder = Predictor(threads=threads, runtime=runtime, f32=True)

    def __call__(self, image: AnyPath | Grey) -> Prediction:
        """Predict one image: a file, or grey pixels (uint8 or uint16 H×W, bright = dense).

        Never raises for a bad file: its ``status`` and ``reason`` tell.

        Raises:
            ImageError: an array of another kind was given.
        """
        if isinstance(image, np.ndarray):
            grey = _checked(image)
            return self._predict("", grey, width=grey.shape[1], height=grey.shape[0])
        path = os.fspath(image)
        picture = self.read(path)
        if isinstance(picture, Prediction):
            return picture
        return self.predict_picture(picture, path)

    def read(self, image: AnyPath) -> Picture | Prediction:
        """The 8-bit pixels of a file, of reduced size perhaps, or why it gives no prediction."""
        path = os.fspath(image)
        try:
            picture = read_picture(path, at_least=self.decoded_side)
        except NotARadiographError as error:
            return Prediction(path, Status.REFUSED, error.reason)
        except ImageError as error:
            return Prediction(path, Status.FAILED, error.reason)
        return replace(picture, pixels=to_uint8(picture.pixels))

    @property
    def decoded_side(self) -> int | None:
        """A JPEG may be decoded at a fraction of its size, if its sides keep so many pixels.

        None: it may not, since whole films are enhanced or cut.
        """
        description = self.model.description
        return 2 * description.image_size if description.variant == PLAIN else None

    @property
    def precision(self) -> str:
        """In what numbers the runtime computes and where: ``bf16 on CPU``."""
        return self._network.precision

    @property
    def runtime(self) -> str:
        """What computes, in what numbers and where: ``openvino, bf16 on CPU``."""
        return f"{self._runtime_name}, {self.precision}"

    def network_input(self, grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """What the network sees of ``grey`` (uint8 H×W): uint8 S×S."""
        return fit_to_network(grey, self.model.description.image_size)

    def predict_picture(
        self, picture: Picture, path: str = "", *, is_varied: bool = False
    ) -> Prediction:
        """Predict a decoded image; ``path`` only names it in the prediction.

        ``is_varied``: the model's variant of the film is what was decoded; nothing is changed.
        """
        grey = to_uint8(picture.pixels)
        size = picture.width, picture.height
        return self._predict(path, grey, width=size[0], height=size[1], is_varied=is_varied)

    def see(
        self, grey: NDArray[np.uint8], *, width: int, height: int, is_varied: bool = False
    ) -> Seen | str:
        """What the network sees of ``grey``, or why it is not asked.

        Args:
            grey: uint8, perhaps of reduced size.
            width: of the original image.
            height: likewise.
            is_varied: ``grey`` is the model's variant of the film already.
        """
        variant = self.model.description.variant
        if is_varied:
            shown = show_as_it_is(grey, variant, width=width, height=height)
        else:
            find = None if self._lung_finder is None else self._find_lungs
            told = show(grey, variant, find, width=width, height=height)
            if isinstance(told, str):
                return told
            shown = told
        seen = self.network_input(shown.pixels)
        size = shown.frame.shown_width, shown.frame.shown_height
        return refuse_before(seen, width=size[0], height=size[1]) or Seen(seen, shown)

    def look(
        self, grey: NDArray[np.uint8], *, width: int, height: int, is_varied: bool = False
    ) -> Look | str:
        """What the network makes of ``grey``, or why it is not asked; as :meth:`see` takes it."""
        seen = self.see(grey, width=width, height=height, is_varied=is_varied)
        if isinstance(seen, str):
            return seen
        description, frame = self.model.description, seen.shown.frame
        size = frame.shown_width, frame.shown_height
        masks, classes = self._network(seen.pixels[None])
        if not np.isfinite(masks).all():
            return "the model gave no number for its masks; nothing is known of this image"
        outlined = None
        if description.targets:
            points = description.operating_points.masks
            outlined = outline(masks[0], description.targets, points, width=size[0], height=size[1])
        return Look(seen.pixels, masks[0], classes[0], outlined, seen.shown)

    def predict_many(self, images: Iterable[AnyPath]) -> Iterator[Prediction]:
        """Predict files on ``threads`` threads, in their order, few in memory at a time."""
        return map_threads(self, images, threads=self.threads)

    def _try_out(self) -> None:
        """Run once, so that a file that is not what it says is found before any image."""
        description = self.model.description
        size = description.image_size
        expected = (1, len(description.targets), size, size), (1, len(description.findings))
        try:
            masks, classes = self._network(np.zeros((1, size, size), np.uint8))
            agrees = masks.shape == expected[0]
            # What OpenVINO makes of an output of no classes differs, and is not looked at.
            agrees &= not description.findings or classes.shape == expected[1]
            got = f"outputs of {masks.shape} and {classes.shape}"
        except Exception as error:  # each runtime has its own family of exceptions
            agrees, got = False, (str(error).strip() or type(error).__name__).splitlines()[-1]
        if not agrees:
            raise ModelError(
                "the network is not what its description says",
                path=self.model.path,
                got=got,
                expected=f"masks of {expected[0]} and a finding of {expected[1]}",
                remedy="train or fetch the model again; where 'hilum verify' fails too, it is this"
                " installation that cannot run it",
            )

    def _find_lungs(self, grey: NDArray[np.uint8]) -> BinaryMask | str:
        assert self._lung_finder is not None
        prediction = self._lung_finder(grey)
        if prediction.status is not Status.OK:
            return prediction.reason
        lungs = prediction.lungs
        return "no lungs were found" if lungs is None or not lungs.any() else lungs

    def _predict(
        self,
        path: str,
        grey: NDArray[np.uint8],
        *,
        width: int,
        height: int,
        is_varied: bool = False,
    ) -> Prediction:
        look = self.look(grey, width=width, height=height, is_varied=is_varied)
        if isinstance(look, str):
            return Prediction(path, Status.REFUSED, look, width, height)
        description, outlined = self.model.description, look.outlined
        if outlined is not None:
            refusal = refuse_after(
                look.pixels, outlined, look.masks, description.targets, description.film_check
            )
            if refusal is not None:
                told = "; ".join(filter(None, [refusal, look.shown.told]))
                return Prediction(path, Status.REFUSED, told, width, height)
        # Without strict: OpenVINO gives one value where a model has no finding at all.
        probabilities = dict(zip(description.findings, map(float, look.classes), strict=False))
        points = description.operating_points.finding
        finding = decide_finding(probabilities, points)
        masks: dict[str, Any] = {}
        reason = NOTHING_OUTLINED
        if outlined is not None:
            masks, reason = _place(outlined, finding, look.shown.frame)
        elif self._lung_finder is None:
            reason = f"{reason}; {NO_FILM_NOT_REFUSED}"
        reasons = [doubt(finding, probabilities, points), reason, look.shown.told]
        return Prediction(
            path=path,
            status=Status.OK,
            reason="; ".join(filter(None, reasons)),
            width=width,
            height=height,
            finding=finding,
            probabilities=probabilities,
            finding_caution="" if finding is None else description.finding_caution,
            grey=grey,
            mask_probabilities=look.masks,
            frame=look.shown.frame,
            **masks,
        )


def _place(
    outlined: OutlinedLungs, finding: Finding | None, frame: Frame
) -> tuple[dict[str, Any], str]:
    """Fields of a prediction that follow from what was outlined in ``frame``, and its reason."""
    infection, severity, reason = judge(outlined, finding)
    whole_lungs = outlined.whole_lungs
    fields = {
        "right_lung": frame.place(outlined.right_lung),
        "left_lung": frame.place(outlined.left_lung),
        "infection": None if infection is None else frame.place(infection),
        "whole_lungs": None if whole_lungs is None else frame.place(whole_lungs),
        "others": {name: frame.place(mask) for name, mask in outlined.others.items()},
        "severity": severity,
    }
    return fields, reason


def _checked(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """``pixels`` as 8-bit grey, if it is a grey picture at all."""
    if pixels.dtype not in (np.uint8, np.uint16) or pixels.ndim != 2 or pixels.size == 0:
        raise ImageError(
            "this array is no grey picture",
            got=f"{pixels.dtype} of shape {pixels.shape}",
            expected="uint8 or uint16 of shape (height, width), bright = dense",
            remedy="convert it first; colours to luminance, floats to 0–255",
        )
    return to_uint8(pixels)
