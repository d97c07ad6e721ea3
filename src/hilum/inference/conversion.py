"""Infected percent → readers' severity scales, by a line fitted for one network, with its error.

Only films called COVID-19 are converted: readers' scores of other opacities are unknown, not 0.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.errors import ModelError
from hilum.imaging.masks import BinaryMask
from hilum.inference.model import METADATA_KEY, Model
from hilum.inference.onnx_metadata import replace_onnx_metadata
from hilum.inference.predictor import Prediction, Status
from hilum.radiograph import Finding
from hilum.scales import READERS_SCALES, Scale

BUNDLED_CONVERSION = Path(__file__).with_name("weights") / "severity-scales.json"

FEATURES = ("infected_percent", "lung_contrast")
"""What a line may weigh; see :func:`measure`."""

_FORMAT = 1
_SIDE = 64
_RIM = 7
"""Pixels of 64: the width of the square by which the lungs are grown to see what is beside them."""


@dataclass(frozen=True)
class ConversionError:
    """How far conversions were from readers, each by a line fitted without its patient."""

    mean_absolute: float
    mean_absolute_interval: tuple[float, float]
    r: float
    """Pearson's, between conversions and readers' scores."""
    r_interval: tuple[float, float]
    films: int
    patients: int

    def __str__(self) -> str:
        low, high = self.mean_absolute_interval
        r_low, r_high = self.r_interval
        return (
            f"mean absolute error {self.mean_absolute:.2f} (95 % interval {low:.2f} – {high:.2f}), "
            f"r {self.r:.2f} ({r_low:.2f} – {r_high:.2f}), {self.films} films of {self.patients} "
            "patients, each by a line fitted without its patient"
        )


@dataclass(frozen=True)
class Line:
    """Constant + Σ weight × feature, moved onto the scale."""

    scale: Scale
    constant: float
    weights: Mapping[str, float]
    """By name of the feature."""
    error: ConversionError

    def __post_init__(self) -> None:
        if unknown := set(self.weights) - set(FEATURES):
            raise ValueError(f"features are not known: {sorted(unknown)}")
        if not all(map(math.isfinite, [self.constant, *self.weights.values()])):
            raise ValueError("a weight is not finite")

    def __call__(self, features: Mapping[str, float]) -> float:
        """The score of a film with these features."""
        weighed = sum(weight * features[name] for name, weight in self.weights.items())
        return self.scale.nearest(self.constant + weighed)


@dataclass(frozen=True)
class Conversion:
    """The lines of one network; :func:`read_conversion` reads them."""

    network_sha256: str
    """See :func:`network_hash`."""
    fitted_on: dict[str, Any]
    """Provenance: model file, dataset, protocol, what was learned from."""
    lines: tuple[Line, ...]

    def __call__(self, prediction: Prediction) -> dict[Scale, float]:
        """Scores of a film that was called COVID-19; of any other none, which is unknown."""
        features = measure(prediction)
        return {} if features is None else {line.scale: line(features) for line in self.lines}

    def require(self, model: Model) -> None:
        """Refuse ``model`` unless the lines were fitted for it.

        Raises:
            ModelError: it is another network, or decides with other operating points.
        """
        found = network_hash(model)
        if found != self.network_sha256:
            raise ModelError(
                "the severity scales were fitted for another model",
                path=model.path,
                got=f"network {found[:16]}",
                expected=self.network_sha256[:16],
                remedy="leave --severity-scales out, or --model, for the bundled model's",
            )

    def to_json(self) -> str:
        """As :func:`read_conversion` reads it."""
        lines = {
            line.scale.name: {
                "constant": line.constant,
                "weights": dict(line.weights),
                "error": dataclasses.asdict(line.error),
            }
            for line in self.lines
        }
        values = {
            "format": _FORMAT,
            "network_sha256": self.network_sha256,
            "fitted_on": self.fitted_on,
            "lines": lines,
        }
        return json.dumps(values, indent=1) + "\n"


def read_conversion(path: Path = BUNDLED_CONVERSION) -> Conversion:
    """The conversion in the file at ``path``; by default that of the bundled model.

    Raises:
        ModelError: it is missing or damaged.
    """
    scales = {scale.name: scale for scale in READERS_SCALES}
    try:
        values = json.loads(path.read_bytes())
        if values["format"] != _FORMAT:
            raise ValueError(f"format {values['format']}")
        lines = tuple(
            Line(scales[name], one["constant"], one["weights"], _error(one["error"]))
            for name, one in values["lines"].items()
        )
        return Conversion(values["network_sha256"], values["fitted_on"], lines)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            "the severity scales cannot be read",
            path=path,
            got=repr(error),
            remedy="install hilum again; until then leave --severity-scales out",
        ) from None


def _error(values: dict[str, Any]) -> ConversionError:
    low, high = values["mean_absolute_interval"]
    r_low, r_high = values["r_interval"]
    return ConversionError(
        mean_absolute=values["mean_absolute"],
        mean_absolute_interval=(low, high),
        r=values["r"],
        r_interval=(r_low, r_high),
        films=values["films"],
        patients=values["patients"],
    )


def network_hash(model: Model) -> str:
    """SHA-256 of the network and the points it decides with: what masks and percents follow from.

    Scores may be written into a model file without changing it.
    """
    bare = replace_onnx_metadata(model.onnx, METADATA_KEY, "", path=model.path)
    points = model.description.operating_points
    told = json.dumps({"masks": points.masks, "finding": points.finding}, sort_keys=True)
    return hashlib.sha256(bare + told.encode()).hexdigest()


def measure(prediction: Prediction) -> dict[str, float] | None:
    """:data:`FEATURES` of a film called COVID-19; None of any other, and where one is unknown.

    A model that names no finding is taken at its masks' word.
    """
    percent, lungs = prediction.infected_percent, prediction.lungs
    named = prediction.finding in (None, Finding.COVID)
    if prediction.status is not Status.OK or not named or percent is None:
        return None
    assert lungs is not None and prediction.grey is not None
    return {"infected_percent": percent, "lung_contrast": lung_contrast(prediction.grey, lungs)}


def lung_contrast(grey: NDArray[np.uint8], lungs: BinaryMask) -> float:
    """How much darker the lungs are than what surrounds them, in standard deviations of the film.

    Both H×W of any size, each; looked at on 64×64 pixels. The denser the lungs, the less it is; 0
    where nothing is beside them.
    """
    pixels = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    small = cv2.resize(lungs.view(np.uint8), (_SIDE, _SIDE), interpolation=cv2.INTER_NEAREST)
    inside = small.view(np.bool_)
    rim = cv2.dilate(small, np.ones((_RIM, _RIM), np.uint8)).view(np.bool_) & ~inside
    if not inside.any() or not rim.any():
        return 0.0
    difference = float(pixels[rim].mean() - pixels[inside].mean())
    return difference / (float(pixels.std()) + 1e-3)
