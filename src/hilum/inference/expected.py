"""Radiographs that lie in the package, and what the bundled model gave for each of them.

A folder of such references holds the images, ``outputs.json`` and, in ``masks/``, 1-bit PNGs of
the images' own size. Nothing in it is believed before its hash was checked, so that damage is
never taken for a fault of a runtime.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hilum.errors import ReferenceOutputsError
from hilum.imaging.formats import IMAGE_SUFFIXES
from hilum.imaging.masks import BinaryMask, decode_mask, encode_mask
from hilum.imaging.read import read_picture, to_uint8
from hilum.inference.environment import package_versions
from hilum.inference.predictor import Prediction, Predictor, Status
from hilum.inference.severity import Severity
from hilum.radiograph import Finding, Structure

REFERENCE = Path(__file__).with_name("reference")
"""The folder in the package."""

OUTPUTS_NAME = "outputs.json"
EXACT = "f32 on CPU"
"""The precision in which stored outputs are computed."""

_FORMAT = 1
_REINSTALL = "install hilum again"

Percents = tuple[float | None, float | None, float | None]
"""Infected percent of both lungs, of the right and of the left one; None where unknown."""


@dataclass(frozen=True)
class ExpectedImage:
    """What is to come of one image."""

    path: Path
    pixels_sha256: str
    """Of the decoded 8-bit grey; see :func:`hash_pixels`."""
    input_sha256: str
    """Of what the network sees of it."""
    finding: Finding | None
    probabilities: dict[Finding, float]
    percents: Percents
    masks: dict[Structure, BinaryMask]
    """``right_lung``, ``left_lung`` and, where the model outlines them, ``infection`` and
    ``whole_lungs``: bool H×W."""


@dataclass(frozen=True)
class Expected:
    """What is to come of all images, with one model."""

    model_sha256: str
    made_with: dict[str, str]
    """Versions of packages; see :func:`~hilum.inference.environment.package_versions`."""
    images: tuple[ExpectedImage, ...]


def hash_pixels(pixels: NDArray[np.uint8]) -> str:
    """SHA-256 of height, width and the pixels of a uint8 H×W image, row by row."""
    size = "×".join(map(str, pixels.shape))
    return hashlib.sha256(size.encode() + np.ascontiguousarray(pixels).tobytes()).hexdigest()


def percents_of(severity: Severity) -> Percents:
    """The percents that are compared."""
    sides = severity.right_lung.infected_percent, severity.left_lung.infected_percent
    return severity.infected_percent, *sides


def masks_of(prediction: Prediction) -> dict[Structure, BinaryMask]:
    """The masks that ``prediction`` has."""
    masks = {
        Structure.RIGHT_LUNG: prediction.right_lung,
        Structure.LEFT_LUNG: prediction.left_lung,
        Structure.INFECTION: prediction.infection,
        Structure.WHOLE_LUNGS: prediction.whole_lungs,
    }
    return {name: mask for name, mask in masks.items() if mask is not None}


def read_expected(folder: Path = REFERENCE) -> Expected:
    """Read what :func:`write_expected` wrote, and check that every file is as it was.

    Raises:
        ReferenceOutputsError: a file is missing or damaged, or another version of hilum wrote it.
    """
    path = folder / OUTPUTS_NAME
    try:
        values = json.loads(_read(path))
        if values["format"] != _FORMAT:
            raise ValueError(f"format {values['format']}")
        files = {name: _read_checked(folder / name, sha) for name, sha in values["files"].items()}
        images = tuple(_parse(image, folder, files) for image in values["images"])
        return Expected(values["model_sha256"], values["made_with"], images)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReferenceOutputsError(
            "the stored outputs are damaged", path=path, got=repr(error), remedy=_REINSTALL
        ) from None


def write_expected(folder: Path, predictor: Predictor) -> None:
    """Predict every image in ``folder`` and store the outputs there; older ones are replaced.

    Raises:
        ReferenceOutputsError: there are no images, one of them cannot be predicted, or
            ``predictor`` does not compute in 32-bit floats on the CPU.
    """
    if predictor.precision != EXACT:
        raise ReferenceOutputsError(
            "outputs are stored from exact numbers only",
            got=predictor.precision,
            expected=EXACT,
            remedy="use ONNX Runtime without a GPU",
        )
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
    if not paths:
        raise ReferenceOutputsError("there are no images to predict", path=folder)
    made = [(path, *_predict(path, predictor)) for path in paths]
    for old in folder.glob("masks/*.png"):
        old.unlink()
    (folder / "masks").mkdir(exist_ok=True)
    files = {path.name: path.read_bytes() for path in paths}
    for path, _, prediction in made:
        for structure, mask in masks_of(prediction).items():
            name = _mask_name(path.name, structure)
            files[name] = encode_mask(mask)
            (folder / name).write_bytes(files[name])
    values = {
        "format": _FORMAT,
        "model_sha256": predictor.model.sha256,
        "made_with": package_versions(),
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        "images": [image for _, image, _ in made],
    }
    (folder / OUTPUTS_NAME).write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


def _predict(path: Path, predictor: Predictor) -> tuple[dict[str, Any], Prediction]:
    """What is stored of an image, and the prediction it comes from."""
    prediction = predictor(path)
    if prediction.status is not Status.OK:
        raise ReferenceOutputsError(
            "a reference image is not predicted",
            path=path,
            got=f"{prediction.status}: {prediction.reason}",
            remedy="choose another image",
        )
    grey = to_uint8(read_picture(path, at_least=predictor.decoded_side).pixels)
    image = {
        "name": path.name,
        "pixels_sha256": hash_pixels(grey),
        "input_sha256": hash_pixels(predictor.network_input(grey)),
        "finding": prediction.finding,
        "probabilities": {name: round(p, 6) for name, p in prediction.probabilities.items()},
        "percents": [p if p is None else round(p, 4) for p in percents_of(prediction.severity)],
        "masks": list(masks_of(prediction)),
    }
    return image, prediction


def _parse(image: dict[str, Any], folder: Path, files: dict[str, bytes]) -> ExpectedImage:
    masks = {
        Structure(name): decode_mask(files[mask], path=folder / mask)
        for name in image["masks"]
        for mask in [_mask_name(image["name"], name)]
    }
    both, right, left = image["percents"]
    return ExpectedImage(
        path=folder / image["name"],
        pixels_sha256=image["pixels_sha256"],
        input_sha256=image["input_sha256"],
        finding=image["finding"] and Finding(image["finding"]),
        probabilities={Finding(name): p for name, p in image["probabilities"].items()},
        percents=(both, right, left),
        masks=masks,
    )


def _mask_name(image: str, structure: str) -> str:
    """With the image's extension, for two images may differ in nothing else."""
    return f"masks/{image}.{structure}.png"


def _read_checked(path: Path, sha256: str) -> bytes:
    data = _read(path)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ReferenceOutputsError(
            "the file is not as it was stored",
            path=path,
            got=f"{len(data)} bytes of another hash",
            remedy=_REINSTALL,
        )
    return data


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ReferenceOutputsError(
            "a stored file cannot be opened",
            path=path,
            got=error.strerror or type(error).__name__,
            remedy=_REINSTALL,
        ) from None
