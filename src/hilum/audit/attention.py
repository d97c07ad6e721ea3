"""Where on a film a finding comes from, as far as its activation map tells."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hilum.imaging.masks import BinaryMask

_DRAWS = 32


def share_within(maps: NDArray[np.float32], lungs: BinaryMask) -> NDArray[np.float32]:
    """K: the share of what speaks for each class that lies within the lungs.

    Args:
        maps: K×h×w, what each place adds to each class; what speaks against it counts nothing.
        lungs: S×S. Of a place that lies partly within them a part counts.

    Where nothing speaks for a class, its share is NaN.
    """
    size = maps.shape[2], maps.shape[1]
    covered = cv2.resize(lungs.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    positive = np.maximum(maps, 0)
    whole = positive.sum(axis=(1, 2))
    within = (positive * covered).sum(axis=(1, 2))
    share = np.full(len(maps), np.nan, np.float32)
    np.divide(within, whole, out=share, where=whole > 0)
    return share


def share_by_chance(local_features: NDArray[np.float32], lungs: BinaryMask) -> float:
    """The mean of :func:`share_within` for 32 last layers with weights drawn at random.

    ``local_features`` F×h×w: what each place adds to the features that the layer weighs.
    """
    # The same for every film: another draw would be another network.
    weights = np.random.default_rng(0).uniform(-1, 1, (_DRAWS, len(local_features)))
    # Not as a product of matrices: the threads of BLAS get in each other's way on busy cores.
    maps = np.einsum("df,fhw->dhw", weights.astype(np.float32), local_features)
    shares = share_within(maps, lungs)
    return float(np.nanmean(shares)) if np.isfinite(shares).any() else float("nan")
