"""Greys → distance from what is around, so that contrast and brightness count for nothing."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]


def local_contrast(picture: Picture, sigma: float) -> Picture:
    """Distance from the local mean in local standard deviations, limited to ±3.

    What gamma, equalisation and a window change is gone. ``sigma`` of the Gaussian in pixels.
    """
    return _faint(*_locally(picture, sigma))


def both_contrasts(picture: Picture, sigma: float) -> tuple[Picture, Picture]:
    """(:func:`local_contrast`, the same with little made of what is faint).

    Few greys or strong compression drown what is faint, a rib behind the heart say, in steps and
    blocks; strong edges remain. Writing is stronger than they, so that neither serves always.
    """
    centred, deviation = _locally(picture, sigma)
    usual = float(np.median(deviation[::3, ::3]))
    return _faint(centred, deviation), _limited(centred, deviation, 3.0 * usual)


def _locally(picture: Picture, sigma: float) -> tuple[Picture, Picture]:
    """(distance from the local mean, local standard deviation)."""
    border = cv2.BORDER_REFLECT
    centred = picture - cv2.GaussianBlur(picture, (0, 0), sigma, borderType=border)
    power = cv2.GaussianBlur(centred * centred, (0, 0), sigma, borderType=border)
    return centred, np.sqrt(np.maximum(power, 0))


def _faint(centred: Picture, deviation: Picture) -> Picture:
    # Where nothing is drawn there is noise only, which must not be enlarged.
    return _limited(centred, deviation, 0.15 * float(np.sqrt(np.mean(np.square(deviation)))))


def _limited(centred: Picture, deviation: Picture, floor: float) -> Picture:
    return np.asarray(np.clip(centred / (deviation + (floor + 0.3)), -3, 3), np.float32)
