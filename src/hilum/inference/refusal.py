"""Images that cannot be a frontal chest radiograph, told before and after the network.

The limits before the network were set between what was measured on at most 300 images of each of
nine public collections (COVID-QU-Ex, General Blockchain, Hannover, ieee8023, Kermany,
ChestX-ray14, the Radiography Database, Shenzhen and DICOM samples; 1,056 images) and on drawn
images that are none; all at 256×256, the network's size.

After the network a check decides that was fitted for it and lies in the model file
(:mod:`hilum.inference.film_check`; ``hilum fit-refusal`` fits it). For a model
file without one there are two limits of the first bundled model, which refuse none of 1,029
frontal radiographs, but only 9 of the 24 lateral views and CT slices of ieee8023.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hilum.inference.film_check import FilmCheck
from hilum.inference.film_features import measure_features
from hilum.inference.postprocess import OutlinedLungs
from hilum.radiograph import LUNG_TARGETS, Structure

_MIN_SIDE = 64
"""Pixels. The smallest radiograph measured has 157."""

_MAX_ASPECT = 3.0
"""Longer ÷ shorter side. The most extreme radiograph measured has 2.23."""

_MIN_DEVIATION = 4.0
"""Of the greys, 0–255. Radiographs: at least 11.1. A plain image with sensor noise: 1.9."""

_MIN_SMOOTHNESS = 0.80
"""Correlation of neighbouring pixels. Radiographs: at least 0.899, in most collections 0.95.
White noise of any size: at most 0.08; of 128×128 pixels, enlarged: 0.75; of 64×64: 0.92, which
is left to what the network makes of it. Pages of text: 0.33–0.46."""

_MIN_LARGER_LUNG = 0.03
"""Share of the image that the larger lung takes. Frontal radiographs: at least 0.037. Noise
enlarged 16-fold: 0.002–0.087, most of it below the limit."""

_MAX_DOUBT = 0.5
"""Pixels of doubtful probability (0.2–0.8) ÷ pixels that are lung rather than not. Frontal
radiographs: at most 0.41, white lungs among them. Noise enlarged 4 to 64 times: medians from 0.70
to 1.25. The two limits together refuse 60 of 60 images of noise enlarged 4 to 16 times, 17 of 20
enlarged 32 times and 14 of 20 enlarged 64 times."""


def refuse_before(pixels: NDArray[np.uint8], *, width: int, height: int) -> str | None:
    """Why an image of ``width``×``height`` pixels is refused; None if it is not.

    Args:
        pixels: what the network would see of it, S×S.
        width: of the original image.
        height: of the original image.
    """
    if min(width, height) < _MIN_SIDE:
        return f"{width}×{height} pixels is too small for a radiograph"
    if max(width, height) > _MAX_ASPECT * min(width, height):
        return f"{width}×{height} pixels are not the proportions of a radiograph"
    grey = pixels.astype(np.float32)
    if grey.std() < _MIN_DEVIATION:
        return "the image is blank"
    if _smoothness(grey) < _MIN_SMOOTHNESS:
        return "the image is noise or text"
    return None


def refuse_after(
    pixels: NDArray[np.uint8],
    outlined: OutlinedLungs,
    probabilities: NDArray[np.float32],
    targets: Sequence[Structure],
    check: FilmCheck | None,
) -> str | None:
    """Why the image is refused once the network has looked for lungs; None if it is not.

    Args:
        pixels: what the network saw, S×S.
        outlined: the lungs as they were decided.
        probabilities: T×S×S, what the network gave for each of ``targets``.
        targets: what the planes of ``probabilities`` outline.
        check: what was fitted for this network.
    """
    larger = max(np.count_nonzero(outlined.right_lung), np.count_nonzero(outlined.left_lung))
    if larger == 0:
        return "no lungs were found"
    if check is not None:
        features = measure_features(pixels, outlined, probabilities, targets)
        return "no lungs were found" if features is None else check.refuse(features)
    if larger < _MIN_LARGER_LUNG * outlined.right_lung.size:
        return "no lungs were found"
    lungs = probabilities[[target in LUNG_TARGETS for target in targets]].max(axis=0)
    doubtful = np.count_nonzero((lungs > 0.2) & (lungs < 0.8))
    if doubtful > _MAX_DOUBT * np.count_nonzero(lungs >= 0.5):
        return "no lungs were found that could be told from what is beside them"
    return None


def _smoothness(grey: NDArray[np.float32]) -> float:
    """Correlation of each pixel with its right and lower neighbour, the smaller of the two."""
    centred = grey - grey.mean()
    variance = float((centred**2).mean())
    across = float((centred[:, 1:] * centred[:, :-1]).mean())
    down = float((centred[1:] * centred[:-1]).mean())
    return min(across, down) / variance
